"""A cohort: the items that arrived in a period, as they stand now. All figures are functions of one."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from core.rollups import OF_DOCUMENTS
from metrics.facts import DocumentFacts, Facts, TicketFacts

GroupBy = Literal["agent", "version", "model", "intent", "language", "channel", "customer_group", "type", "source"]
GROUPS: tuple[GroupBy, ...] = get_args(GroupBy)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cohort:
    """Tickets and documents received in [since, until), judged at `now` (all aware datetimes).

    tickets    the denominator: no spam, no ticket merged into another, no imported past
    excluded   how many of each were left out
    history    tickets from outside the cohort (imports, earlier ones): only for what people's handling takes
    """

    since: datetime
    until: datetime
    now: datetime
    tickets: tuple[TicketFacts, ...]
    documents: tuple[DocumentFacts, ...]
    excluded: dict[str, int]
    history: tuple[TicketFacts, ...] = ()

    @property
    def settled(self) -> tuple[TicketFacts, ...]:
        """Tickets old enough to be judged."""
        return tuple(t for t in self.tickets if t.settled_at <= self.now)

    @property
    def pending(self) -> int:
        """How many tickets are too young to be judged."""
        return sum(t.settled_at > self.now for t in self.tickets)


def cohort(facts: Facts, *, since: datetime, until: datetime, now: datetime, origin: str | None = None) -> Cohort:
    """Cut a cohort out of the facts: items that arrived in [since, until).

    `origin` narrows to one (live, demo, import); by default everything but imported past counts.
    """

    def ours(item: TicketFacts | DocumentFacts) -> bool:
        wanted = item.origin != "import" if origin is None else item.origin == origin
        return wanted and since <= item.received_at < until

    inside = [t for t in facts.tickets if ours(t)]
    return Cohort(
        since=since,
        until=until,
        now=now,
        tickets=tuple(t for t in inside if t.counted),
        documents=tuple(d for d in facts.documents if ours(d)),
        excluded={
            "spam": sum(t.spam for t in inside),
            "merged": sum(t.merged and not t.spam for t in inside),
        },
        history=tuple(t for t in facts.tickets if not ours(t)),
    )


def split(whole: Cohort, by: GroupBy) -> dict[str, Cohort]:
    """The cohort by one quality of its items; each part is a cohort, largest first. Unknown values are ''.

    Both kinds have an agent, its version and its model; tickets alone intent, language, channel and customer group,
    documents alone type and source.
    """
    tickets: dict[str, list[TicketFacts]] = defaultdict(list)
    documents: dict[str, list[DocumentFacts]] = defaultdict(list)
    for ticket in whole.tickets if by not in ("type", "source") else ():
        tickets[str(getattr(ticket, by))].append(ticket)
    for document in whole.documents if by in OF_DOCUMENTS else ():
        documents[str(getattr(document, by))].append(document)
    sizes = {value: len(tickets[value]) + len(documents[value]) for value in {*tickets, *documents}}
    return {
        value: replace(whole, tickets=tuple(tickets[value]), documents=tuple(documents[value]))
        for value in sorted(sizes, key=lambda v: (-sizes[v], v))
    }
