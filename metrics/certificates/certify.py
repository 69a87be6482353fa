"""One call for a live certificate: valid at every look, sharp at one look that was announced, and it expires.

Two certificates overlap, each at half of the allowed error (delta / 2): one begins with each half life and lasts a
whole one, so an old one lapses while its successor has had half a life to earn its own evidence (`eprocess`). In the
first half life there is only one of them, and room for a single exact test (`fixed_sequence`) on the first `first_look`
audits in the order in which they were drawn: where it is announced it gets three quarters of delta (nine tenths where
it takes 1,000 audits or more) and the certificate beside it the rest, and it ends with the first half life. So at any
moment the chance that a live one is false is at most delta while traffic stays alike.

The number of the first look must be fixed before those audits are judged: the size of the first batch, say. Looking
again and again with the exact test instead, until it passes, would certify agents below the target far more often than
stated. Certificates carry a reserve against drift and withdraw levels whose evidence fades, as `policy` does.

Everything is recomputed from the rows, so the same rows give the same certificate.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from metrics.certificates import eprocess
from metrics.certificates.fixed_sequence import Choice, choose_threshold

PLAN_RUNS = 100
RESERVE = 0.07  # of the allowed error rate: certify 95.35 % for a promise of 95 %
SLACK = 0.3
BESIDE_LOOK = 0.25  # part of delta for the certificate that is valid at any time, beside an announced look,
BESIDE_LARGE_LOOK = 0.1  # and beside a large one, which the other overtakes only after three times as many audits
LARGE_LOOK = 1_000
METHOD = "any-time betting, fixed sequence"
METHOD_FIRST = "one announced look, exact binomial, fixed sequence"


def plan_runs(first_look: int | None) -> int:
    """How many of the first runs' scores fix the levels."""
    return max(PLAN_RUNS, first_look or 0)


def beside_look(first_look: int) -> float:
    """The part of delta for the certificate beside a look of that size, which is fixed before any verdict."""
    return BESIDE_LARGE_LOOK if first_look >= LARGE_LOOK else BESIDE_LOOK


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
    halves: ArrayLike | None = None,
    half: int = 0,
    start_share: float = 0.24,
    scored: bool = True,
) -> Choice:
    """The lowest threshold that any live certificate allows; the method of that one is named.

    scores, right, probabilities: (n,) of the audits in the order in which they were drawn (an overdue one counts as
    wrong); smallest: (n,) or one number, the smallest probability that the audit policy of the time could give (needed
    where probabilities differ); population: (N,) scores of all runs, oldest first: the first 100 fix the levels, and
    the first `first_look` those of the first look (no verdict is known to either).
    halves: (n,) in which half life each audit was drawn, from 0; half: the one that it is now. start_share: the part of
    traffic at which the chain of levels starts, or less where scores predict so. scored: scores say how likely a run
    is right; not so for critical errors.
    """
    delta = 1 - confidence
    traffic = np.asarray(population, dtype=float)
    if traffic.size < PLAN_RUNS:
        return _too_early(PLAN_RUNS - traffic.size)
    score, verdict = np.asarray(scores, dtype=float), np.asarray(right, dtype=float)
    drawn = None if probabilities is None else np.asarray(probabilities, dtype=float)
    begun = np.zeros(score.shape, dtype=int) if halves is None else np.asarray(halves, dtype=int)
    weights = np.ones_like(score) if drawn is None else eprocess.probability_weights(drawn, smallest)
    found = [
        _any_time(
            score[begun >= first],
            verdict[begun >= first],
            weights[begun >= first],
            eprocess.plan(traffic[:PLAN_RUNS], start_share=start_share, target=strict(target) if scored else None),
            target,
            1 - delta * (beside_look(first_look) if first == 0 and first_look is not None else 0.5),
        )
        for first in {max(half - 1, 0), half}
    ]
    if half == 0 and first_look is not None and score.size >= first_look:
        look = 1 - delta * (1 - beside_look(first_look))
        found.append(_first_look(score, verdict, drawn, traffic, first_look, target, look, scored))
    return _best(found)


def _best(found: Sequence[Choice]) -> Choice:
    """The choice of the certificate that allows most. Which one that is depends on the audits, and so the e-value is
    divided by their number."""
    best = min(found, key=lambda one: (one.threshold is None, one.threshold or 0.0, one.method == METHOD_FIRST, -one.n))
    return best if best.log_e is None else replace(best, log_e=best.log_e - math.log(len(found)))


