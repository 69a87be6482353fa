"""Questions that the vendors' definitions ask of a ticket's timeline."""

from datetime import datetime, timedelta
from itertools import pairwise

from metrics.facts import TicketFacts


def replied(ticket: TicketFacts) -> bool:
    """An agent wrote at all: an answer or a question."""
    return any(m.what in ("answer", "question") for m in ticket.timeline)


def answered(ticket: TicketFacts) -> bool:
    """An agent gave an answer, not only a question."""
    return any(m.what == "answer" for m in ticket.timeline)


def person_at(ticket: TicketFacts) -> datetime | None:
    """When a person first touched it."""
    return next((m.at for m in ticket.timeline if m.what == "person"), None)


def silent_after_answer(ticket: TicketFacts, silence: timedelta, now: datetime) -> datetime | None:
    """When the customer had first been silent for so long after an agent's answer, with no person before; else None."""
    moments = [m for m in ticket.timeline if m.what in ("answer", "question", "customer", "reopen", "person")]
    for moment, following in [*pairwise(moments), *((m, None) for m in moments[-1:])]:
        if moment.what == "person":
            return None
        if moment.what != "answer":
            continue
        end = moment.at + silence
        if end <= now and (following is None or following.at > end):
            return end
    return None


def last_word_is_answer(ticket: TicketFacts) -> bool:
    """Of the agent's answers and the customer's messages, the last is an answer."""
    talk = [m.what for m in ticket.timeline if m.what in ("answer", "customer", "reopen")]
    return bool(talk) and talk[-1] == "answer"
