"""Chatwoot Captain: auto-resolution, durable resolution, handoff, reopen, coverage, hours saved; by events."""

from datetime import timedelta

from metrics.cohort import Cohort
from metrics.definitions import timeline
from metrics.definitions.judge import no_judge
from metrics.estimate import Estimate, share
from metrics.facts import TicketFacts
from metrics.figure import Definition

DURABLE = timedelta(days=7)
IDLE = timedelta(minutes=60)
MINUTES_A_REPLY = 2
SOURCE = "Chatwoot pull requests 15425, 13336, 14967"
AUTO = Definition(
    name="chatwoot_auto_resolution",
    title="Chatwoot: auto-resolution rate",
    unit="share",
    numerator="conversations resolved with the AI's reply, no handoff and no person's reply before; an idle one counts "
    "as resolved after 60 minutes",
    denominator="involved conversations: the AI replied or handed off",
    window="by arrival",
    exclusions="spam and merged conversations",
    source=SOURCE,
)
DURABLY = AUTO.model_copy(
    update={
        "name": "chatwoot_durable_resolution",
        "title": "Chatwoot: durable resolution rate",
        "numerator": "auto-resolved conversations not reopened for 7 days",
        "denominator": "conversations auto-resolved at least 7 days ago",
    }
)
HANDOFF = AUTO.model_copy(
    update={
        "name": "chatwoot_handoff",
        "title": "Chatwoot: handoff rate",
        "numerator": "involved conversations that came to a person",
    }
)
REOPEN = AUTO.model_copy(
    update={
        "name": "chatwoot_reopen",
        "title": "Chatwoot: reopen rate",
        "numerator": "auto-resolved conversations in which the customer wrote again",
        "denominator": "auto-resolved conversations",
    }
)
COVERAGE = AUTO.model_copy(
    update={
        "name": "chatwoot_coverage",
        "title": "Chatwoot: coverage",
        "numerator": "involved conversations",
        "denominator": "all conversations",
    }
)
HOURS = AUTO.model_copy(
    update={
        "name": "chatwoot_hours_saved",
        "title": "Chatwoot: hours saved",
        "unit": "count",
        "numerator": "the AI's public replies x 2 minutes, in hours (assumed, not measured)",
        "denominator": "none: a sum",
    }
)


def involved(ticket: TicketFacts) -> bool:
    """The AI replied, or passed it on."""
    return timeline.replied(ticket) or (ticket.routed and ticket.declined)


def auto_resolved(ticket: TicketFacts, cohort: Cohort) -> bool:
    """Idle for an hour after the AI's answer, or closed with one, before any person came."""
    if timeline.silent_after_answer(ticket, IDLE, cohort.now) is not None:
        return True
    came = timeline.person_at(ticket)
    closed = next((m.at for m in ticket.timeline if m.what == "close"), None)
    return timeline.answered(ticket) and closed is not None and (came is None or came > closed)


def reopened(ticket: TicketFacts, cohort: Cohort) -> bool:
    """The customer wrote in the same conversation within 7 days of the resolution."""
    since = timeline.silent_after_answer(ticket, IDLE, cohort.now) or ticket.received_at
    return any(m.what in ("customer", "reopen") and since < m.at <= since + DURABLE for m in ticket.timeline)


def auto(cohort: Cohort) -> Estimate:
    """Auto-resolved of involved."""
    mine = [t for t in cohort.tickets if involved(t)]
    return share(sum(auto_resolved(t, cohort) for t in mine), len(mine), missing="conversations with the AI")


def durable(cohort: Cohort) -> Estimate:
    """Not reopened, of those old enough."""
    old = [t for t in cohort.tickets if auto_resolved(t, cohort) and t.settled_at <= cohort.now]
    kept = sum(not reopened(t, cohort) for t in old)
    return share(kept, len(old), missing="conversations auto-resolved 7 days ago")


def handoff(cohort: Cohort) -> Estimate:
    """To a person, of involved."""
    mine = [t for t in cohort.tickets if involved(t)]
    passed = sum(timeline.person_at(t) is not None and not auto_resolved(t, cohort) for t in mine)
    return share(passed, len(mine), missing="conversations with the AI")


def reopen(cohort: Cohort) -> Estimate:
    """Reopened of auto-resolved."""
    done = [t for t in cohort.tickets if auto_resolved(t, cohort)]
    return share(sum(reopened(t, cohort) for t in done), len(done), missing="auto-resolved conversations")


def coverage(cohort: Cohort) -> Estimate:
    """Involved of all."""
    return share(sum(involved(t) for t in cohort.tickets), len(cohort.tickets), missing="conversations")


def hours(cohort: Cohort) -> Estimate:
    """Two minutes a reply."""
    replies = sum(m.what in ("answer", "question") for t in cohort.tickets for m in t.timeline)
    return Estimate(value=replies * MINUTES_A_REPLY / 60, k=replies, n=len(cohort.tickets))


FIGURES = (
    (AUTO, no_judge(auto)),
    (DURABLY, no_judge(durable)),
    (HANDOFF, no_judge(handoff)),
    (REOPEN, no_judge(reopen)),
    (COVERAGE, no_judge(coverage)),
    (HOURS, no_judge(hours)),
)
