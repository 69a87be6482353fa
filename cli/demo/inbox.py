"""The demo company's inbox, generated: a past of answered tickets, a present to be worked, and customers who come back.

Everything is drawn from a seed, so the same call gives the same tickets. The truth about each ticket is kept apart
from the ticket and belongs to the simulated reviewer alone: no agent, classifier or gate ever gets it. The label that
a past ticket carries is what the company's staff noted when they closed it, as any import brings along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random

from cli.demo.answered import staff_reply
from cli.demo.compose import Channel, message
from cli.demo.people import Person, customers, with_orders
from cli.demo.phrasebook import LANGUAGES, Topic, topics

PAST_DAYS, PAST_ENDS, PRESENT_DAYS, PRESENT_ENDS = 120, 16, 7, 8  # days, counted back from now
UNCOVERED = 0.28
TWO_MATTERS = 0.012
LANGUAGE_SHARES = {"vi": 0.45, "en": 0.30, "de": 0.25}
_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 9, 10, 10, 9, 8, 8, 9, 9, 7, 4, 2)
_WEEKDAYS = (1.2, 1.1, 1.0, 1.0, 1.0, 0.8, 0.7)
_NEEDED = {"order_change": ("open",), "refund_request": ("delivered",)}


@dataclass(frozen=True, kw_only=True)
class DemoTicket:
    """A ticket as it came in, and for a past one what became of it (else empty). `label` is "agent/intent", or empty
    where staff found that no agent covers it; present tickets have none. `minutes` is the handling time of staff."""

    id: str
    subject: str
    text: str
    language: str
    channel: Channel
    customer_name: str
    customer_address: str
    verified: bool
    received_at: datetime
    closed_at: datetime | None = None
    reply: str = ""
    label: str = ""
    minutes: float = 0.0
    continues: str = ""  # id of the ticket whose thread this message belongs to


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What a ticket really is about. `label` is None where no agent covers it; `second` is another covered matter in
    the same message; `critical` says that a wrong automatic reply would do real harm."""

    ticket_id: str
    topic: str
    label: str | None
    language: str
    second: str | None = None
    critical: bool = False
    name: str = ""  # of the customer, and the order they mean: what staff look up before they write
    order: str = ""


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """Tickets, oldest first, and the truth by ticket id: hand the tickets to Saola, the truth only to the reviewer."""

    tickets: Sequence[DemoTicket]
    truth: Mapping[str, Truth]


def past(n: int = 2400, seed: int = 1, *, now: datetime) -> Inbox:
    """Return `n` tickets that staff answered, over the 120 days that ended 16 days before `now`."""
    end = now - timedelta(days=PAST_ENDS)
    return _inbox("past", n, seed, end - timedelta(days=PAST_DAYS), end, now)


def present(n: int = 320, seed: int = 1, *, now: datetime) -> Inbox:
    """Return `n` open tickets of the week from 15 to 8 days before `now`. No text stands in the past of this seed."""
    end = now - timedelta(days=PRESENT_ENDS)
    inbox = _inbox("present", n, seed, end - timedelta(days=PRESENT_DAYS), end, now)
    open_tickets = [replace(t, closed_at=None, reply="", label="", minutes=0.0) for t in inbox.tickets]
    return Inbox(tickets=open_tickets, truth=inbox.truth)


def follow_up(
    ticket: DemoTicket, truth: Truth, *, right: bool, answered_at: datetime, seed: int = 1
) -> tuple[DemoTicket, Truth] | None:
    """Return the message with which the customer comes back within 7 days of the answer, or None if they do not.

    To be called once the outcome is known: 4 % come back after a right answer, 65 % after a wrong one; half of them
    in the same thread (`continues` is set), the others with a new ticket. It is drawn from the seed and the ticket.
    """
    random = Random(f"follow-up {seed} {ticket.id}")
    chance, opening = (0.04, "still") if right else (0.65, "again")
    if random.random() >= chance:
        return None
    at = answered_at + timedelta(hours=min(4 + random.expovariate(1 / 30), 160))
    same_thread = random.random() < 0.5
    topic = next(topic for topic in topics() if topic.name == truth.topic)
    call = ticket.customer_name.split()[-1 if ticket.language == "vi" else 0]
    person = Person(ticket.customer_name, call, ticket.customer_address, ticket.language)
    written = message(topic, person, at, random, progress=1.0, opening=opening)
    back = replace(
        ticket,
        id=f"{ticket.id}-again",
        subject="" if same_thread else written.subject,
        text=written.text,
        received_at=at,
        closed_at=None,
        reply="",
        label="",
        minutes=0.0,
        continues=ticket.id if same_thread else "",
    )
    return back, replace(truth, ticket_id=back.id, second=None)


