"""How sure: from a message's scores to the probability that its best intent is right, or that any intent fits.

Every signal speaks in one direction: the larger, the surer. So the model is an additive logistic regression whose
weights are never negative, on each signal and on its parts below fixed points (which lets a signal matter more where
it is low). It cannot grow surer of a message because a signal is strangely low, as free or squared weights do.

It is fitted on held-out scores only: of each example as if it had not been seen, and, for messages of intents that
nobody has taught, of each example as if its whole intent had not been seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float32]

UNSEEN_SHARE = 0.25  # the assumed share of messages that no intent fits, while the tenant's own is not known
DECAY = 1.0  # strength of the pull of all weights towards nothing, in examples
BENDS = (-1.0, 0.0, 1.0)  # where, in standard deviations from the mean, a signal's weight may change
WIDEST = 6.0  # a signal further from the mean, in standard deviations, counts as this far


@dataclass(frozen=True)
class Calibrator:
    """Additive logistic regression; `weights` s x (1 + bends), flattened, none below 0."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float

    def probability(self, signals: Floats) -> Floats:
        """Return m probabilities for m x s signals."""
        odds = _bent((signals - self.mean) / self.scale) @ self.weights + self.bias
        found: Floats = (1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))).astype(np.float32)
        return found


def fit(signals: Floats, right: NDArray[np.bool_], weight: Floats) -> Calibrator:
    """Fit to m x s signals whose outcome is known; `weight` (mean 1) says how much each counts."""
    mean = signals.mean(axis=0).astype(np.float32)
    scale = np.maximum(signals.std(axis=0), 1e-2).astype(np.float32)
    columns = _bent((signals - mean) / scale).astype(np.float64)
    # Half an example of either kind is added: a handful of clean examples must not make it certain.
    share = (float(weight[right].sum()) + 0.5) / (float(weight.sum()) + 1.0)
    start = np.append(np.zeros(columns.shape[1]), np.log(share / (1 - share)))
    if right.all() or not right.any():
        return Calibrator(mean, scale, start[:-1].astype(np.float32), float(start[-1]))
    sign = np.where(right, 1.0, -1.0)

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (columns @ values[:-1] + values[-1])
        slope = -weight * sign / (1.0 + np.exp(np.clip(margin, -500, 500)))
        decay = np.append(DECAY * values[:-1], 0.0)
        total = float((weight * np.logaddexp(0.0, -margin)).sum() + 0.5 * DECAY * (values[:-1] ** 2).sum())
        return total, np.append(columns.T @ slope, slope.sum()) + decay

    bounds = [(0.0, None)] * columns.shape[1] + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x
    return Calibrator(mean, scale, found[:-1].astype(np.float32), float(found[-1]))


def _bent(standard: Floats) -> Floats:
    """Return m x s(1 + bends): each signal, and what each falls short of each bend."""
    bounded = np.clip(standard, -WIDEST, WIDEST)
    parts = [bounded, *(np.minimum(bounded - np.float32(bend), 0.0) for bend in BENDS)]
    found: Floats = np.concatenate(parts, axis=1).astype(np.float32)
    return found


def quick_signals(scores: Floats, known: Floats) -> Floats:
    """Return m x 5 signals of n-gram scores m x (c + 1), whose last column is "none of them"."""
    best, second = top_two(scores[:, :-1])
    return np.stack([best, best - second, best - scores[:, -1], known, _energy(scores[:, :-1])], axis=1)


def full_signals(joint: Floats, kernel: Floats, quick: Floats, near: Floats, known: Floats) -> Floats:
    """Return m x 11 signals of the joint scores and their two parts (each m x (c + 1), the last column "none of them"),
    of the nearness to examples (m x 2) and of the share of known n-grams (m)."""
    best, second = top_two(joint[:, :-1])
    place = joint[:, :-1].argmax(axis=1)
    rows = np.arange(len(joint))
    agree = (kernel[:, :-1].argmax(axis=1) == quick[:, :-1].argmax(axis=1)).astype(np.float32)
    quick_best, quick_second = top_two(quick[:, :-1])
    signals = [best, best - second, kernel[rows, place], quick[rows, place], near[:, 0], near[:, 1], known, agree]
    signals += [quick_best - quick_second, kernel[rows, place] - kernel[:, -1], quick[rows, place] - quick[:, -1]]
    return np.stack(signals, axis=1)


def top_two(scores: Floats) -> tuple[Floats, Floats]:
    """Return the best and second-best score of each row; with one class the second is the first less one."""
    if scores.shape[1] == 1:
        return scores[:, 0], scores[:, 0] - 1
    two = np.partition(scores, scores.shape[1] - 2, axis=1)[:, -2:]
    return two[:, 1], np.maximum(two[:, 0], -5.0)


def _energy(scores: Floats) -> Floats:
    bounded = np.maximum(scores, -5.0)
    found: Floats = np.log(np.exp(3.0 * bounded).sum(axis=1)) / 3.0
    return found
