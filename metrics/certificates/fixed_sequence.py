"""One-shot choice of the threshold that automates most at a certified accuracy: fixed-sequence testing.

Levels (thresholds on the score) are fixed before any judgement is seen and tested from the safest down, each at the
full 1 - confidence, until the first that fails; the last that passed is chosen. The chance that the accuracy at the
chosen threshold is below the target is at most 1 - confidence, with no correction for the number of levels, because a
false choice needs the first false level of the chain to pass.

A start that turns out too bold would certify nothing, though a safer level might have passed. So a fiftieth of the
error is kept for a second start well above the first: from there down to the first each level is tested at it, and what
was kept is added at the first level again where all of them pass (the fallback procedure; the chance of any false
choice stays at most 1 - confidence, since a level is tested at what was kept for it and what was handed on to it).

Source: "Learn then Test" (Angelopoulos, Bates, Candes, Jordan, Lei 2021, arXiv 2110.01052), fixed-sequence variant,
with the exact binomial p-value in place of Hoeffding-Bentkus; fallback: Wiens, "A fixed sequence Bonferroni procedure
for testing multiple endpoints", Pharmaceutical Statistics 2 (2003) 211-215. Accuracy need not rise with the score.

Assumes: audits independent and drawn as their probabilities say, from traffic like the traffic to come; the reviewer's
verdict is the truth; levels, chain start, agent and score unchanged since before the first audit. Where the chain
starts is predicted from scores, which are known before any verdict: the promise holds however wrong they are, the share
certified does depend on them.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics import special
from metrics.certificates import binomial

Floats = NDArray[np.float64]
START_SHARE = 0.28
START_AUDITS = 2.6
DOUBTS = (0.0, 1.0, 2.0)  # log-odds by which scores may promise too much: predictions are a mean over these
AROUND = (-1.22, 0.0, 1.22)  # standard deviations: how many audits a level will hold is not known to the unit
LEAST_CHANCE = 0.05
KEPT = 0.02  # of the error, for the safer start
KEPT_AUDITS = 1.3  # times the audits that certify the target at it without an error: where the safer start lies
WORTH = 0.9  # the boldest start stays where it promises at least so much of the best
BETS = np.array([0.05, 0.1, 0.2, 0.4, 0.7, 1.0])
METHOD = "fixed-sequence exact binomial"
METHOD_WEIGHTED = "fixed-sequence weighted betting"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What the audits allow. `threshold` is None while nothing may be automated; then `missing` says why and
    `audits_missing` how many more audits drawn like these would about do (None: more audits alone will not help).

    k right of n audits at or above the threshold (of the chain's bolder start where nothing is certified); `bound` is
    the one-sided lower bound on accuracy there at the stated confidence (None where probabilities differ and the
    evidence is an e-value instead). `share` is the part of all traffic at or above the threshold. `log_e` is the log of
    the e-value at the threshold, where the method has one.
    """

    threshold: float | None
    k: int
    n: int
    bound: float | None
    share: float
    method: str
    missing: str = ""
    audits_missing: int | None = None
    log_e: float | None = None


