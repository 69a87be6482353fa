"""Estimates that are not plain counts: weighted shares, quantiles, means and ratios, each with its 95 % interval."""

import numpy as np
from numpy.typing import ArrayLike

from metrics import special
from metrics.estimate import Estimate, share, unknown

SIDE = 0.025


def weighted_share(hits: ArrayLike, weights: ArrayLike, *, missing: str, simulated: bool = False) -> Estimate:
    """Sum of weights where `hits` over the sum of all weights: the Hajek estimator where a weight is 1 / probability.

    hits: (n,) 0/1; weights: (n,) positive. All weights equal: exact Clopper-Pearson. Otherwise Korn and Graubard's
    interval (Survey Methodology 1998): Clopper-Pearson at the effective sample size, the smaller of Kish's and
    the linearised variance's; approximate, on the safe side, and of sensible width where every hit agrees.
    """
    hit, weight = np.asarray(hits, dtype=float), np.asarray(weights, dtype=float)
    n = hit.size
    if n == 0:
        return unknown(missing)
    k = int(hit.sum())
    if np.allclose(weight, weight[0]):
        return share(k, n, missing=missing, simulated=simulated)
    total = weight.sum()
    p = float((weight * hit).sum() / total)
    effective = float(total**2 / (weight**2).sum())
    variance = float((weight**2 * (hit - p) ** 2).sum() / total**2) * n / max(n - 1, 1)
    if variance > 0:
        effective = min(effective, p * (1 - p) / variance)
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
    rank = max(int(np.ceil(q * n)), 1) - 1
    if rank >= known.size:
        return unknown(f"{absent} of {n} have no answer yet: the figure lies among them", n=n)
    lowest, highest = _binomial_quantile(SIDE, n, q) - 1, _binomial_quantile(1 - SIDE, n, q)
    return Estimate(
        value=float(known[rank]),
        low=float(known[lowest]) if lowest >= 0 else None,
        high=float(known[highest]) if highest < known.size else None,
        n=n,
    )


def _binomial_quantile(share: float, n: int, p: float) -> int:
    """The smallest count whose distribution function reaches `share`; scipy.stats has it too, at 1 s of import."""
    count = int(np.ceil(special.bdtrik(share, n, p)))
    return count - 1 if count > 0 and special.bdtr(count - 1, n, p) >= share else count


def ratio(tops: ArrayLike, bottoms: ArrayLike, *, missing: str) -> Estimate:
    """Sum of `tops` (n,) over the sum of `bottoms` (n,) for n independent items, with the linearised t interval.

    A mean where every bottom is 1. No interval for fewer than 30 items, where it would not hold what it says.
    """
    top, bottom = np.asarray(tops, dtype=float), np.asarray(bottoms, dtype=float)
    n, total = top.size, float(bottom.sum())
    if total == 0:
        return unknown(missing, n=n)
    value = float(top.sum()) / total
    if n < 30:
        return Estimate(value=value, n=n)
    spread = float(np.sqrt(n * ((top - value * bottom) ** 2).sum() / (n - 1))) / total
    reach = float(special.stdtrit(n - 1, 1 - SIDE)) * spread
    return Estimate(value=value, low=max(0.0, value - reach), high=value + reach, n=n)
