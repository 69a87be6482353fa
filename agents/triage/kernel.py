"""Kernel least squares on embeddings, with exact leave-one-out and leave-one-class-out scores.

Source: R. Rifkin and R. Lippert, "Notes on regularized least squares", MIT-CSAIL-TR-2007-025, section 4 (the block
form of the leave-one-out identity is the same identity for several rows at once). One factorisation gives the model
and, for nothing more, what the model would have said of each example had it never seen it, or never seen its whole
class. The first calibrates how sure it may be, the second how it looks when a message fits no intent at all.

Memory while fitting: 8 bytes times the square of the number of examples (1.8 GB for 15,000).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import spotri

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

GAMMAS = (1.0, 2.0, 3.0)  # how fast likeness falls with distance: tried on small sets, the best by leave-one-out kept
GAMMA = 1.0  # for large ones
RIDGE = 0.01  # the pull towards saying nothing, times gamma
SMALL = 3000
NEIGHBOURS = 5
FAR = np.float32(-1.0)  # the likeness of opposite vectors, standing for "not to be looked at"


@dataclass(frozen=True)
class Fit:
    """A fitted model and its held-out scores. Shapes: n examples, c intents, and one column more for "none of them".

    `alpha` n x (c + 1): coefficients. `one_out` n x (c + 1): scores of each example without itself and its twins.
    `class_out` n x (c + 1): scores of each example without its whole intent (whose column is -inf); examples of no
    intent have those of `one_out`. `near_one_out`, `near_class_out` n x 2: similarity to the nearest, and mean to the
    five nearest, of the remaining examples that have an intent.
    """

    gamma: float
    alpha: Floats
    one_out: Floats
    class_out: Floats
    near_one_out: Floats
    near_class_out: Floats


def of_likeness(likeness: Floats, gamma: float) -> Floats:
    """Return exp(-gamma (1 - cosine)), the Gaussian kernel on vectors of length one, in the place of `likeness`."""
    likeness -= np.float32(1.0)
    likeness *= np.float32(gamma)
    return np.exp(likeness, out=likeness)


def targets(labels: Ints, columns: int) -> Floats:
    """Return n x columns targets: 1 for the example's label, 0 for others, minus their mean."""
    wanted: Floats = np.zeros((len(labels), columns), np.float32)
    wanted -= np.float32(1.0 / columns)
    wanted[np.arange(len(labels)), labels] += 1.0
    return wanted


def fit(vectors: Floats, labels: Ints, classes: int, groups: Ints) -> Fit:
    """Fit to unit `vectors` (n x d) with `labels` 0 to classes - 1, or `classes` for examples of no intent.

    Examples of one group (the same message written in two ways) are never used to judge each other.
    """
    likeness: Floats = vectors @ vectors.T
    near = _near(likeness, labels, classes, groups)
    if len(labels) > SMALL:
        return _fit(likeness, labels, classes, groups, GAMMA, near)
    tried = [_fit(likeness.copy(), labels, classes, groups, gamma, near) for gamma in GAMMAS]
    inside = labels < classes
    right = [int((one.one_out[inside, :classes].argmax(axis=1) == labels[inside]).sum()) for one in tried]
    return tried[int(np.argmax(right))]


def _fit(likeness: Floats, labels: Ints, classes: int, groups: Ints, gamma: float, near: tuple[Floats, Floats]) -> Fit:
    kernel = of_likeness(likeness, gamma)
    kernel[np.diag_indices_from(kernel)] += np.float32(RIDGE * gamma)
    wanted = targets(labels, classes + 1)
    factor, lower = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
    alpha = cho_solve((factor, lower), wanted, check_finite=False).astype(np.float32)
    inverse, info = spotri(factor, lower=True, overwrite_c=True)
    if info != 0:
        raise np.linalg.LinAlgError(f"spotri: {info}")
    one_out = wanted - alpha / np.diagonal(inverse)[:, None]
    for rows in _together(groups):
        one_out[rows] = _without(inverse, wanted, alpha, rows)
    class_out = one_out.copy()
    for label in range(classes):
        rows = np.flatnonzero(labels == label)
        if len(rows):
            class_out[rows] = _without(inverse, wanted, alpha, rows)
            class_out[rows, label] = -np.inf
    return Fit(gamma, alpha, one_out, class_out, *near)


def _without(inverse: Floats, wanted: Floats, alpha: Floats, rows: Ints) -> Floats:
    """Return the scores of `rows` as if none of them had been learnt; `inverse` holds its lower triangle."""
    block = np.tril(inverse[np.ix_(rows, rows)])
    block += np.tril(block, -1).T
    scores: Floats = wanted[rows] - np.linalg.solve(block, alpha[rows])
    return scores


def _together(groups: Ints) -> list[Ints]:
    """Return the rows of each group of two or more."""
    order = np.argsort(groups, kind="stable")
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    return [np.sort(rows) for rows in np.split(order, cuts) if len(rows) > 1]


def _near(likeness: Floats, labels: Ints, classes: int, groups: Ints) -> tuple[Floats, Floats]:
    one = np.empty((len(labels), 2), np.float32)
    other = np.empty_like(one)
    for start in range(0, len(labels), 512):
        rows = np.arange(start, min(start + 512, len(labels)))
        part = likeness[rows].copy()
        part[:, labels == classes] = FAR
        part[groups[rows][:, None] == groups[None, :]] = FAR
        one[rows] = nearest(part)
        part[labels[rows][:, None] == labels[None, :]] = FAR
        other[rows] = nearest(part)
    return one, other


def nearest(likeness: Floats) -> Floats:
    """Return m x 2: the largest cosine in each row, and the mean of the five largest."""
    count = min(NEIGHBOURS, likeness.shape[1])
    top = np.partition(likeness, likeness.shape[1] - count, axis=1)[:, -count:]
    found: Floats = np.stack([top.max(axis=1), top.mean(axis=1)], axis=1)
    return found
