"""Many certificates at once: which of 1,500 agents' certificates to trust so that few of them are false.

e-BH (Wang and Ramdas, "False discovery rate control with e-values", JRSS-B 2022, arXiv 2009.02824): sort the e-values
downwards and keep the k largest for the largest k with e_(k) >= N / (k q). The expected share of false ones among those
kept is at most q, however the agents depend on each other.

Assumes: each e-value is one, under "this agent's accuracy at its threshold is not above the target" (mean at most 1 at
the time of looking, as betting evidence has).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def e_bh(log_e: ArrayLike, q: float = 0.05) -> NDArray[np.bool_]:
    """Which of N certificates to keep: (..., N) log e-values to (..., N) flags."""
    values = np.asarray(log_e, dtype=float)
    n = values.shape[-1]
    if n == 0:
        return np.zeros(values.shape, dtype=bool)
    falling = -np.sort(-values, axis=-1)
    enough = falling >= np.log(n / (np.arange(1, n + 1) * q))
    kept = np.where(enough, np.arange(1, n + 1), 0).max(axis=-1)
    least = np.take_along_axis(falling, np.maximum(kept - 1, 0)[..., None], axis=-1)
    out: NDArray[np.bool_] = (values >= least) & (kept > 0)[..., None]
    return out
