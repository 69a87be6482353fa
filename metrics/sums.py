"""What a set of items adds up to. Every figure is a pure function of one `Sums`, read from roll-ups or from the log."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.rollups import HELD, MICRO, NAMED, WAIT
from metrics.cohort import Cohort, GroupBy, split
from metrics.contribution import of_document, of_ticket
from metrics.definitions.judge import Judge
from metrics.facts import TicketFacts
from metrics.intervals import Weights
from metrics.workload import Baseline, baseline

STAGES = ("settled", "eligible", "attempted", "automated", "contained", "durable")


@dataclass(kw_only=True, slots=True)
class Sums:
    """Items received in [since, until), judged at `now`, added up.

    tickets, documents   the counters (core.rollups.COUNTERS); one that is missing is 0
    by_intent            the waterfall's counters of tickets by intent, which handling minutes differ by
    held                 tickets by reason of the gate
    calls                calls of models by what became of them (answered:MODEL, failed:MODEL)
    waits                buckets of each sketch by name (first, first_automated, resolution, run)
    minutes              what people's handling takes; None where nobody recorded any
    agents               agents and processors with a draft
    """

    since: datetime
    until: datetime
    now: datetime
    tickets: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)
    by_intent: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    held: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    waits: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    minutes: Baseline | None = None
    agents: set[str] = field(default_factory=set)

    @property
    def pending(self) -> int:
        """Tickets too young to be judged."""
        return self.tickets["items"] - self.tickets["settled"]

    def both(self, name: str) -> int:
        """A counter over tickets and documents."""
        return self.tickets[name] + self.documents[name]

    def add(self, item: str, agent: str, intent: str, counts: Mapping[str, int]) -> None:
        """Add what one item comes to."""
        plain: dict[str, int] = {}
        for name, value in counts.items():
            if name.startswith(WAIT):
                _, what, index = name.split(":")
                self.waits[what][int(index)] += value
            elif not name.startswith(NAMED):
                plain[name] = value
        self.name({name: value for name, value in counts.items() if name.startswith(NAMED)})
        self.count(item, plain)
        self.pair(item, agent, intent, plain)

    def count(self, item: str, counts: Mapping[str, int]) -> None:
        """Add counters of items of one kind."""
        of_item = self.tickets if item == "ticket" else self.documents
        for name, value in counts.items():
            of_item[name] += value

    def name(self, counts: Mapping[str, int]) -> None:
        """Add counters of reasons and of models."""
        for name, value in counts.items():
            if name.startswith(HELD):
                self.held[name.removeprefix(HELD)] += value
            else:
                self.calls[name] += value

    def pair(self, item: str, agent: str, intent: str, counts: Mapping[str, int]) -> None:
        """Add what items of one kind, agent and intent come to by intent and by agent."""
        if item == "ticket" and counts.get("settled"):
            mine = self.by_intent[intent]
            for stage in STAGES:
                mine[stage] += counts.get(stage, 0)
        if counts.get("drafted") and agent:
            self.agents.add(agent)


def weights(counts: Mapping[str, int], prefix: str) -> Weights:
    """The audits under a prefix (audit, kept), their weights 1 / probability."""
    values = {name: counts.get(f"{prefix}_{name}", 0) for name in ("n", "k", "w", "ww", "wk", "wwk")}
    return Weights(
        values["n"],
        values["k"],
        values["w"] / MICRO,
        values["ww"] / MICRO,
        values["wk"] / MICRO,
        values["wwk"] / MICRO,
    )


def sums_of(cohort: Cohort, judge: Judge | None = None) -> Sums:
    """Add up a cohort, item by item: what roll-ups must come to."""
    handled = baseline(handled_of((*cohort.history, *cohort.tickets), cohort.since))
    return _add(cohort, handled, judge)


def split_sums(cohort: Cohort, by: GroupBy) -> dict[str, Sums]:
    """The sums of each part, largest first; handling minutes are those of the whole."""
    handled = baseline(handled_of((*cohort.history, *cohort.tickets), cohort.since))
    return {value: _add(part, handled, None) for value, part in split(cohort, by).items()}


def _add(cohort: Cohort, handled: Baseline | None, judge: Judge | None) -> Sums:
    sums = Sums(since=cohort.since, until=cohort.until, now=cohort.now, minutes=handled)
    sums.tickets.update(cohort.excluded)
    for ticket in cohort.tickets:
        counts, lasting = of_ticket(ticket, cohort.now, None if judge is None else judge(ticket))
        sums.add("ticket", ticket.agent, ticket.intent, counts if ticket.repeated else {**counts, **lasting})
    for document in cohort.documents:
        sums.add("document", document.agent, document.type, of_document(document, cohort.now))
    return sums


def handled_of(tickets: Iterable[TicketFacts], since: datetime) -> dict[tuple[str, bool], tuple[int, int]]:
    """How many tickets people alone handled, and their milliseconds, by intent and whether before the period."""
    found: dict[tuple[str, bool], tuple[int, int]] = {}
    for ticket in tickets:
        if ticket.counted and ticket.human_seconds is not None and not ticket.answered:
            key = ticket.intent, ticket.received_at < since or ticket.origin == "import"
            n, spent = found.get(key, (0, 0))
            found[key] = n + 1, spent + round(ticket.human_seconds * 1000)
    return found
