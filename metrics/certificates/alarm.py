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
LEVEL = 300.0  # audits of automated runs between two false alarms, on average at least
SIGNS_LEVEL = 7.0
MOST = 600.0  # log wealth beyond which nothing more is told


class Heard(NamedTuple):
    """What the detector made of a row of audits. `since`: the index of the first audit that its loudest bet counts,
    about where accuracy fell, if it did; n where nothing speaks for a change. The next call goes on from `log_c`."""

    value: float
    peak: float
    since: int
    log_c: Floats


def silence() -> Floats:
    """Log wealth (5,) of a detector that has heard nothing."""
    return np.zeros(len(BETS))


def listen(right: ArrayLike, weights: ArrayLike, target: float, before: Floats | None = None) -> Heard:
    """The detector over audits of automated runs in the order in which they were judged, an epoch for each.

    right: (n,) verdicts; weights: (n,) in (0, 1], the smallest probability of the time over the audit's own. `peak` is
    the highest value on the way. The level it is held to is then the least number of audits, on average, from one
    false alarm to the next. before: the `log_c` of an earlier call, to go on from there.

    Each bet's log wealth follows c <- max(c, 0) + step: a sum less its smallest value so far.
    """
    verdict, weight = np.asarray(right, dtype=float), np.asarray(weights, dtype=float)
    start = silence() if before is None else before
    if not verdict.size:
        return Heard(_value(start), _value(start), 0, start)
    steps = np.log1p(BETS * (weight * (target - verdict))[:, None])
    sums = np.vstack([start, start + np.cumsum(steps, axis=0)])
    lowest = np.minimum(np.minimum.accumulate(sums, axis=0), 0.0)[:-1]
    log_c = sums[1:] - lowest
    loudest = int(log_c[-1].argmax())
    quiet = np.flatnonzero(sums[:-1, loudest] <= lowest[:, loudest])
    since = int(quiet[-1]) if quiet.size else 0
    peak = float(np.exp(np.minimum(log_c, MOST)).mean(axis=1).max())
    return Heard(_value(log_c[-1]), peak, since if log_c[-1, loudest] > 0 else verdict.size, log_c[-1])


def _value(log_c: Floats) -> float:
    return float(np.exp(np.minimum(log_c, MOST)).mean())


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
