"""A small model for each agent that turns the signals of its proposals into one score, learnt from judged runs.

A logistic function of the signals, fitted by penalised likelihood: the penalty pulls towards documented starting
weights (llm/score.py, documents/joint.py), so that few judgements change little, and many say what a signal is worth
for this agent. What the score is worth in the end is the certificate's to say, at the model's own fingerprint.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from core.errors import Broken

FEWEST = 60  # judged runs before anything is learnt,
FEWEST_OF_EACH = 8  # and as many right and wrong ones among them
HELD_OUT = 0.3  # the newest share, on which the new weights must be better than those in service
PENALTY = 0.5  # on the squared distance of each weight from where it starts: worth about four judgements


class Judged(NamedTuple):
    """The signals of a run and what a reviewer said of it. `weight` is one over the probability of being audited."""

    signals: Mapping[str, float]
    right: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Confidence:
    """Weights of the signals around their middle (0.5), and the bias."""

    weights: Mapping[str, float]
    bias: float

    def score(self, signals: Mapping[str, float]) -> float:
        """Return the score, 0 to 1. A signal that could not be measured counts neither way."""
        z = self.bias + sum(self.parts(signals).values())
        return round(1 / (1 + math.exp(-max(-500.0, min(500.0, z)))), 6)

    def parts(self, signals: Mapping[str, float]) -> dict[str, float]:
        """Return what each measured signal adds to the score's log-odds."""
        return {name: weight * (signals[name] - 0.5) for name, weight in self.weights.items() if name in signals}

    def to_bytes(self) -> bytes:
        """Return the model as it is stored."""
        return json.dumps({"weights": dict(self.weights), "bias": self.bias}, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, blob: bytes) -> "Confidence":
        """Return a stored model. Raises Broken where it is none."""
        try:
            given: dict[str, Any] = json.loads(blob)
            weights = {str(name): float(weight) for name, weight in given["weights"].items()}
            return cls(weights=weights, bias=float(given["bias"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Broken(f"a stored confidence model cannot be read: {error}") from None


def learn(
    judged: Sequence[Judged], start: Confidence, serving: Confidence | None = None
) -> tuple[Confidence | None, dict[str, float]]:
    """Return a model learnt from judged runs, oldest first, and its figures; no model where it is no better than the
    one in service (None: `start`).

    Learnt on the older runs it must have a lower log loss on the newer ones than `serving`; then it is fitted to all.
    """
    right = sum(one.right for one in judged)
    figures: dict[str, float] = {"judged": len(judged), "right": right}
    if len(judged) < FEWEST or min(right, len(judged) - right) < FEWEST_OF_EACH:
        return None, figures
    cut = int(len(judged) * (1 - HELD_OUT))
    older, newer = judged[:cut], judged[cut:]
    figures["log_loss_before"] = round(log_loss(serving or start, newer), 5)
    figures["log_loss"] = round(log_loss(fit(older, start), newer), 5)
    if figures["log_loss"] >= figures["log_loss_before"]:
        return None, figures
    return fit(judged, start), figures


def fit(judged: Sequence[Judged], begin: Confidence) -> Confidence:
    """Return the weights that make the judgements most likely, under a penalty on the way from those to begin with."""
    names = list(begin.weights)
    x = np.array([[one.signals.get(name, 0.5) - 0.5 for name in names] + [1.0] for one in judged])
    y = np.array([1.0 if one.right else -1.0 for one in judged])
    start = np.array([*begin.weights.values(), begin.bias])
    share = _shares(judged)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin, away = y * (x @ weights), weights - start
        value = float(share @ np.logaddexp(0.0, -margin) + PENALTY / 2 * away @ away)
        return value, -(x.T @ (share * y * expit(-margin))) + PENALTY * away

    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return Confidence({name: round(float(w), 6) for name, w in zip(names, found[:-1], strict=True)}, float(found[-1]))


def log_loss(model: Confidence, judged: Sequence[Judged]) -> float:
    """Return the mean logarithmic loss (natural logarithm) of a model's scores."""
    scores = np.clip([model.score(one.signals) for one in judged], 1e-6, 1 - 1e-6)
    right = np.array([one.right for one in judged])
    share = _shares(judged)
    return float(-(share @ np.log(np.where(right, scores, 1 - scores))) / len(judged))


def _shares(judged: Sequence[Judged]) -> NDArray[np.float64]:
    """Return the weights, scaled to a mean of 1."""
    weights: NDArray[np.float64] = np.array([one.weight for one in judged], np.float64)
    scaled: NDArray[np.float64] = weights / weights.mean()
    return scaled
