"""How sure: from a message's scores to the probability that its best intent is right, or that any intent fits.

Logistic regression on a few readable signals. It is fitted on held-out scores only: of each example as if it had not
been seen, and, for messages of intents nobody has taught, of each example as if its whole class had not been seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float32]

UNSEEN_SHARE = 0.25  # the assumed share of messages that no intent fits, while the tenant's own is not known
STRENGTH = 1.0


@dataclass(frozen=True)
class Calibrator:
    """Logistic regression on standardised signals and their squares."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float

    def probability(self, signals: Floats) -> Floats:
        """Return m probabilities for m x s signals."""
        odds = _expand((signals - self.mean) / self.scale) @ self.weights + self.bias
        found: Floats = (1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))).astype(np.float32)
        return found


def fit(signals: Floats, right: NDArray[np.bool_], weight: Floats) -> Calibrator:
    """Fit to m x s signals whose outcome is known; `weight` says how much each counts."""
    mean, scale = signals.mean(axis=0), signals.std(axis=0) + 1e-6
    columns = _expand((signals - mean) / scale)
    if right.all() or not right.any():
        # Nothing to tell apart (a handful of clean examples): half an error is assumed, so that it is never certain.
        share = (right.sum() + 0.5) / (len(right) + 1.0)
        weights = np.zeros(columns.shape[1], np.float32)
        return Calibrator(
            mean.astype(np.float32), scale.astype(np.float32), weights, float(np.log(share / (1 - share)))
        )
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit(columns, right, sample_weight=weight)
    return Calibrator(
        mean.astype(np.float32), scale.astype(np.float32), model.coef_[0].astype(np.float32), float(model.intercept_[0])
    )


def _expand(standard: Floats) -> Floats:
    bounded = np.clip(standard, -4, 4)
    found: Floats = np.concatenate([bounded, bounded**2], axis=1)
    return found


def quick_signals(ngram_scores: Floats, known: Floats) -> Floats:
    """Return m x 4 signals of the n-gram classifier: best score, its lead, share of known n-grams, energy."""
    first, second = top_two(ngram_scores)
    energy = _energy(ngram_scores)
    return np.stack([first, first - second, known, energy], axis=1)


def full_signals(joint: Floats, kernel_scores: Floats, ngram_scores: Floats, near: Floats, known: Floats) -> Floats:
    """Return m x 9 signals: the joint scores' best and lead, nearness to examples, and what each part says of it."""
    first, second = top_two(joint)
    best = joint.argmax(axis=1)
    rows = np.arange(len(joint))
    agree = (kernel_scores.argmax(axis=1) == ngram_scores.argmax(axis=1)).astype(np.float32)
    quick, quick_second = top_two(ngram_scores)
    return np.stack(
        [
            first,
            first - second,
            kernel_scores[rows, best],
            ngram_scores[rows, best],
            near[:, 0],
            near[:, 1],
            known,
            agree,
            quick - quick_second,
        ],
        axis=1,
    )


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
