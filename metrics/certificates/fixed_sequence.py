"""One-shot choice of the threshold that automates most at a certified accuracy: fixed-sequence testing.

Levels (thresholds on the score) are fixed before any judgement is seen and tested from the safest down, each at the
full 1 - confidence, until the first that fails; the last that passed is chosen. The chance that the accuracy at the
chosen threshold is below the target is at most 1 - confidence, with no correction for the number of levels, because a
false choice needs the first false level of the chain to pass.

Source: "Learn then Test" (Angelopoulos, Bates, Candes, Jordan, Lei 2021, arXiv 2110.01052), fixed-sequence variant,
with the exact binomial p-value in place of Hoeffding-Bentkus. Accuracy need not rise with the score.

Assumes: audits independent and drawn as their probabilities say, from traffic like the traffic to come; the reviewer's
verdict is the truth; levels, chain start, agent and score unchanged since before the first audit.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.certificates import binomial

Floats = NDArray[np.float64]
START_SHARE = 0.28
START_AUDITS = 2.6
BETS = np.array([0.05, 0.1, 0.2, 0.4, 0.7, 1.0])
METHOD = "fixed-sequence exact binomial"
METHOD_WEIGHTED = "fixed-sequence weighted betting"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What the audits allow. `threshold` is None while nothing may be automated; then `missing` says why and
    `audits_missing` how many more audits drawn like these would about do (None: more audits alone will not help).

    k right of n audits at or above the threshold (of the chain's first level where nothing is certified); `bound` is
    the one-sided lower bound on accuracy there at the stated confidence (None where probabilities differ and the
    evidence is an e-value instead). `share` is the part of all traffic at or above the threshold.
    """

    threshold: float | None
    k: int
    n: int
    bound: float | None
    share: float
    levels_tested: int
    method: str
    missing: str = ""
    audits_missing: int | None = None


def levels(population: ArrayLike, count: int = 100) -> Floats:
    """Thresholds that take the top 1/count, 2/count, ... of `population` (N,) scores; distinct, falling.

    The last takes everything. `population` must not be chosen by judgements.
    """
    scores = np.asarray(population, dtype=float)
    if scores.size == 0:
        raise ValueError("levels need the scores of some traffic")
    cuts = np.quantile(scores, 1 - np.arange(1, count + 1) / count, method="lower")
    return np.unique(cuts)[::-1]


def start_level(shares: Floats, labels: int, *, target: float = 0.95, confidence: float = 0.95) -> int:
    """Index of the chain's first level. Depends on the number of audits alone, never on verdicts.

    shares: (L,) part of traffic at or above each level, rising. The start takes the top 28 % of traffic, or as much
    more as is expected to hold 2.6 times the audits that certify `target` without an error (2.6 x 59 = 153 at 95 %
    and 95 %). A safer start holds too few audits to pass, a bolder one is false more often: in simulation these two
    numbers kept most from 200 to 5,000 audits.
    """
    flawless = binomial.audits_needed(target, confidence)
    wanted = min(1.0, max(START_SHARE, START_AUDITS * flawless / max(labels, 1)))
    return min(int(np.searchsorted(shares, wanted - 1e-9)), len(shares) - 1)


def choose_threshold(
    scores: ArrayLike,
    right: ArrayLike,
    *,
    population: ArrayLike,
    target: float = 0.95,
    confidence: float = 0.95,
    probabilities: ArrayLike | None = None,
    count: int = 100,
) -> Choice:
    """The lowest threshold whose accuracy is certified.

    scores: (n,) of audited runs; right: (n,) verdicts as 0/1; population: (N,) scores of the traffic they were drawn
    from (it fixes the levels). probabilities: (n,) audit probabilities; None or all equal: uniform sampling and the
    exact binomial test; otherwise each audit is weighed by (smallest probability) / (its own) in a betting e-value,
    which is valid but needs more audits. Raises ValueError on shapes that differ or values out of range.
    """
    score, verdict = np.asarray(scores, dtype=float), np.asarray(right, dtype=float)
    weights = _weights(score, verdict, probabilities)
    everything = np.sort(np.asarray(population, dtype=float))
    cuts = levels(everything, count)
    shares = 1 - np.searchsorted(everything, cuts, side="left") / everything.size
    first = start_level(shares, score.size, target=target, confidence=confidence)
    uniform = bool(np.all(weights == 1.0))
    chosen, last = None, None
    for index in range(first, len(cuts)):
        last = _test(score, verdict, weights, float(cuts[index]), target, uniform)
        if last.p_value > 1 - confidence:
            break
        chosen = index, last
    method = METHOD if uniform else METHOD_WEIGHTED
    if chosen is None:
        assert last is not None
        return _nothing(last, float(shares[first]), target, confidence, method, uniform)
    index, evidence = chosen
    return Choice(
        threshold=float(cuts[index]),
        k=evidence.k,
        n=evidence.n,
        bound=binomial.lower_bound(evidence.k, evidence.n, confidence) if uniform else None,
        share=float(shares[index]),
        levels_tested=index - first + 1,
        method=method,
    )


@dataclass(frozen=True, slots=True)
class _Evidence:
    k: int
    n: int
    p_value: float


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


def _test(score: Floats, verdict: Floats, weights: Floats, cut: float, target: float, uniform: bool) -> _Evidence:
    taken = score >= cut
    k, n = int(verdict[taken].sum()), int(taken.sum())
    if uniform:
        return _Evidence(k, n, binomial.p_value(k, n, target))
    steps = weights[taken] * ((1 - target) - (1 - verdict[taken]))
    log_wealth = np.log1p(BETS[:, None] * steps[None, :]).sum(axis=1)
    log_e = float(np.logaddexp.reduce(log_wealth)) - math.log(len(BETS))
    return _Evidence(k, n, min(1.0, math.exp(min(0.0, -log_e))))


def _nothing(first: _Evidence, share: float, target: float, confidence: float, method: str, uniform: bool) -> Choice:
    """No level passed: say what is missing, from the safest level's own count (half an error added, as a guess)."""
    rate = (first.n - first.k + 0.5) / (first.n + 1)
    needed = (
        binomial.audits_needed(target, confidence)
        if first.k == first.n
        else binomial.audits_for_rate(rate, target, confidence)
    )
    percent = f"{target:.0%}"
    if needed is None:
        missing = f"{first.k} of {first.n} audits of the surest answers are right: not above {percent}"
        more = None
    else:
        more = max(1, math.ceil((needed - first.n) / share))
        missing = f"about {more} more audits to certify {percent}"
    bound = binomial.lower_bound(first.k, first.n, confidence) if uniform else None
    return Choice(
        threshold=None,
        k=first.k,
        n=first.n,
        bound=bound,
        share=0.0,
        levels_tested=1,
        method=method,
        missing=missing,
        audits_missing=more,
    )
