"""One call for a live certificate: valid at every look, and sharp at one look that was announced.

The allowed error is split in two halves. One pays for evidence that may be looked at any time (`eprocess`), the other
for a single exact test (`fixed_sequence`) on the first `first_look` audits in the order in which they were drawn. That
number must be fixed before those audits are judged: the size of the first batch, say. Looking again and again with the
exact test instead, until it passes, would certify agents below the target far more often than stated.

Everything is recomputed from the rows, so the same rows give the same certificate.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from metrics.certificates import eprocess
from metrics.certificates.fixed_sequence import Choice, choose_threshold

PLAN_RUNS = 100
METHOD = "any-time betting, fixed sequence"
METHOD_FIRST = "one announced look, exact binomial, fixed sequence"


def certify(
    scores: ArrayLike,
    right: ArrayLike,
    *,
    population: ArrayLike,
    target: float = 0.95,
    confidence: float = 0.95,
    probabilities: ArrayLike | None = None,
    smallest: ArrayLike | None = None,
    first_look: int | None = None,
) -> Choice:
    """The lowest threshold certified by either half; the sharper one's method is named.

    scores, right, probabilities: (n,) of the audits in the order in which they were drawn (an overdue one counts as
    wrong); smallest: (n,) or one number, the smallest probability that the audit policy of the time could give (needed
    where probabilities differ); population: (N,) scores of all runs, oldest first: the first 100 fix the levels.
    """
    half = 1 - (1 - confidence) / 2
    traffic = np.asarray(population, dtype=float)
    if traffic.size < PLAN_RUNS:
        return _too_early(PLAN_RUNS - traffic.size)
    score, verdict = np.asarray(scores, dtype=float), np.asarray(right, dtype=float)
    drawn = None if probabilities is None else np.asarray(probabilities, dtype=float)
    any_time = _any_time(score, verdict, traffic, drawn, smallest, target, half)
    if first_look is None or score.size < first_look:
        return any_time
    once = choose_threshold(
        score[:first_look],
        verdict[:first_look],
        population=traffic[:PLAN_RUNS],
        target=target,
        confidence=half,
        probabilities=None if drawn is None else drawn[:first_look],
        count=50,
    )
    if once.threshold is None or (any_time.threshold is not None and any_time.threshold <= once.threshold):
        return any_time
    return replace(once, method=METHOD_FIRST)


def _any_time(
    score: eprocess.Floats,
    verdict: eprocess.Floats,
    traffic: eprocess.Floats,
    drawn: eprocess.Floats | None,
    smallest: ArrayLike | None,
    target: float,
    confidence: float,
) -> Choice:
    weights = None if drawn is None else eprocess.probability_weights(drawn, smallest)
    fixed = eprocess.plan(traffic[:PLAN_RUNS])
    found = eprocess.stand(fixed, score, verdict, weights=weights, target=target, confidence=confidence)
    missing = ""
    if found.threshold is None and found.audits_missing is None:
        missing = f"{found.k} of {found.n} audits of the surest answers are right: not above {target:.0%}"
    elif found.threshold is None:
        missing = f"about {found.audits_missing} more audits to certify {target:.0%}"
    return Choice(
        threshold=found.threshold,
        k=found.k,
        n=found.n,
        bound=None,
        share=found.share,
        levels_tested=max(1, sum(found.certified)),
        method=METHOD,
        missing=missing,
        audits_missing=found.audits_missing,
    )


def _too_early(runs: int) -> Choice:
    return Choice(
        threshold=None,
        k=0,
        n=0,
        bound=None,
        share=0.0,
        levels_tested=0,
        method=METHOD,
        missing=f"{runs} more runs, to fix the levels",
    )