def _inbox(kind: str, n: int, seed: int, start: datetime, end: datetime, now: datetime) -> Inbox:
    random = Random(f"{kind} {seed}")
    whole = timedelta(days=PAST_ENDS + PAST_DAYS - PRESENT_ENDS)
    begin = now - timedelta(days=PAST_ENDS + PAST_DAYS)
    covered = [i >= round(n * UNCOVERED) for i in range(n)]
    random.shuffle(covered)
    tickets: list[DemoTicket] = []
    truths: dict[str, Truth] = {}
    seen: set[str] = set()
    for number, (at, is_covered) in enumerate(zip(_times(n, start, end, random), covered, strict=True), 1):
        progress = (at - begin) / whole
        for _ in range(50):
            ticket, truth = _ticket(f"{kind}-{number:05d}", at, is_covered, progress, seed, random)
            if ticket.text.casefold() not in seen and _own(kind, ticket.text, seed):
                break
        seen.add(ticket.text.casefold())
        tickets.append(ticket)
        truths[ticket.id] = truth
    return Inbox(tickets=tickets, truth=truths)


def _own(kind: str, text: str, seed: int) -> bool:
    """Short messages could fall in both the past and the present: a fixed half of all texts belongs to each."""
    return len(text) > 80 or (Random(f"{text.casefold()} {seed}").random() < 0.85) == (kind == "past")


def _ticket(
    ticket_id: str, at: datetime, covered: bool, progress: float, seed: int, random: Random
) -> tuple[DemoTicket, Truth]:
    language = random.choices(LANGUAGES, [LANGUAGE_SHARES[code] for code in LANGUAGES])[0]
    topic = _topic(covered, progress, random)
    second = None
    if topic.label and random.random() < TWO_MATTERS:
        other = _topic(True, progress, random)
        second = other if other.name.split("/")[0] != topic.name.split("/")[0] else None
    person, order = _person(topic, language, seed, random)
    written = message(topic, person, at, random, progress=progress, second=second, order=order)
    minutes = topic.minutes * random.lognormvariate(0, 0.35)
    closed = at + timedelta(hours=min(random.lognormvariate(1.5, 0.9), 90), minutes=minutes)
    unproven = {"chat": 0.12, "email": 0.02, "web": 0.0, "app": 0.0}[written.channel]
    ticket = DemoTicket(
        id=ticket_id,
        subject=written.subject,
        text=written.text,
        language=language,
        channel=written.channel,
        customer_name=person.name,
        customer_address=person.address,
        verified=random.random() >= unproven,
        received_at=at,
        closed_at=closed,
        reply=staff_reply(topic, second, person, written.slots, random),
        label=topic.label or "",
        minutes=round(minutes, 1),
    )
    truth = Truth(
        ticket_id=ticket_id,
        topic=topic.name,
        label=topic.label,
        language=language,
        second=second.label if second else None,
        critical=topic.critical,
        name=person.name,
        order=str(written.slots["order"]),
    )
    return ticket, truth


def _topic(covered: bool, progress: float, random: Random) -> Topic:
    """Draw a matter: few are common and many are rare (Zipf and Mandelbrot's law of ranks), and some grow with time."""
    pool = _by_rank(covered)
    weights = [(1 + topic.trend * progress) / (rank + 2) for rank, topic in enumerate(pool, 1)]
    return random.choices(pool, weights)[0]


@cache
def _by_rank(covered: bool) -> tuple[Topic, ...]:
    pool = [topic for topic in topics() if (topic.label is not None) == covered]
    return tuple(sorted(pool, key=lambda topic: (-topic.weight, topic.name)))


def _person(topic: Topic, language: str, seed: int, random: Random) -> tuple[Person, str]:
    """Draw who writes, and the order it is about where the order agents have to find it in their records."""
    statuses = _NEEDED.get(topic.name.split("/")[0], ())
    fitting = [
        (person, order)
        for person, orders in with_orders()
        if person.language == language
        for status in statuses
        for order in orders.get(status, ())
    ]
    if fitting:
        return random.choice(fitting)
    people = customers(language, 400, seed)
    return people[min(int(random.expovariate(1 / 130)), len(people) - 1)], ""


def _times(n: int, start: datetime, end: datetime, random: Random) -> list[datetime]:
    """Draw `n` moments from `start` to `end`, sorted: more by day than by night, more on Mondays than on Sundays."""
    moments: list[datetime] = []
    while len(moments) < n:
        at = start + (end - start) * random.random()
        busy = _HOURS[at.hour] / max(_HOURS) * _WEEKDAYS[at.weekday()] / max(_WEEKDAYS)
        if random.random() < busy:
            moments.append(at.replace(microsecond=0) + timedelta(seconds=1))
    return sorted(min(at, end) for at in moments)
