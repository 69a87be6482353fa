"""Exact binomial bounds for shares: k right of n audited, each independent with the same accuracy.

Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 1934. All functions take scalars or arrays of the same shape and are exact for every n (they never
undershoot the stated confidence, and overshoot it for small n because counts are whole numbers).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics import special

Floats = NDArray[np.float64]


def _counts(k: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """k and n as floats of one shape; raises ValueError unless 0 <= k <= n."""
    right, total = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(n, dtype=float))
    if np.any(right < 0) or np.any(right > total):
        raise ValueError("a share needs 0 <= k <= n")
    return right, total


def lower_bounds(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Floats:
    """One-sided lower bounds on accuracy: true with probability `confidence` or more. 0 where n is 0."""
    right, total = _counts(k, n)
    bound = special.betaincinv(np.maximum(right, 1), total - np.minimum(right, total) + 1, 1 - confidence)
    return np.where(right == 0, 0.0, bound)


def upper_bounds(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Floats:
    """One-sided upper bounds on accuracy. 1 where k = n, also where n is 0."""
    right, total = _counts(k, n)
    bound = special.betaincinv(right + 1, np.maximum(total - right, 1), confidence)
    return np.where(right == total, 1.0, bound)


def lower_bound(k: int, n: int, confidence: float = 0.95) -> float:
    """`lower_bounds` for one pair: accuracy is at least this, with `confidence`."""
    return float(lower_bounds(k, n, confidence))


def upper_bound(k: int, n: int, confidence: float = 0.95) -> float:
    """`upper_bounds` for one pair: accuracy is at most this, with `confidence`."""
    return float(upper_bounds(k, n, confidence))


def interval(k: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided exact interval (low, high): each side misses with at most (1 - confidence) / 2. (0, 1) for n = 0."""
    side = 1 - (1 - confidence) / 2
    return lower_bound(k, n, side), upper_bound(k, n, side)


def p_values(k: ArrayLike, n: ArrayLike, target: float) -> Floats:
    """P(at least k right of n) if accuracy were exactly `target`: small values speak for accuracy above it.

    A valid p-value for "accuracy <= target"; p <= 1 - confidence exactly where `lower_bounds` reaches the target.
    1 where n is 0.
    """
    right, total = _counts(k, n)
    return np.where(right == 0, 1.0, special.betainc(np.maximum(right, 1), total - right + 1, target))


def p_value(k: int, n: int, target: float) -> float:
    """`p_values` for one pair."""
    return float(p_values(k, n, target))


@lru_cache(maxsize=4096)
def audits_needed(target: float, confidence: float, errors: int = 0) -> int:
    """The fewest audits with `errors` wrong ones that certify `target`: 59 for 0 errors at 95 % and 95 %."""
    low, high = errors, max(64, 2 * errors)
    while p_value(high - errors, high, target) > 1 - confidence:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if p_value(middle - errors, middle, target) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def errors_allowed(audits: ArrayLike, target: float, confidence: float) -> NDArray[np.int64]:
    """The most wrong ones among so many `audits` that still certify `target`; -1 where they are too few for that."""
    counts = np.asarray(audits)
    most = int(counts.max(initial=0))
    needed = _needed(target, confidence, 0)
    if needed[-1] <= most:
        needed = _needed(target, confidence, int(np.ceil((1 - target) * most)) + 1)
    out: NDArray[np.int64] = np.searchsorted(needed, counts, side="right") - 1
    return out


@lru_cache(maxsize=256)
def _needed(target: float, confidence: float, errors: int) -> NDArray[np.int64]:
    """(errors + 1,): the fewest audits that certify with 0, 1, 2, ... errors."""
    return np.array([audits_needed(target, confidence, count) for count in range(errors + 1)])


def audits_for_rate(error_rate: float, target: float, confidence: float, ceiling: int = 1_000_000) -> int | None:
    """About the fewest audits after which a true `error_rate` certifies `target` half of the time or more.

    The rounded-up expected count of errors passes there. None where the rate leaves no room below 1 - target, or where
    more than `ceiling` audits would be needed.
    """
    if error_rate >= 1 - target:
        return None

    def passes(n: int) -> bool:
        return p_value(n - int(np.ceil(n * error_rate)), n, target) <= 1 - confidence

    low, high = 0, audits_needed(target, confidence)
    while not passes(high):
        low, high = high, 2 * high
        if low > ceiling:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high if high <= ceiling else None
