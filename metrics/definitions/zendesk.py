"""Zendesk since 18 May 2026: each AI conversation is contained, verified, assisted or unassisted."""

from metrics.definitions.judge import Verdict
from metrics.definitions.rule import Rule
from metrics.definitions.timeline import Seen
from metrics.figure import Definition

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


def contained(seen: Seen) -> bool:
    """72 hours of silence after an answer before any person came."""
    return seen.silent[2] is not None


def verified(seen: Seen, verdict: Verdict) -> bool:
    """Contained, and approved by the judge."""
    return contained(seen) and verdict.score >= 4


RULES = (
    Rule(definition=CONTAINED, among="wrote", hit=contained),
    Rule(definition=VERIFIED, among="wrote", judged=verified),
    Rule(definition=ASSISTED, among="wrote", hit=lambda seen: seen.person_at is not None and not contained(seen)),
    Rule(definition=UNASSISTED, among="all", hit=lambda seen: seen.person_at is not None and not seen.wrote),
)
