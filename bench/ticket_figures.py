"""The figures of one set of ticket predictions: accuracy, out-of-scope recall, and what a certificate lets through.

The test part is the live population. A draw audits items of it with replacement, chooses the threshold by the very
rule of the product (metrics.certificates.fixed_sequence), and is then held to the whole population.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.certificates import binomial
from metrics.certificates.fixed_sequence import chain

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Predictions:
    """What was predicted for n messages: the score it was certified by, whether the message was in scope, whether the
    best intent was right (False out of scope), and how much it looked in scope."""

    score: Floats
    right: Flags
    in_scope: Flags
    looks_in_scope: Floats


def oracle_share(score: Floats, right: Flags, target: float) -> float:
    """Return the largest share that any threshold could automate with at least `target` of it right."""
    falling = np.sort(score)[::-1]
    correct = np.cumsum(right[np.argsort(-score, kind="stable")]) / np.arange(1, len(score) + 1)
    whole = np.append(falling[:-1] > falling[1:], True)  # a threshold takes all items of one score, or none
    good = np.flatnonzero((correct >= target) & whole)
    return float((good[-1] + 1) / len(score)) if len(good) else 0.0


def oos_recall(looks_in_scope: Floats, in_scope: Flags, keep: float = 0.95) -> float | None:
    """Return the share of messages out of scope below the level that keeps `keep` of those in scope."""
    if in_scope.all() or not in_scope.any():
        return None
    level = np.quantile(looks_in_scope[in_scope], 1 - keep, method="lower")
    return float((looks_in_scope[~in_scope] < level).mean())


@dataclass(frozen=True)
class Draws:
    """Per draw: the share automated (0 where nothing was certified) and its true accuracy in the population."""

    share: Floats
    accuracy: Floats  # nan where nothing is automated

    def missed(self, target: float) -> int:
        """Return in how many draws what was automated is right less often than the target."""
        return int(np.sum(self.accuracy < target))


def certify(
    score: Floats, right: Flags, *, audits: int, draws: int, target: float, confidence: float, seed: int
) -> Draws:
    """Return what `draws` certificates, each from `audits` audited items, let through. All draws are computed at once:
    per level, how many of a draw's audits are taken and how many of those are right."""
    fixed = chain(score, audits, target=target, confidence=confidence)
    cuts, shares, safer = fixed.thresholds, fixed.shares, fixed.safer
    taken = score[:, None] >= cuts[None, :]
    truth = (taken & right[:, None]).sum(axis=0) / taken.sum(axis=0)
    # The safest level that takes an item; an audit of it counts there and at every level below.
    enters = np.searchsorted(-cuts, -score, side="left")
    random = np.random.default_rng(seed)
    chosen = np.full(draws, -1)
    for start in range(0, draws, 250):
        rows = np.arange(start, min(start + 250, draws))
        items = random.integers(0, len(score), (len(rows), audits))
        n = _cumulative(enters[items], None, len(cuts))
        k = _cumulative(enters[items], right[items], len(cuts))
        chosen[rows] = fixed.lowest_passed(binomial.p_values(k[:, safer:], n[:, safer:], target), confidence)
    some = chosen >= 0
    share = np.where(some, shares[chosen], 0.0)
    return Draws(share, np.where(some, truth[chosen], np.nan))


def _cumulative(enters: NDArray[np.int64], right: Flags | None, count: int) -> Floats:
    rows = np.repeat(np.arange(len(enters)), enters.shape[1])
    weights = None if right is None else right.ravel().astype(float)
    flat = np.bincount(rows * (count + 1) + enters.ravel(), weights=weights, minlength=len(enters) * (count + 1))
    found: Floats = np.cumsum(flat.reshape(len(enters), count + 1)[:, :count], axis=1).astype(float)
    return found


def figures(
    made: Predictions, *, audits: int, draws: int, target: float = 0.95, confidence: float = 0.95, seed: int = 0
) -> dict[str, Any]:
    """Return the figures by the names that DESIGN.md section 7 gives them."""
    inside = made.in_scope
    drawn = certify(made.score, made.right, audits=audits, draws=draws, target=target, confidence=confidence, seed=seed)
    some = drawn.share > 0
    automated = float(np.average(drawn.accuracy[some], weights=drawn.share[some])) if some.any() else None
    return {
        "accuracy": rate(int(made.right[inside].sum()), int(inside.sum())),
        "oracle_share": round(oracle_share(made.score, made.right, target), 4),
        "oos_recall_at_95_kept": _rounded(oos_recall(made.looks_in_scope, inside)),
        "share_certified": round(float(drawn.share.mean()), 4),
        "accuracy_automated": _rounded(automated),
        "target_missed": rate(drawn.missed(target), draws),
        "draws_certified": round(float(some.mean()), 4),
    }


def rate(k: int, n: int) -> dict[str, Any]:
    """Return a share with its exact two-sided interval of 95 %."""
    low, high = binomial.interval(k, n)
    return {"value": round(k / n, 4) if n else None, "low": round(low, 4), "high": round(high, 4), "k": k, "n": n}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
