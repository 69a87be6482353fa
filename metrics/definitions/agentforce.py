"""Salesforce Agentforce since 9 June 2026: escalated, else abandoned, else deflected, else ambiguous, by a judge."""

from typing import Literal

from metrics.definitions.judge import Verdict
from metrics.definitions.rule import JudgedTest, Rule
from metrics.definitions.timeline import Seen
from metrics.figure import Definition

Session = Literal["escalated", "abandoned", "deflected", "ambiguous"]
_NUMERATORS: dict[Session, str] = {
    "escalated": "sessions that came to a person",
    "abandoned": "sessions not escalated that the judge calls abandoned, or gives less than 3 of 5",
    "deflected": "sessions neither escalated nor abandoned that the judge gives 4 or 5 of 5",
    "ambiguous": "all other sessions: 3 of 5, or the judge is unsure",
}


def _definition(kind: Session) -> Definition:
    return Definition(
        name=f"agentforce_{kind}",
        title=f"Agentforce: {kind}",
        unit="share",
        numerator=_NUMERATORS[kind],
        denominator="sessions in which the AI wrote",
        window="by arrival; judged at the session's close, so a later return does not count",
        exclusions="spam and merged sessions",
        source="Salesforce help 005305353",
    )


def outcome(seen: Seen, verdict: Verdict) -> Session:
    """The first class that fits, in the vendor's order."""
    if seen.person_at is not None:
        return "escalated"
    if verdict.gave_up or verdict.score < 3:
        return "abandoned"
    return "deflected" if verdict.score >= 4 else "ambiguous"


def _is(kind: Session) -> JudgedTest:
    return lambda seen, verdict: outcome(seen, verdict) == kind


RULES = (
    Rule(definition=_definition("escalated"), among="wrote", hit=lambda seen: seen.person_at is not None),
    *(
        Rule(definition=_definition(kind), among="wrote", judged=_is(kind))
        for kind in _NUMERATORS
        if kind != "escalated"
    ),
)
