"""Salesforce Agentforce since 9 June 2026: escalated, else abandoned, else deflected, else ambiguous, by a judge."""

from typing import Literal

from metrics.cohort import Cohort
from metrics.definitions import timeline
from metrics.definitions.judge import NO_JUDGE, Estimator, Judge
from metrics.estimate import Estimate, share, unknown
from metrics.facts import TicketFacts
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


def outcome(ticket: TicketFacts, judge: Judge) -> Session:
    """The first class that fits, in the vendor's order."""
    if timeline.person_at(ticket) is not None:
        return "escalated"
    verdict = judge(ticket)
    if verdict.gave_up or verdict.score < 3:
        return "abandoned"
    return "deflected" if verdict.score >= 4 else "ambiguous"


def _rate(kind: Session) -> Estimator:
    def estimate(cohort: Cohort, judge: Judge | None = None) -> Estimate:
        sessions = [t for t in cohort.tickets if timeline.replied(t)]
        if judge is None and kind != "escalated":
            return unknown(NO_JUDGE, n=len(sessions))
        if judge is None:
            hits = sum(timeline.person_at(t) is not None for t in sessions)
        else:
            hits = sum(outcome(t, judge) == kind for t in sessions)
        return share(hits, len(sessions), missing="sessions with the AI")

    return estimate


FIGURES = tuple((_definition(kind), _rate(kind)) for kind in _NUMERATORS)
