"""Agreement between two reviewers of the same runs, beyond what chance would give."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Kappa(NamedTuple):
    """Cohen's kappa with its 95 % interval; None where either reviewer gave one verdict throughout, or none."""

    value: float | None
    low: float | None
    high: float | None
    agreed: int
    n: int


def cohen(first: ArrayLike, second: ArrayLike) -> Kappa:
    """Kappa of two reviewers' verdicts (n,) on the same audits; any labels, usually right and wrong.

    Cohen, "A coefficient of agreement for nominal scales", 1960; large-sample standard error of Fleiss, Cohen and
    Everitt, 1969. Assumes independent items and reviewers who did not see each other's verdict.
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError("two vectors of one length, one verdict of each reviewer on each audit")
    n, agreed = a.size, int((a == b).sum())
    kinds = np.unique(np.concatenate([a, b])) if n else a
    if kinds.size < 2:
        return Kappa(None, None, None, agreed, n)
    table = (a[:, None] == kinds)[:, :, None] & (b[:, None] == kinds)[:, None, :]
    p = table.mean(axis=0)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    seen, chance = float(np.trace(p)), float(rows @ columns)
    kappa = (seen - chance) / (1 - chance)
    both = columns[:, None] + rows[None, :]  # [i, j]: the second reviewer's share of i and the first's of j
    diagonal = float((np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2).sum())
    off = float(((p - np.diag(np.diag(p))) * both**2).sum()) * (1 - kappa) ** 2
    variance = (diagonal + off - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    reach = 1.959964 * math.sqrt(max(variance, 0.0))
    return Kappa(kappa, max(-1.0, kappa - reach), min(1.0, kappa + reach), agreed, n)
