"""What the vendors' definitions look at in one ticket's timeline, read once for all of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from metrics.facts import Moment, TicketFacts

IDLE, SOFT, INACTIVE = timedelta(minutes=60), timedelta(hours=24), timedelta(hours=72)
SILENCES = (IDLE, SOFT, INACTIVE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One conversation as events show it.

    wrote           the agent wrote at all: an answer or a question; `replies` counts both
    answered        it gave an answer, not only a question; `last_word`: of answers and messages, an answer is last
    declined        an agent had it and declined
    person_at       when a person first touched it
    silent          for 1, 24 and 72 hours: when the customer had first been silent for so long after an answer, with no
                    person before; None where that never happened
    idle_resolved   silent for an hour, or closed with an answer before any person came; `idle_again`: the customer
                    wrote within 7 days of that
    self_closed_at  when the agent closed it
    """

    now: datetime
    settled_at: datetime
    wrote: bool = False
    replies: int = 0
    answered: bool = False
    last_word: bool = False
    declined: bool = False
    confirmed: bool = False
    person_at: datetime | None = None
    silent: tuple[datetime | None, datetime | None, datetime | None] = (None, None, None)
    idle_resolved: bool = False
    idle_again: bool = False
    self_closed_at: datetime | None = None
    self_closed_again: bool = False


def see(ticket: TicketFacts, now: datetime) -> Seen:
    """Read a ticket's timeline as it stands at `now`."""
    moments = ticket.timeline
    person = next((m.at for m in moments if m.what == "person"), None)
    declined = ticket.routed and ticket.declined
    closed = next((m for m in moments if m.what == "close" and m.by == "agent"), None)
    wrote = any(m.what in ("answer", "question") for m in moments)
    if not wrote and closed is None:
        return Seen(now=now, settled_at=ticket.settled_at, declined=declined, person_at=person)
    talk = [m for m in moments if m.what in ("answer", "question", "customer", "reopen", "person")]
    said = [m.what for m in moments if m.what in ("answer", "customer", "reopen")]
    silent = tuple(_silent(talk, silence, now) for silence in SILENCES)
    resolved, again = _idle(ticket, silent[0], person)
    return Seen(
        now=now,
        settled_at=ticket.settled_at,
        wrote=wrote,
        replies=sum(m.what in ("answer", "question") for m in moments),
        answered="answer" in said,
        last_word=bool(said) and said[-1] == "answer",
        declined=declined,
        confirmed=any(m.what == "confirm" or (m.what == "close" and m.by == "customer") for m in moments),
        person_at=person,
        silent=(silent[0], silent[1], silent[2]),
        idle_resolved=resolved,
        idle_again=again,
        self_closed_at=None if closed is None else closed.at,
        self_closed_again=closed is not None
        and any(m.what in ("customer", "reopen") and m.at > closed.at for m in moments),
    )


def _silent(talk: list[Moment], silence: timedelta, now: datetime) -> datetime | None:
    for moment, following in [*pairwise(talk), *((m, None) for m in talk[-1:])]:
        if moment.what == "person":
            return None
        if moment.what != "answer":
            continue
        end = moment.at + silence
        if end <= now and (following is None or following.at > end):
            return end
    return None


def _idle(ticket: TicketFacts, silent: datetime | None, person: datetime | None) -> tuple[bool, bool]:
    closed = next((m.at for m in ticket.timeline if m.what == "close"), None)
    answered = any(m.what == "answer" for m in ticket.timeline)
    resolved = silent is not None or (answered and closed is not None and (person is None or person > closed))
    since = silent or ticket.received_at
    late = since + timedelta(days=7)
    again = any(m.what in ("customer", "reopen") and since < m.at <= late for m in ticket.timeline)
    return resolved, resolved and again
