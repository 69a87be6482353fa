"""Early warning: do today's scores still look like those that the levels were fixed on? It proves nothing of accuracy.

The population stability index over bands that held equal parts of the earlier scores:
sum over bands of (now - then) ln(now / then). By custom below 0.1 is no change, above 0.25 a shift worth a look.
"""

import numpy as np
from numpy.typing import ArrayLike

BANDS = 10
LEAST = 200  # scores on each side, or chance alone looks like a change
SHIFT = 0.25


def stability(before: ArrayLike, now: ArrayLike) -> float | None:
    """The index of scores (n,) against earlier ones (m,); None where either side has too few."""
    first, second = np.asarray(before, dtype=float), np.asarray(now, dtype=float)
    if min(first.size, second.size) < LEAST:
        return None
    edges = np.unique(np.quantile(first, np.arange(1, BANDS) / BANDS))
    then = _parts(np.searchsorted(edges, first, side="right"), edges.size + 1)
    today = _parts(np.searchsorted(edges, second, side="right"), edges.size + 1)
    return float(((today - then) * np.log(today / then)).sum())


def _parts(bands: np.ndarray, count: int) -> np.ndarray:
    """Part of the scores in each band, half a score added so that none is empty."""
    counts = np.bincount(bands, minlength=count) + 0.5
    return np.asarray(counts / counts.sum())


def warning(index: float | None) -> str:
    """What to say of an index; nothing where there is nothing to say."""
    if index is None or index < SHIFT:
        return ""
    return f"scores are not what they were when the levels were fixed (stability index {index:.2f})"
