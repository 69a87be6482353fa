"""Decagon: containment, sessions that ended inside the channel without escalation. Silence counts as success."""

from metrics.cohort import Cohort
from metrics.definitions import timeline
from metrics.definitions.judge import no_judge
from metrics.estimate import Estimate, share
from metrics.figure import Definition

CONTAINMENT = Definition(
    name="decagon_containment",
    title="Decagon: containment rate",
    unit="share",
    numerator="sessions that the AI answered and that no person took part in",
    denominator="sessions entering the channel: those in which the AI wrote",
    window="by arrival; what counts as entering is not published",
    exclusions="spam and merged sessions",
    source="third parties quoting the glossary on decagon.ai",
)


def containment(cohort: Cohort) -> Estimate:
    """Without a person, of those with the AI."""
    sessions = [t for t in cohort.tickets if timeline.replied(t)]
    alone = sum(timeline.answered(t) and timeline.person_at(t) is None for t in sessions)
    return share(alone, len(sessions), missing="sessions with the AI")


FIGURES = ((CONTAINMENT, no_judge(containment)),)
