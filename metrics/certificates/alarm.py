"""Alarms: when what is automated now gets worse than promised. One decides, one only makes us look harder.

The detector is an e-detector (Shin, Ramdas, Rinaldo 2022, arXiv 2203.03532) on audited automated runs, in CUSUM form.
While accuracy stays at the target or above, it needs `level` epochs or more on average until it rings by chance; no
model of the errors is assumed. The proxy watches a cheap flag (a judge, a complaint) on every automated run against
what that flag usually says at those scores; it proves nothing, so it only asks for a burst of audits.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
BETS = np.array([0.2, 0.5, 1.0, 2.0, 4.0])


def detector_start(shape: tuple[int, ...] = ()) -> Floats:
    """Log wealth (..., 5) of a detector that has seen nothing."""
    return np.zeros((*shape, len(BETS)))


def detector_step(log_c: Floats, right: ArrayLike, wrong: ArrayLike, weights: ArrayLike, target: float) -> Floats:
    """One epoch of audits on automated runs: (..., 5) to (..., 5).

    right, wrong: (..., S) counts by stratum; weights: (..., S) in (0, 1], smallest probability over the stratum's own.
    """
    alpha = 1 - target
    w = np.asarray(weights, dtype=float)[..., None]
    won = np.asarray(wrong, dtype=float)[..., None] * np.log1p(BETS * w * target)
    lost = np.asarray(right, dtype=float)[..., None] * np.log1p(-BETS * w * alpha)
    epoch = (won + lost).sum(axis=-2)
    out: Floats = np.maximum(log_c, 0.0) + epoch
    return out


def detector_value(log_c: Floats) -> Floats:
    """The detector's value (...): it rings where this reaches the level it was set to (epochs between false alarms)."""
    top = log_c.max(axis=-1)
    mean: Floats = np.exp(top) * np.exp(log_c - top[..., None]).mean(axis=-1)
    return mean


class Heard(NamedTuple):
    """What the detector made of a row of audits. `since` is the index of the first audit that its loudest bet counts:
    about where accuracy fell, if it did; n where nothing speaks for a change."""

    value: float
    peak: float
    since: int


def listen(right: ArrayLike, weights: ArrayLike, target: float) -> Heard:
    """The detector over audits of automated runs in the order in which they were judged, an epoch for each.

    right: (n,) verdicts; weights: (n,) in (0, 1], the smallest probability of the time over the audit's own. `peak` is
    the highest value on the way. The level it is held to is then the least number of audits, on average, from one
    false alarm to the next.
    """
    verdict, weight = np.asarray(right, dtype=float), np.asarray(weights, dtype=float)
    log_c, since, peak = detector_start(), np.zeros(len(BETS), dtype=int), 1.0
    value = 1.0
    for index, (ok, w) in enumerate(zip(verdict, weight, strict=True)):
        since = np.where(log_c <= 0, index, since)
        log_c = detector_step(log_c, [ok], [1 - ok], [w], target)
        value = float(detector_value(log_c))
        peak = max(peak, value)
    loudest = int(log_c.argmax())
    return Heard(value, peak, int(since[loudest]) if log_c[loudest] > 0 else verdict.size)


def proxy_path(flagged: ArrayLike, runs: ArrayLike, ratio: float = 1.3, known: int = 500) -> Floats:
    """The flag CUSUM over blocks of automated runs, oldest first: flagged and all runs (T, S) by score band to (T,).

    What is usual in a band is what the blocks before showed; the first `known` runs only teach it.
    """
    flags, every = np.asarray(flagged, dtype=float), np.asarray(runs, dtype=float)
    before_flags = np.vstack([np.zeros(flags.shape[1:]), flags.cumsum(axis=0)])[:-1]
    before = np.vstack([np.zeros(every.shape[1:]), every.cumsum(axis=0)])[:-1]
    expected = (every * (before_flags + 0.5) / (before + 10.0)).sum(axis=1)
    path, value = np.zeros(len(flags)), np.zeros(())
    for block in range(len(flags)):
        if before[block].sum() >= known:
            value = proxy_step(value, flags[block].sum(), expected[block], ratio)
        path[block] = value
    return path


def proxy_step(value: ArrayLike, flagged: ArrayLike, expected: ArrayLike, ratio: float = 1.3) -> Floats:
    """One epoch of the flag CUSUM (Poisson, against a rise by `ratio`): flagged and expected counts (...) to (...)."""
    grown = np.asarray(value, dtype=float) + np.asarray(flagged, dtype=float) * math.log(ratio)
    out: Floats = np.maximum(0.0, grown - (ratio - 1) * np.asarray(expected, dtype=float))
    return out
