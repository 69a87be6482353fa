"""Certificates of single intents: what an agent that is good at some things only may do alone.

An agent stands in one of two ways, never both at once: as a whole, by one certificate for all that it does, or intent
by intent, each by a certificate of its own, while everything else goes to people. Both at once would not do: what two
certificates let out together can be less often right than either says of its own part.

The intents are declared from the first runs alone, before any verdict. While they are in use, the allowed error is
shared: three quarters for the whole, one in equal parts for the declared intents (Bonferroni). So at any moment all of
these statements hold together with the stated confidence, and choosing among them afterwards costs nothing. They come
into use as soon as one of the intents has so many drawn audits that an error-free record would certify it: counts only,
no verdict. Until then, and for an agent of one intent, nothing is shared.

An intent is left out while the detector of `alarm` over its own audits stands above its level, which is held to the
number of intents; the whole is then left too. Leaving out is always valid: what is sent stays certified.

Assumes: as `certify`; the intent of a run is known before its verdict, and never changes.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from core.contracts import WHOLE
from metrics.certificates import alarm
from metrics.certificates.certify import PLAN_RUNS, strict
from metrics.certificates.eprocess import audits_to_certify
from metrics.certificates.live import Audit, Finding, Rules, examine

FIRST_RUNS = 1_000  # an intent is declared where it is at least a tenth of these: as many as fix the levels
PART = 0.75  # of the allowed error for the whole; the rest for all intents together
MORE = 0.02  # of traffic: single intents must let so much more out, so that an agent does not go to and fro


class First(NamedTuple):
    """One of an agent's first runs."""

    intent: str
    score: float


class Stand(NamedTuple):
    """The whole or one intent (`rules.slice`), what its audits allow, and whether it counts; `why` it does not."""

    rules: Rules
    audits: Sequence[Audit]
    population: Sequence[float]
    finding: Finding
    in_force: bool
    why: str


def declare(first: Sequence[First]) -> tuple[str, ...]:
    """The intents of the first runs that may earn a certificate each; none before there are enough runs, or where one
    intent is nearly all."""
    if len(first) < FIRST_RUNS:
        return ()
    counts = Counter(run.intent for run in first[:FIRST_RUNS])
    if max(counts.values()) > FIRST_RUNS - PLAN_RUNS:
        return ()
    return tuple(sorted(intent for intent, count in counts.items() if count >= PLAN_RUNS and intent not in ("", WHOLE)))


def of_intent(audits: Sequence[Audit], intent: str) -> list[Audit]:
    """The audits of one intent, with the smallest probability that its own runs had; WHOLE gives all as they are."""
    if intent == WHOLE:
        return list(audits)
    return [audit._replace(smallest=audit.own_smallest) for audit in audits if audit.intent == intent]


def scores_of(first: Sequence[First], intent: str) -> list[float]:
    """The scores that fix an intent's levels."""
    return [run.score for run in first[:FIRST_RUNS] if run.intent == intent]


def stand(
    audits: Sequence[Audit], population: Sequence[float], first: Sequence[First], rules: Rules
) -> tuple[Stand, list[Stand]]:
    """How an agent stands as a whole, and in each declared intent (none while these are not in use).

    audits: in the order drawn; population: scores of the first runs, as for `examine`; first: the first runs of all
    intents, oldest first.
    """
    intents = declare(first)
    if not may_count(Counter(audit.intent for audit in audits if audit.coin > 0), intents, rules):
        found = examine(audits, population, rules)
        return Stand(rules, audits, population, found, found.threshold is not None, found.missing), []
    shared = replace(rules, part=PART)
    whole = examine(audits, population, shared)
    parts = [_one(audits, first, rules, intent, len(intents)) for intent in intents]
    why = whole.missing
    if whole.threshold is not None:
        at = whole.threshold
        turned = [part.rules.slice for part in parts if _against(part.audits, at, rules.target, len(intents))]
        alone = sum(
            _sent(scores_of(first, part.rules.slice), part.finding.threshold) for part in parts if part.in_force
        )
        if turned:
            why = f"audits of {', '.join(turned)} speak against {rules.target:.0%}"
        elif alone > _sent([run.score for run in first[:FIRST_RUNS]], at) + MORE * FIRST_RUNS:
            why = "certificates of single intents let more out"
    if not why:
        parts = [part._replace(in_force=False, why="the whole agent is certified") for part in parts]
    return Stand(shared, audits, population, whole, not why, why), parts


def together(log_e: Sequence[float | None], intents: int) -> float | None:
    """Log evidence that all the intents in force stand, of so many declared: the least of them, over their number."""
    known = [one for one in log_e if one is not None]
    return min(known) - math.log(intents) if len(known) == len(log_e) else None


def may_count(drawn: Mapping[str, int], intents: Sequence[str], rules: Rules) -> bool:
    """Whether a declared intent could be certified at all, by counts of audits drawn by a coin; an announced look has
    the first half life to itself."""
    if not intents or (rules.first_look is not None and len(rules.boundaries) == 1):
        return False
    confidence = 1 - (1 - rules.confidence) * (1 - PART) / len(intents) / 2
    most = max(drawn.get(intent, 0) for intent in intents)
    return most >= audits_to_certify(strict(rules.target), confidence)


def _one(audits: Sequence[Audit], first: Sequence[First], rules: Rules, intent: str, intents: int) -> Stand:
    own, population = of_intent(audits, intent), scores_of(first, intent)
    its = replace(rules, part=(1 - PART) / intents, slice=intent, first_look=None)
    found = examine(own, population, its)
    why = found.missing
    if found.threshold is not None and _against(own, found.threshold, rules.target, intents):
        why = f"its newest audits speak against {rules.target:.0%}"
    return Stand(its, own, population, found, not why, why)


def _against(audits: Sequence[Audit], threshold: float, target: float, intents: int) -> bool:
    seen = [audit for audit in audits if audit.score >= threshold]
    weights = [audit.smallest / audit.probability for audit in seen]
    return alarm.listen([audit.right for audit in seen], weights, target).value >= alarm.LEVEL * intents


def _sent(scores: Sequence[float], threshold: float | None) -> int:
    return 0 if threshold is None else sum(score >= threshold for score in scores)