class Running:
    """`certify` without a look, kept up as audits come: the same choices, and no audit is read twice.

    For streams, replays and looks that follow each other. `population` (N,): scores of the first runs, at least 100 of
    them; confidence: as for `certify`.
    """

    def __init__(
        self,
        population: ArrayLike,
        *,
        target: float = 0.95,
        confidence: float = 0.95,
        start_share: float = 0.24,
        reserve: float = RESERVE,
        slack: float | None = SLACK,
    ) -> None:
        self._asked, self._target, self._slack = target, strict(target, reserve), slack
        scores = np.asarray(population, dtype=float)[:PLAN_RUNS]
        self._plan = eprocess.plan(scores, start_share=start_share, target=self._target)
        self._cuts = np.array(self._plan.thresholds[self._plan.start :])
        self._needed = -math.log((1 - confidence) / 2 / len(self._plan.starts))
        self._lives = [self._life()]

    def _life(self) -> tuple[eprocess.Bank, eprocess.Tally]:
        none = np.zeros(0)
        empty = eprocess.tally(self._cuts, none, none, np.zeros((0, len(eprocess.RATES))))
        return eprocess.begin(self._cuts.shape), empty

    def next_half(self) -> None:
        """A half life is over: a certificate begins, and the one before the latest ends."""
        self._lives = [self._lives[-1], self._life()]

    def add(self, scores: ArrayLike, right: ArrayLike, weights: ArrayLike) -> None:
        """Audits (n,) as for `certify`, in the order drawn; weights as `eprocess.probability_weights` gives."""
        score, verdict = np.asarray(scores, dtype=float), np.asarray(right, dtype=float)
        if not score.size:
            return
        won = eprocess.factors(verdict, np.asarray(weights, dtype=float), self._target)
        more = eprocess.tally(self._cuts, score, verdict, np.log(won))
        for start in range(0, score.size, eprocess.WIDE_BLOCK):
            part = slice(start, start + eprocess.WIDE_BLOCK)
            steps = 1 + (score[part, None] >= self._cuts)[..., None] * (won[part] - 1)[:, None, :]
            self._lives = [
                (eprocess.follow(bank, steps, self._needed, self._slack), counted) for bank, counted in self._lives
            ]
        self._lives = [
            (bank, eprocess.Tally(*(old + new for old, new in zip(counted, more, strict=True))))
            for bank, counted in self._lives
        ]

    def threshold(self) -> float | None:
        """The lowest that any live certificate allows now; None where none allows any."""
        reach = 0
        for (bank, _), start in product(self._lives, self._plan.starts):
            run = int(np.cumprod(bank.held[start - self._plan.start :]).sum())
            reach = max(reach, start - self._plan.start + run if run else 0)
        return float(self._cuts[reach - 1]) if reach else None

    def choice(self) -> Choice:
        """What `certify` would say now."""
        return _best([self._said(*life) for life in reversed(self._lives)])

    def _said(self, bank: eprocess.Bank, counted: eprocess.Tally) -> Choice:
        before = self._plan.start  # safer levels, which are not tested
        held = np.concatenate([np.zeros(before, dtype=bool), bank.held])
        padded = eprocess.Tally(*(np.pad(one, [(before, 0)] + [(0, 0)] * (one.ndim - 1)) for one in counted))
        found = eprocess.standing(self._plan, held, padded, target=self._target, needed=self._needed)
        return _choice(found, self._asked)


def strict(target: float, reserve: float = RESERVE) -> float:
    """The target with the reserve against drift."""
    return target + reserve * (1 - target)


def _any_time(
    score: eprocess.Floats,
    verdict: eprocess.Floats,
    weights: eprocess.Floats,
    fixed: eprocess.Plan,
    target: float,
    confidence: float,
) -> Choice:
    found = eprocess.stand(
        fixed, score, verdict, weights=weights, target=strict(target), confidence=confidence, slack=SLACK
    )
    return _choice(found, target)


def _choice(found: eprocess.Standing, target: float) -> Choice:
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
        method=METHOD,
        missing=missing,
        audits_missing=found.audits_missing,
        log_e=found.log_e,
    )


def _first_look(
    score: eprocess.Floats,
    verdict: eprocess.Floats,
    drawn: eprocess.Floats | None,
    traffic: eprocess.Floats,
    size: int,
    target: float,
    confidence: float,
    scored: bool,
) -> Choice:
    """The announced look; withdrawn where the audits up to now no longer show the target on their face."""
    once = choose_threshold(
        score[:size],
        verdict[:size],
        population=traffic[: plan_runs(size)],
        target=target,
        confidence=confidence,
        probabilities=None if drawn is None else drawn[:size],
        scored=scored,
    )
    if once.threshold is not None:
        since = verdict[score >= once.threshold]
        if since.mean() < target:
            faded = f"{int(since.sum())} of {since.size} audits above it are right by now: below {target:.0%}"
            return replace(once, threshold=None, share=0.0, method=METHOD_FIRST, missing=faded)
    return replace(once, method=METHOD_FIRST)


def _too_early(runs: int) -> Choice:
    return Choice(
        threshold=None,
        k=0,
        n=0,
        bound=None,
        share=0.0,
        method=METHOD,
        missing=f"{runs} more runs, to fix the levels",
    )
