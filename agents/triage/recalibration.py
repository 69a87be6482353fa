"""Recalibration: a classifier's probabilities set right on later messages that it was not trained on.

Platt scaling (J. Platt, "Probabilistic outputs for support vector machines", 1999) of the odds that the best intent is
right: odds become a * odds + b, with a above 0. The order of messages by score stays as it is, only the number changes,
so what is certified later does not depend on it; people read the number.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from agents.triage.calibration import Calibrator
from agents.triage.classifier import Classifier
from agents.triage.embedder import Embedder
from agents.triage.examples import Example

FEWEST = 50
FLATTEST = 0.1


def recalibrated(classifier: Classifier, later: Sequence[Example], embedder: Embedder | None = None) -> Classifier:
    """Return the classifier with its probabilities fitted to `later` labelled messages.

    The same classifier comes back where there are fewer than 50, or all or none of them were right.
    """
    if len(later) < FEWEST:
        return classifier
    scored = classifier.route([example.text for example in later], embedder=embedder)
    right = np.array([one.label == example.label for one, example in zip(scored, later, strict=True)])
    if right.all() or not right.any():
        return classifier
    odds = _odds(np.array([one.score for one in scored]))
    model = LogisticRegression(C=100.0).fit(odds[:, None], right)
    slope, shift = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope < FLATTEST:
        # The order of these few messages says nothing; keep it, and set the mean right alone.
        slope = FLATTEST
        shift = float(brentq(lambda by: expit(slope * odds + by).mean() - right.mean(), -50.0, 50.0))
    return replace(
        classifier,
        quick_right=_scaled(classifier.quick_right, slope, shift),
        full_right=_scaled(classifier.full_right, slope, shift),
        quick_from=_moved(classifier.quick_from, slope, shift),
    )


def _moved(boundary: float, slope: float, shift: float) -> float:
    """Return the boundary in the new numbers; above 1 it means never, and rounding must move no message across it."""
    if boundary >= 1:
        return boundary
    return float(1 / (1 + np.exp(-(slope * _odds(np.array(boundary)) + shift)))) - 1e-6


def _odds(probability: "np.typing.NDArray[np.float64]") -> "np.typing.NDArray[np.float64]":
    bounded = np.clip(probability, 1e-6, 1 - 1e-6)
    found: np.typing.NDArray[np.float64] = np.log(bounded / (1 - bounded))
    return found


def _scaled(calibrator: Calibrator, slope: float, shift: float) -> Calibrator:
    weights = (calibrator.weights * slope).astype(np.float32)
    return replace(calibrator, weights=weights, bias=calibrator.bias * slope + shift)
