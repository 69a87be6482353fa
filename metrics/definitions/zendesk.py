"""Zendesk since 18 May 2026: each AI conversation is contained, verified, assisted or unassisted."""

from datetime import timedelta

from metrics.cohort import Cohort
from metrics.definitions import timeline
from metrics.definitions.judge import NO_JUDGE, Judge, no_judge
from metrics.estimate import Estimate, share, unknown
from metrics.facts import TicketFacts
from metrics.figure import Definition

INACTIVE = timedelta(hours=72)
CONTAINED = Definition(
    name="zendesk_contained",
    title="Zendesk: contained or verified resolution",
    unit="share",
    numerator="conversations that the AI answered, no person took part in and the customer left for 72 hours",
    denominator="conversations in which the AI wrote",
    window="by arrival; 72 hours of inactivity; a return after that is a new matter",
    exclusions="spam and merged conversations",
    source="support.zendesk.com articles 8357756668186, 9570369117338, 10677925692698",
)
VERIFIED = CONTAINED.model_copy(
    update={
        "name": "zendesk_verified",
        "title": "Zendesk: verified resolution (billed)",
        "numerator": "contained conversations that an LLM finds complete and satisfactory (here: 4 or 5 of 5)",
    }
)
ASSISTED = CONTAINED.model_copy(
    update={
        "name": "zendesk_assisted",
        "title": "Zendesk: assisted escalation",
        "numerator": "conversations in which the AI wrote and a person took part",
        "window": "by arrival",
    }
)
UNASSISTED = CONTAINED.model_copy(
    update={
        "name": "zendesk_unassisted",
        "title": "Zendesk: unassisted",
        "numerator": "conversations in which a person took part and the AI did not write",
        "denominator": "all new conversations",
        "window": "by arrival",
    }
)


def is_contained(ticket: TicketFacts, cohort: Cohort) -> bool:
    """72 hours of silence after an answer before any person came."""
    return timeline.silent_after_answer(ticket, INACTIVE, cohort.now) is not None


def _with_ai(cohort: Cohort) -> list[TicketFacts]:
    return [t for t in cohort.tickets if timeline.replied(t)]


def contained(cohort: Cohort) -> Estimate:
    """Contained of those with the AI."""
    mine = _with_ai(cohort)
    return share(sum(is_contained(t, cohort) for t in mine), len(mine), missing="conversations with the AI")


def verified(cohort: Cohort, judge: Judge | None = None) -> Estimate:
    """Contained and approved by the judge, of those with the AI."""
    if judge is None:
        return unknown(NO_JUDGE)
    mine = _with_ai(cohort)
    good = sum(is_contained(t, cohort) and judge(t).score >= 4 for t in mine)
    return share(good, len(mine), missing="conversations with the AI")


def assisted(cohort: Cohort) -> Estimate:
    """With a person, of those with the AI."""
    mine = _with_ai(cohort)
    both = sum(timeline.person_at(t) is not None and not is_contained(t, cohort) for t in mine)
    return share(both, len(mine), missing="conversations with the AI")


def unassisted(cohort: Cohort) -> Estimate:
    """People alone, of all."""
    alone = sum(timeline.person_at(t) is not None and not timeline.replied(t) for t in cohort.tickets)
    return share(alone, len(cohort.tickets), missing="conversations")


FIGURES = (
    (CONTAINED, no_judge(contained)),
    (VERIFIED, verified),
    (ASSISTED, no_judge(assisted)),
    (UNASSISTED, no_judge(unassisted)),
)