def levels(population: ArrayLike, count: int = 100) -> Floats:
    """Thresholds that take the top 1/count, 2/count, ... of `population` (N,) scores; distinct, falling.

    The last takes everything. `population` must not be chosen by judgements.
    """
    scores = np.asarray(population, dtype=float)
    if scores.size == 0:
        raise ValueError("levels need the scores of some traffic")
    cuts = np.quantile(scores, 1 - np.arange(1, count + 1) / count, method="lower")
    return np.unique(cuts)[::-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """What is fixed before any verdict, all (L,): thresholds from the safest down, and the part of traffic at or above
    each. Testing starts at index `first`, and with a little of the error at `safer`, which is not below it."""

    thresholds: Floats
    shares: Floats
    first: int
    safer: int

    def lowest_passed(self, p_values: Floats, confidence: float) -> NDArray[np.int64]:
        """(...,): index of the lowest level that is certified, -1 for none. p_values: (..., L - safer), of the levels
        from `safer` on; each may depend on the others."""
        error, above = 1 - confidence, self.first - self.safer
        upper = np.cumprod(p_values[..., :above] <= KEPT * error, axis=-1).sum(axis=-1)
        left = np.where(upper == above, error, (1 - KEPT) * error)
        lower = np.cumprod(p_values[..., above:] <= left[..., None], axis=-1).sum(axis=-1)
        found = np.where(lower > 0, self.first + lower, np.where(upper > 0, self.safer + upper, 0)) - 1
        return np.asarray(found, dtype=np.int64)


def chain(
    population: ArrayLike, audits: int, *, target: float = 0.95, confidence: float = 0.95, scored: bool = True
) -> Chain:
    """Levels and start for so many audits drawn uniformly from traffic with scores `population` (N,).

    The start is `start_level`'s, or a safer one where share times the predicted chance to pass is clearly larger there.
    scored: scores say how likely a run is right, so that
    they may predict where to start; not so for critical errors.
    """
    cuts = levels(population)
    everything = np.sort(np.asarray(population, dtype=float))
    shares = 1 - np.searchsorted(everything, cuts, side="left") / everything.size
    first = start_level(shares, audits, target=target, confidence=confidence)
    if scored:
        first = _predicted_start(everything, cuts, shares, first, audits, target, confidence)
    return Chain(thresholds=cuts, shares=shares, first=first, safer=_safer(shares, first, audits, target, confidence))


def _predicted_start(
    scores: Floats, cuts: Floats, shares: Floats, boldest: int, audits: int, target: float, confidence: float
) -> int:
    """Index of the start from which most is promised, where that is clearly more than from the boldest."""
    tried = shares[: boldest + 1]
    chance = _chance(predicted(scores, cuts[: boldest + 1]), tried, audits, target, confidence)
    promised = tried * chance
    best = int(np.argmax(promised))
    moved = chance[best] >= LEAST_CHANCE and promised[boldest] < WORTH * promised[best]
    return best if moved else boldest


def _safer(shares: Floats, first: int, audits: int, target: float, confidence: float) -> int:
    """Index of the start at which the kept error may certify: that is expected to hold enough audits for it."""
    needed = binomial.audits_needed(target, 1 - KEPT * (1 - confidence))
    return min(first, int(np.searchsorted(shares, KEPT_AUDITS * needed / max(audits, 1) - 1e-9)))


def start_level(shares: Floats, labels: int, *, target: float = 0.95, confidence: float = 0.95) -> int:
    """Index of the boldest level that a chain may start at, whatever scores predict. Never depends on verdicts.

    shares: (L,) part of traffic at or above each level, rising. This start takes the top 28 % of traffic, or as much
    more as is expected to hold 2.6 times the audits that certify `target` without an error (2.6 x 59 = 153 at 95 %
    and 95 %). A safer start holds fewer audits, a bolder one is false more often: in simulation these two numbers kept
    most from 200 to 5,000 audits where an agent can automate much more than that.
    """
    flawless = binomial.audits_needed(target, confidence)
    wanted = min(1.0, max(START_SHARE, START_AUDITS * flawless / max(labels, 1)))
    return min(int(np.searchsorted(shares, wanted - 1e-9)), len(shares) - 1)


def predicted(scores: ArrayLike, cuts: Floats) -> Floats:
    """(D, L): accuracy at or above each threshold (L,) if the scores (N,) are right, for each of the doubts (D,)."""
    falling = np.sort(np.asarray(scores, dtype=float))[::-1]
    taken = np.searchsorted(-falling, -cuts, side="right")
    odds = special.logit(np.clip(falling, 1e-6, 1 - 1e-6))
    right = special.expit(odds[None, :] - np.array(DOUBTS)[:, None])
    means: Floats = np.cumsum(right, axis=1)[:, taken - 1] / taken
    return means


def _chance(accuracy: Floats, shares: Floats, audits: int, target: float, confidence: float) -> Floats:
    """(L,): how likely a level with such a part of the audits (L,) passes, over predictions (D, L) of its accuracy."""
    spread = np.sqrt(audits * shares * (1 - shares))
    held = np.maximum(np.round(audits * shares + np.array(AROUND)[:, None] * spread), 0).astype(int)
    allowed = binomial.errors_allowed(held, target, confidence)[:, None, :]
    passes = special.bdtr(np.maximum(allowed, 0), held[:, None, :], 1 - accuracy)
    mean: Floats = np.where(allowed < 0, 0.0, passes).mean(axis=(0, 1))
    return mean


def choose_threshold(
    scores: ArrayLike,
    right: ArrayLike,
    *,
    population: ArrayLike,
    target: float = 0.95,
    confidence: float = 0.95,
    probabilities: ArrayLike | None = None,
    scored: bool = True,
) -> Choice:
    """The lowest threshold whose accuracy is certified.

    scores: (n,) of audited runs; right: (n,) verdicts as 0/1; population: (N,) scores of the traffic they were drawn
    from (it fixes the levels). probabilities: (n,) audit probabilities; None or all equal: uniform sampling and the
    exact binomial test; otherwise each audit is weighed by (smallest probability) / (its own) in a betting e-value,
    which is valid but needs more audits. scored: as for `chain`. Raises ValueError on what does not fit.
    """
    score, verdict = np.asarray(scores, dtype=float), np.asarray(right, dtype=float)
    weights = _weights(score, verdict, probabilities)
    fixed = chain(population, score.size, target=target, confidence=confidence, scored=scored)
    cuts, shares = fixed.thresholds, fixed.shares
    uniform = bool(np.all(weights == 1.0))
    tested = (
        _uniform(score, verdict, cuts[fixed.safer :], target)
        if uniform
        else _weighted(score, verdict, weights, cuts[fixed.safer :], target)
    )
    lowest = int(fixed.lowest_passed(tested.p_values, confidence))
    shown = (fixed.first if lowest < 0 else lowest) - fixed.safer
    k, n = int(tested.right[shown]), int(tested.audits[shown])
    found = Choice(
        threshold=None,
        k=k,
        n=n,
        bound=binomial.lower_bound(k, n, confidence) if uniform else None,
        share=0.0,
        method=METHOD if uniform else METHOD_WEIGHTED,
    )
    if lowest < 0:
        missing, more = _missing(k, n, float(shares[fixed.first]), target, confidence)
        return replace(found, missing=missing, audits_missing=more)
    return replace(found, threshold=float(cuts[lowest]), share=float(shares[lowest]))


@dataclass(frozen=True, slots=True)
class _Tests:
    """Right audits, audits and p-value at each level of the chain, all (L,)."""

    right: Floats
    audits: Floats
    p_values: Floats


def _weights(score: Floats, verdict: Floats, probabilities: ArrayLike | None) -> Floats:
    if score.shape != verdict.shape or score.ndim != 1:
        raise ValueError("scores and verdicts must be two vectors of one length")
    if np.any((verdict != 0) & (verdict != 1)):
        raise ValueError("a verdict is 0 or 1")
    if probabilities is None or score.size == 0:
        return np.ones_like(score)
    drawn = np.asarray(probabilities, dtype=float)
    if drawn.shape != score.shape or np.any(drawn <= 0) or np.any(drawn > 1):
        raise ValueError("each audit needs a probability above 0 and at most 1")
    weights: Floats = drawn.min() / drawn
    return weights


def _uniform(score: Floats, verdict: Floats, cuts: Floats, target: float) -> _Tests:
    order = np.argsort(-score, kind="stable")
    taken = np.searchsorted(-score[order], -cuts, side="right")
    right = np.concatenate([[0.0], np.cumsum(verdict[order])])[taken]
    audits = taken.astype(float)
    return _Tests(right, audits, binomial.p_values(right, audits, target))


def _weighted(score: Floats, verdict: Floats, weights: Floats, cuts: Floats, target: float) -> _Tests:
    """A betting e-value for each level; one over it is a valid p-value (Markov)."""
    order = np.argsort(-score, kind="stable")
    taken = np.searchsorted(-score[order], -cuts, side="right")
    right = np.concatenate([[0.0], np.cumsum(verdict[order])])[taken]
    steps = np.log1p(BETS * (weights * ((1 - target) - (1 - verdict)))[order, None])
    wealth = np.concatenate([np.zeros((1, len(BETS))), np.cumsum(steps, axis=0)])[taken]
    log_e = np.logaddexp.reduce(wealth, axis=1) - math.log(len(BETS))
    return _Tests(right, taken.astype(float), np.exp(np.minimum(0.0, -log_e)))


def _missing(k: int, n: int, share: float, target: float, confidence: float) -> tuple[str, int | None]:
    """What is missing, from the safest level's own count (half an error added, as a guess)."""
    needed = (
        binomial.audits_needed(target, confidence)
        if k == n
        else binomial.audits_for_rate((n - k + 0.5) / (n + 1), target, confidence)
    )
    if needed is None:
        return f"{k} of {n} audits of the surest answers are right: not above {target:.0%}", None
    more = max(1, math.ceil((needed - n) / share))
    return f"about {more} more audits to certify {target:.0%}", more
