"""What if: the curve of automation share against accuracy, from audits, with its band.

"At 97 % you would automate 38 % [35, 41]." The interval inverts pointwise tests: it holds every share at which the
audits do not contradict that accuracy, so it covers the true crossing with its confidence where accuracy falls as the
share grows. The point is what the audits show, not a promise; `certified_share` is what a certificate would give today.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from metrics.certificates.fixed_sequence import START_AUDITS, choose_threshold, levels

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One row a level, safest first: (L,) thresholds, share of traffic at or above each, accuracy with pointwise
    two-sided interval, and audits at or above. Accuracy is nan where no audit lies at or above. flawless: what the
    interval's lower end would be, were all of these right."""

    thresholds: Floats
    shares: Floats
    accuracy: Floats
    low: Floats
    high: Floats
    audits: NDArray[np.int64]
    flawless: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """The answer for one target: `share` at which the observed accuracy meets it, with the interval of shares that the
    audits allow, and `certified_share` (0 where nothing is certified yet; then `audits_missing` may say how many)."""

    target: float
    share: float
    low: float
    high: float
    certified_share: float
    threshold: float | None
    audits_missing: int | None


def risk_curve(
    scores: ArrayLike,
    right: ArrayLike,
    *,
    population: ArrayLike,
    probabilities: ArrayLike | None = None,
    confidence: float = 0.95,
    count: int = 50,
) -> Curve:
    """The curve from n audits: scores, verdicts and probabilities (n,), and the traffic's scores (N,).

    Weighted by 1 / probability (Hajek); exact intervals where all are equal, at the effective sample size otherwise.
    """
    score, verdict = np.asarray(scores, dtype=float), np.asarray(right, dtype=float)
    weight = np.ones_like(score) if probabilities is None else 1 / np.asarray(probabilities, dtype=float)
    everything = np.sort(np.asarray(population, dtype=float))
    cuts = levels(everything, count)
    shares = 1 - np.searchsorted(everything, cuts, side="left") / everything.size
    order = np.argsort(-score, kind="stable")
    taken = np.searchsorted(-score[order], -cuts, side="right")

    def running(values: Floats) -> Floats:
        sums: Floats = np.concatenate([[0.0], np.cumsum(values[order])])[taken]
        return sums

    total, squares = running(weight), running(weight**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy = running(weight * verdict) / total
        effective = total**2 / squares
        spread = running(weight**2 * verdict) * (1 - accuracy) ** 2 + running(weight**2 * (1 - verdict)) * accuracy**2
        varied = np.where(spread > 0, accuracy * (1 - accuracy) * total**2 / np.where(spread > 0, spread, 1), np.inf)
    size = np.where(total > 0, np.fmin(effective, varied), 0.0)
    k, n = np.nan_to_num(accuracy * size), np.nan_to_num(size)
    side = (1 - confidence) / 2
    low = np.where(k <= 0, 0.0, betaincinv(np.maximum(k, 1e-9), n - np.minimum(k, n) + 1, side))
    high = np.where(n - k <= 1e-9, 1.0, betaincinv(k + 1, np.maximum(n - k, 1e-9), 1 - side))
    return Curve(
        thresholds=cuts,
        shares=shares,
        accuracy=accuracy,
        low=low,
        high=high,
        audits=taken.astype(np.int64),
        flawless=np.where(total > 0, side ** (1 / np.maximum(np.nan_to_num(effective), 1e-9)), 0.0),
    )


def share_at(curve: Curve, target: float) -> tuple[float, float, float]:
    """(share, low, high) at a target: the largest share observed to meet it, and those that the audits do not rule out.

    low: down to it every level's interval lies above the target, from the safest on that holds clearly more audits than
    would show it if all were right (or from the last one); high: beyond it every level's lies below.
    """
    meets = curve.accuracy >= target
    share = float(curve.shares[meets][-1]) if meets.any() else 0.0
    unsure = (curve.low < target) & (curve.high >= target)
    above = curve.low >= target
    able = curve.flawless**START_AUDITS >= target
    start = int(np.argmax(able)) if able.any() else len(able) - 1
    sure = int(np.cumprod(above[start:]).sum())
    low = float(curve.shares[start + sure - 1]) if sure else 0.0
    reach = curve.shares[unsure | above]
    high = float(reach[-1]) if reach.size else 0.0
    return share, min(low, share), max(high, share)


def what_if(
    scores: ArrayLike,
    right: ArrayLike,
    *,
    population: ArrayLike,
    targets: tuple[float, ...] = (0.90, 0.93, 0.95, 0.97, 0.98, 0.99),
    probabilities: ArrayLike | None = None,
    confidence: float = 0.95,
) -> tuple[Point, ...]:
    """One point a target, in the order given."""
    curve = risk_curve(scores, right, population=population, probabilities=probabilities, confidence=confidence)
    made = []
    for target in targets:
        share, low, high = share_at(curve, target)
        choice = choose_threshold(
            scores,
            right,
            population=population,
            target=target,
            confidence=confidence,
            probabilities=probabilities,
        )
        made.append(
            Point(
                target=target,
                share=share,
                low=low,
                high=high,
                certified_share=choice.share,
                threshold=choice.threshold,
                audits_missing=choice.audits_missing,
            )
        )
    return tuple(made)
