"""Alarms: when what is automated now gets worse than promised. One decides, one only makes us look harder.

The detector is an e-detector (Shin, Ramdas, Rinaldo 2022, arXiv 2203.03532) on audited automated runs, in CUSUM form.
While accuracy stays at the target or above, it needs `level` epochs or more on average until it rings by chance; no
model of the errors is assumed. The proxy watches a cheap flag (a judge, a complaint) on every automated run against
what that flag usually says at those scores; it proves nothing, so it only asks for a burst of audits.
"""

import math

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


def proxy_step(value: ArrayLike, flagged: ArrayLike, expected: ArrayLike, ratio: float = 1.3) -> Floats:
    """One epoch of the flag CUSUM (Poisson, against a rise by `ratio`): flagged and expected counts (...) to (...)."""
    grown = np.asarray(value, dtype=float) + np.asarray(flagged, dtype=float) * math.log(ratio)
    out: Floats = np.maximum(0.0, grown - (ratio - 1) * np.asarray(expected, dtype=float))
    return out
