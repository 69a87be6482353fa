"""Ada: automated resolution is no person and relevant, accurate, safe as an LLM sees it; containment is no person."""

from metrics.definitions.rule import Rule
from metrics.figure import Definition

RESOLUTION = Definition(
    name="ada_resolution",
    title="Ada: automated resolution rate",
    unit="share",
    numerator="conversations without a person that an LLM finds relevant, accurate and safe (here: 4 or 5 of 5)",
    denominator="engaged conversations: those in which the AI wrote",
    window="by arrival",
    exclusions="spam and merged conversations",
    source="ada.cx guide; docs.ada.cx",
)
CONTAINMENT = RESOLUTION.model_copy(
    update={
        "name": "ada_containment",
        "title": "Ada: containment rate",
        "numerator": "engaged conversations that came to no person, whether the customer was helped or gave up",
    }
)

RULES = (
    Rule(
        definition=RESOLUTION,
        among="wrote",
        judged=lambda seen, verdict: seen.person_at is None and verdict.score >= 4,
    ),
    Rule(definition=CONTAINMENT, among="wrote", hit=lambda seen: seen.person_at is None),
)
