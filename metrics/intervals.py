"""Estimates that are not plain counts: weighted shares, quantiles, means and ratios, each with its 95 % interval."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metrics import special
from metrics.estimate import SIDE, Estimate, share, unknown

MANY = 50  # hits and misses from which on their variance is known well enough to be believed


class Weights(NamedTuple):
    """Sums over n weighted 0/1 values: weights w, their squares ww, and both over the k hits alone."""

    n: int
    k: int
    w: float
    ww: float
    wk: float
    wwk: float


def weighted_share(hits: ArrayLike, weights: ArrayLike, *, missing: str, simulated: bool = False) -> Estimate:
    """Sum of weights where `hits` over the sum of all weights. hits: (n,) 0/1; weights: (n,) positive."""
    hit, w = np.asarray(hits, dtype=float), np.asarray(weights, dtype=float)
    sums = Weights(
        hit.size,
        int(hit.sum()),
        float(w.sum()),
        float((w * w).sum()),
        float((w * hit).sum()),
        float((w * w * hit).sum()),
    )
    return weighted(sums, missing=missing, simulated=simulated)


def weighted(sums: Weights, *, missing: str, simulated: bool = False) -> Estimate:
    """Weighted hits over all weights: the Hajek estimator where a weight is 1 / probability.

    All weights equal: exact Clopper-Pearson. Otherwise Korn and Graubard's interval (Survey Methodology 1998):
    Clopper-Pearson at the effective sample size, that of the linearised variance; where there are fewer than 50 hits
    or misses, at most Kish's, which is on the safe side and has a sensible width where every hit agrees.
    """
    n, k, w, ww, wk, wwk = sums
    if n == 0 or w <= 0:
        return unknown(missing)
    effective = w**2 / ww
    if math.isclose(effective, n, rel_tol=1e-5):  # by Cauchy and Schwarz, only equal weights reach n
        return share(k, n, missing=missing, simulated=simulated)
    p = 1.0 if k == n else wk / w
    variance = max(0.0, wwk * (1 - 2 * p) + p * p * ww) / w**2 * n / max(n - 1, 1)
    if 0 < k < n and variance > 0:
        linearised = p * (1 - p) / variance
        effective = linearised if min(k, n - k) >= MANY else min(effective, linearised)
    low, high = _beta_interval(p * effective, effective)
    return Estimate(value=p, low=low, high=high, k=k, n=n, simulated=simulated)


def _beta_interval(k: float, n: float) -> tuple[float, float]:
    low = 0.0 if k <= 0 else float(special.betaincinv(k, n - k + 1, SIDE))
    high = 1.0 if k >= n else float(special.betaincinv(k + 1, n - k, 1 - SIDE))
    return low, high


def quantile(values: ArrayLike, q: float, *, missing: str, absent: int = 0) -> Estimate:
    """The q-quantile of `values` (n,) and of `absent` more that are longer than any of them (not yet answered).

    Interval by order statistics (distribution-free, exact or wider). A quantile among the absent ones is unknown.
    """
    known = np.sort(np.asarray(values, dtype=float))
    n = known.size + absent
    if n == 0:
        return unknown(missing)
    rank, lowest, highest = quantile_ranks(n, q)
    if rank >= known.size:
        return unknown(f"{absent} of {n} have no answer yet: the figure lies among them", n=n)
    return Estimate(
        value=float(known[rank]),
        low=float(known[lowest]) if lowest >= 0 else None,
        high=float(known[highest]) if highest < known.size else None,
        n=n,
    )


def quantile_ranks(n: int, q: float) -> tuple[int, int, int]:
    """Ranks from 0 of the q-quantile of n values and of its interval's ends, which may lie outside: -1, or n."""
    rank = max(math.ceil(q * n), 1) - 1
    return rank, _binomial_quantile(SIDE, n, q) - 1, _binomial_quantile(1 - SIDE, n, q)


def _binomial_quantile(share: float, n: int, p: float) -> int:
    """The smallest count whose distribution function reaches `share`; scipy.stats has it too, at 1 s of import."""
    count = int(np.ceil(special.bdtrik(share, n, p)))
    return count - 1 if count > 0 and special.bdtr(count - 1, n, p) >= share else count


def ratio(tops: ArrayLike, bottoms: ArrayLike, *, missing: str) -> Estimate:
    """Sum of `tops` (n,) over the sum of `bottoms` (n,) for n independent items."""
    top, bottom = np.asarray(tops, dtype=float), np.asarray(bottoms, dtype=float)
    sums = Pairs(
        top.size,
        float(top.sum()),
        float(bottom.sum()),
        float((top * top).sum()),
        float((top * bottom).sum()),
        float((bottom * bottom).sum()),
    )
    return ratio_of(sums, missing=missing)


class Pairs(NamedTuple):
    """Sums over n pairs of top t and bottom b."""

    n: int
    t: float
    b: float
    tt: float
    tb: float
    bb: float


def part_of(sums: Pairs, *, missing: str) -> Estimate:
    """Sum of tops over sum of bottoms where each top is a part of its bottom, 0 <= t <= b: right fields of documents.

    Korn and Graubard's interval at the effective number of items: that of the linearised variance, at most Kish's where
    no top falls short, with their correction for few items.
    """
    n, t, b, tt, tb, bb = sums
    if b <= 0:
        return unknown(missing, n=n)
    p, effective = t / b, b * b / bb
    variance = max(0.0, tt - 2 * p * tb + p * p * bb) / b**2 * n / max(n - 1, 1)
    if 0 < p < 1 and variance > 0:
        effective = p * (1 - p) / variance
        if n > 1:
            effective *= (float(special.stdtrit(10**9, SIDE)) / float(special.stdtrit(n - 1, SIDE))) ** 2
    low, high = _beta_interval(p * effective, effective)
    return Estimate(value=p, low=low, high=high, n=n)


def product(part: Estimate, right: Estimate) -> Estimate:
    """A share times a share of its own, estimated from other items: durable tickets times the accuracy of audited ones.

    Interval from theirs by square and add (MOVER: Zou and Donner, Statistics in Medicine 2008), as for differences;
    multiplying the ends would hold the truth far more often than it says.
    """
    if part.value is None:
        return part
    if right.value is None or right.low is None or right.high is None or part.low is None or part.high is None:
        return unknown(right.missing or part.missing or "an interval", n=part.n, pending=part.pending)
    value = part.value * right.value
    below = math.hypot(right.value * (part.value - part.low), part.value * (right.value - right.low))
    above = math.hypot(right.value * (part.high - part.value), part.value * (right.high - right.value))
    return Estimate(
        value=value,
        low=max(0.0, value - below),
        high=min(1.0, value + above),
        n=part.n,
        pending=part.pending,
        simulated=right.simulated,
    )


def ratio_of(sums: Pairs, *, missing: str) -> Estimate:
    """Sum of tops over sum of bottoms, none of them below 0, with the linearised t interval of its logarithm, for costs
    are skewed; a mean where every bottom is 1.

    No interval for fewer than 30 items, where it would not hold what it says.
    """
    n, t, b, tt, tb, bb = sums
    if b == 0:
        return unknown(missing, n=n)
    value = t / b
    if n < 30:
        return Estimate(value=value, n=n)
    around = max(0.0, tt - 2 * value * tb + value * value * bb)
    spread = math.sqrt(n * around / (n - 1)) / b
    reach = float(special.stdtrit(n - 1, 1 - SIDE)) * spread / value if value > 0 else 0.0
    return Estimate(value=value, low=value * math.exp(-reach), high=value * math.exp(reach), n=n)
