"""LibreDesk: the AI's own word. Resolution is that it called `resolve`; nobody else is asked."""

from metrics.cohort import Cohort
from metrics.definitions import timeline
from metrics.definitions.judge import no_judge
from metrics.estimate import Estimate, share
from metrics.facts import TicketFacts
from metrics.figure import Definition

RESOLUTION = Definition(
    name="libredesk_resolution",
    title="LibreDesk: resolution rate",
    unit="share",
    numerator="conversations that the AI itself closed",
    denominator="conversations in which the AI wrote",
    window="by arrival",
    exclusions="spam and merged conversations",
    source="read in the project's code",
)
HANDOFF = RESOLUTION.model_copy(
    update={
        "name": "libredesk_handoff",
        "title": "LibreDesk: handoff rate",
        "numerator": "conversations in which the AI wrote and that came to a person",
    }
)
REOPEN = RESOLUTION.model_copy(
    update={
        "name": "libredesk_reopen",
        "title": "LibreDesk: reopen rate",
        "numerator": "conversations that the AI closed and in which the customer wrote again",
        "denominator": "conversations that the AI closed",
    }
)


def closed_itself(ticket: TicketFacts) -> bool:
    """The agent closed it."""
    return any(m.what == "close" and m.by == "agent" for m in ticket.timeline)


def _reopened(ticket: TicketFacts) -> bool:
    closed = next(m.at for m in ticket.timeline if m.what == "close" and m.by == "agent")
    return any(m.what in ("customer", "reopen") and m.at > closed for m in ticket.timeline)


def resolution(cohort: Cohort) -> Estimate:
    """Closed by itself, of those with the AI."""
    mine = [t for t in cohort.tickets if timeline.replied(t)]
    return share(sum(closed_itself(t) for t in mine), len(mine), missing="conversations with the AI")


def handoff(cohort: Cohort) -> Estimate:
    """To a person, of those with the AI."""
    mine = [t for t in cohort.tickets if timeline.replied(t)]
    passed = sum(timeline.person_at(t) is not None for t in mine)
    return share(passed, len(mine), missing="conversations with the AI")


def reopen(cohort: Cohort) -> Estimate:
    """Reopened, of those it closed."""
    done = [t for t in cohort.tickets if closed_itself(t)]
    return share(sum(_reopened(t) for t in done), len(done), missing="conversations that the AI closed")


FIGURES = ((RESOLUTION, no_judge(resolution)), (HANDOFF, no_judge(handoff)), (REOPEN, no_judge(reopen)))
