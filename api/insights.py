"""What the figures of a period mean: what changed and why, who is served worse, which knowledge would help most."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from api.figures import Wanted, added, counted
from core.contracts import Frozen
from core.rollups import HELD
from core.store import rollup_reads, rollups
from metrics import automation_share, resolution
from metrics.change import Change, Explained, change, difference, explain
from metrics.cohort import GroupBy
from metrics.estimate import Estimate
from metrics.fairness import Gap
from metrics.fairness import gaps as gaps_between
from metrics.figure import Definition
from metrics.gaps import KnowledgeGap
from metrics.gaps import gaps as knowledge_missing
from metrics.report import DEFINITIONS, FIGURES, Report
from metrics.same_mix import change_at_same_mix
from metrics.sums import Sums

QUALITIES: tuple[GroupBy, ...] = ("agent", "intent", "language", "channel")
SHOWN = 10
YEAR = timedelta(days=364)  # whole weeks: Mondays stand beside Mondays
_EXPLAINED = {
    "automation_share": (automation_share.estimate, "durable", "settled"),
    "resolution": (resolution.estimate, "durable", "attempted"),
}


class Changes(Frozen):
    """A period beside the one before it, of the same length: every figure, and the slices that explain most of a
    change of the automation share, largest first. Periods that are not settled yet are compared as far as they are.

    same_mix: the share whose change is explained, as it would be at one mix of intents in both periods
    """

    pending: int
    figures: tuple[Change, ...]
    same_mix: Change
    explained: tuple[Explained, ...]


def changes(connection: Connection, wanted: Wanted, figure: str = "automation_share") -> Changes:
    """Compare a period with the one before. figure: whose change is explained (automation_share, resolution)."""
    now = added(connection, wanted._replace(by=None)).whole
    earlier = days_before(wanted, now.since, now.until)
    before = added(connection, earlier._replace(by=None)).whole
    share_of, k, n = _EXPLAINED[figure]
    parts = [
        counted(connection, one, QUALITIES, ("items", "settled", "attempted", "durable")) for one in (wanted, earlier)
    ]

    def counts(sums: Sums) -> tuple[int, int]:
        return sums.tickets[k], sums.tickets[n]

    return Changes(
        pending=now.pending,
        figures=tuple(change(d.name, estimate(now), estimate(before)) for d, estimate in FIGURES if d.unit != "count"),
        same_mix=change_at_same_mix(
            figure, *({value: counts(sums) for value, sums in one["intent"].items()} for one in parts)
        ),
        explained=explain(counts, share_of, parts[0], parts[1])[:SHOWN],
    )


def days_before(wanted: Wanted, since: datetime, until: datetime, *, year: bool = False) -> Wanted:
    """The same number of days just before those of a report, or 364 days earlier; no day is in both.

    since, until: the midnights in the tenant's time zone between which the report stands; so far back by the calendar,
    whatever the clocks were set to.
    """
    back = YEAR if year else until - since
    return wanted._replace(since=since - back, until=until - back)


class Part(Frozen):
    """One figure of one slice, and of the period that it is compared with."""

    value: str
    tickets: int
    documents: int
    estimate: Estimate
    before: Estimate | None = None
    difference: Estimate | None = None


class One(Frozen):
    """One figure of a period: as a whole, by a quality, and beside an earlier period of the same length.

    before, difference: null unless a comparison was asked for; a slice that one of the periods lacks has no difference
    """

    definition: Definition
    estimate: Estimate
    since: datetime
    until: datetime
    before_since: datetime | None = None
    before: Estimate | None = None
    difference: Estimate | None = None
    by: GroupBy | None = None
    parts: tuple[Part, ...] = ()


def one_figure(now: Report, then: Report | None, name: str) -> One | None:
    """Pick one figure from the report of a period and that of an earlier one; None where no report has it."""
    line = next((line for line in now.lines if line.definition.name == name), None)
    if line is None:
        return None
    before = then.figure(name) if then else None
    earlier = {part.value: part.figures[name] for part in then.parts} if then else {}
    return One(
        definition=DEFINITIONS[name],
        estimate=line.estimate,
        since=now.since,
        until=now.until,
        before_since=then.since if then else None,
        before=before,
        difference=difference(line.estimate, before) if before else None,
        by=now.by,
        parts=tuple(
            Part(
                value=part.value,
                tickets=part.tickets,
                documents=part.documents,
                estimate=part.figures[name],
                before=earlier.get(part.value),
                difference=difference(part.figures[name], earlier[part.value]) if part.value in earlier else None,
            )
            for part in now.parts
        ),
    )


def fairness(connection: Connection, wanted: Wanted) -> tuple[Gap, ...]:
    """Each language (or whatever `wanted.by` names) against all others."""
    found = added(connection, wanted._replace(by=wanted.by or "language"))
    return gaps_between(found.whole, found.parts)


def knowledge_gaps(connection: Connection, wanted: Wanted) -> tuple[KnowledgeGap, ...]:
    """The ten intents whose automation would add most workload share, and what keeps them back."""
    whole = added(connection, wanted._replace(by=None)).whole
    standing = rollups.standing(connection)
    if standing is None:
        return ()
    days = rollup_reads.Wanted(whole.since.date(), whole.until.date(), wanted.origin)
    found: dict[str, dict[str, int]] = {}
    for (_, intent), named in rollup_reads.named(connection, standing.build, days, ("intent",)).items():
        found[intent] = {name.removeprefix(HELD): n for name, n in named.items() if name.startswith(HELD)}
    return knowledge_missing(whole, found)


def settled_week(wanted: Wanted, zone: ZoneInfo) -> Wanted:
    """The last seven whole days of which every ticket is 7 days old at `wanted.until`, by the tenant's time zone."""
    midnight = datetime.combine(wanted.until.astimezone(zone).date(), time(), zone)
    until = midnight - timedelta(days=7)
    return wanted._replace(since=until - timedelta(days=7), until=until)
