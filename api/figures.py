"""The report of a period, read from the roll-ups and kept for a few seconds.

Periods are whole days of the tenant's time zone: those that hold `since` and the instant before `until`. Figures stand
as of the last pass over the event log, some seconds ago.
"""

import math
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping

from core.db import app_database
from core.errors import Rejected
from core.rollups import COUNTERS, PAIRED, VERSION
from core.store import rollup_items, rollup_reads, rollups, tenants
from core.store.rollup_items import Asked
from core.store.rollup_reads import Slice
from core.store.rollup_reads import Wanted as Days
from metrics import accuracy, automation_share
from metrics.cohort import GroupBy
from metrics.estimate import Estimate
from metrics.report import DEFINITIONS, FIGURES, SHARES, Report, report_on
from metrics.sums import Sums
from metrics.workload import baseline

KEEP_SECONDS = 10.0
DAYS = 30
PAST = timedelta(days=180)  # earlier tickets tell how long people take


class Wanted(NamedTuple):
    """Which report: of items that arrived in [since, until), as a whole and by one of their qualities.

    shares: of the parts, only their automation share and accuracy, which a page shows, and a sixth of the time takes
    """

    tenant_id: UUID
    since: datetime
    until: datetime
    by: GroupBy | None
    origin: str | None
    shares: bool = False


class Point(NamedTuple):
    """Figures of the items that arrived in one part of the period."""

    start: datetime
    tickets: int
    share: Estimate
    accuracy: Estimate


class Made(NamedTuple):
    """A report and how its two main figures went over the period."""

    report: Report
    trend: Sequence[Point]


class Added(NamedTuple):
    """What a period adds up to, as a whole and by slice, largest first."""

    whole: Sums
    parts: dict[str, Sums]


@dataclass(slots=True)
class _Kept:
    """A report while it is made and some seconds after; callers at once wait here for one computation."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    at: float = -math.inf
    made: Made | None = None


_kept: dict[Wanted, _Kept] = {}
_lock = threading.Lock()  # of the dictionary, never held while a report is made: tenants do not wait for each other
POINTS = 30


def period(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Return a period with its defaults: the last 30 days. Raises Rejected when it is empty."""
    end = until or datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(minutes=1)
    start = since or end - timedelta(days=DAYS)
    if start >= end:
        raise Rejected("the period ends before it begins", code="invalid", hint="Let since be before until.")
    return start, end


def report_of(wanted: Wanted) -> Report:
    """Return a report, at most some seconds old."""
    return made_of(wanted).report


def made_of(wanted: Wanted) -> Made:
    """Return a report and its trend, at most some seconds old; two callers at once wait for one computation."""
    with _lock:
        for old in [key for key, one in _kept.items() if not one.lock.locked() and not _fresh(one)]:
            del _kept[old]
        kept = _kept.setdefault(wanted, _Kept())
    with kept.lock:
        if kept.made is None or not _fresh(kept):
            with app_database().transaction(wanted.tenant_id, snapshot=True) as connection:
                kept.made = make(connection, wanted)
            kept.at = time.monotonic()
        return kept.made


def _fresh(kept: _Kept) -> bool:
    return time.monotonic() - kept.at < KEEP_SECONDS


def make(connection: Connection, wanted: Wanted) -> Made:
    """Read a report and its trend."""
    found = added(connection, wanted)
    figures = SHARES if wanted.shares else FIGURES
    made = report_on(found.whole, by=wanted.by, parts=found.parts, of_parts=figures)
    return Made(made, list(_trend(connection, wanted)))


def added(connection: Connection, wanted: Wanted) -> Added:
    """Read what a period adds up to; nothing where no roll-ups have been made yet."""
    standing = _standing(connection)
    zone = ZoneInfo(standing.zone if standing else str(tenants.current(connection)["timezone"]))
    days = days_of(wanted, zone)
    empty = Sums(since=_midnight(days.since, zone), until=_midnight(days.until, zone), now=datetime.now(UTC))
    if standing is None:
        return Added(empty, {})
    empty.now = standing.as_of
    empty.minutes = baseline(rollup_reads.handled(connection, standing.build, days.since, days.until, PAST))
    bys = ("", wanted.by) if wanted.by else ("",)
    found = _read(connection, standing.build, days, empty, bys, bys[:1] if wanted.shares else bys)
    whole = found.pop(("", ""), empty)
    return Added(whole, _largest_first({value: part for (_, value), part in found.items()}))


def _largest_first(parts: dict[str, Sums]) -> dict[str, Sums]:
    sizes = {value: part.both("items") for value, part in parts.items()}
    return {value: parts[value] for value in sorted(sizes, key=lambda v: (-sizes[v], v)) if sizes[value]}


def _standing(connection: Connection) -> rollups.Standing | None:
    """The roll-ups in service; None where there are none, or of another meaning: then they are being made anew."""
    standing = rollups.standing(connection)
    return standing if standing and standing.version == VERSION else None


def days_of(wanted: Wanted, zone: ZoneInfo) -> Days:
    """The whole days of a time zone that hold a period."""
    last = (wanted.until - timedelta(microseconds=1)).astimezone(zone).date()
    return Days(wanted.since.astimezone(zone).date(), last + timedelta(days=1), wanted.origin)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock(), zone)


def _read(
    connection: Connection, build: int, days: Days, empty: Sums, bys: Sequence[str], fully: Sequence[str]
) -> dict[Slice, Sums]:
    """The sums of every slice by some qualities, ('', '') being all items; besides counters only those by `fully`."""
    found = _counted(connection, build, days, empty, bys)
    for row in rollup_reads.pairs(connection, build, days, fully):
        counts = {name: row[name] for name in PAIRED}
        found[row["by"], row["value"]].pair(row["item"], row["agent"], row["intent"], counts)
    for key, waits in rollup_reads.waits(connection, build, days, fully).items():
        found[key].waits.update(waits)
    for key, named in rollup_reads.named(connection, build, days, fully).items():
        found[key].name(named)
    return found


def _counted(
    connection: Connection, build: int, days: Days, empty: Sums, bys: Sequence[str], names: Sequence[str] = COUNTERS
) -> defaultdict[Slice, Sums]:
    found: defaultdict[Slice, Sums] = defaultdict(lambda: _another(empty))
    for row in rollup_reads.sums(connection, build, days, bys, names):
        counts = {name: value for name in names if (value := row[name])}
        found[row["by"], row["value"]].count(row["item"], counts)
    return found


def counted(
    connection: Connection, wanted: Wanted, bys: Sequence[GroupBy], names: Sequence[str] = COUNTERS
) -> dict[GroupBy, dict[str, Sums]]:
    """Read some counters of each value of these qualities, and no more: for shares of counts."""
    standing, found = _standing(connection), {by: dict[str, Sums]() for by in bys}
    if standing is None:
        return found
    empty = Sums(since=wanted.since, until=wanted.until, now=standing.as_of)
    days = days_of(wanted, ZoneInfo(standing.zone))
    for (by, value), sums in _counted(connection, standing.build, days, empty, bys, names).items():
        found[cast(GroupBy, by)][value] = sums
    return found


def _another(empty: Sums) -> Sums:
    return Sums(since=empty.since, until=empty.until, now=empty.now, minutes=empty.minutes)


def behind_figure(
    connection: Connection, wanted: Wanted, asked: Asked, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[RowMapping]:
    """Return the items that a figure of this report is made of, newest first; none before any roll-up."""
    standing = rollups.standing(connection)
    if standing is None:
        return []
    days = days_of(wanted, ZoneInfo(standing.zone))
    return rollup_items.items(connection, standing.build, days, asked, before=before, limit=limit)


_AUDITS = ("audit_sent", "audit_waiting", "audit_n", "audit_k", "audit_w", "audit_ww", "audit_wk", "audit_wwk")


def _trend(connection: Connection, wanted: Wanted) -> Iterator[Point]:
    """Cut the period by arrival into days, or longer parts where it has more than 30."""
    standing = _standing(connection)
    if standing is None:
        return
    zone = ZoneInfo(standing.zone)
    period = days_of(wanted, zone)
    days: defaultdict[date, Sums] = defaultdict(
        lambda: Sums(since=wanted.since, until=wanted.until, now=standing.as_of)
    )
    step = max(1, math.ceil((period.until - period.since).days / POINTS))
    names = ("items", "settled", "durable", "simulated", *_AUDITS)
    for row in rollup_reads.by_day(connection, standing.build, period, names):
        first = period.since + timedelta(days=(row["start"] - period.since).days // step * step)
        counts = Counter({name: row[name] for name in names})
        (days[first].tickets if row["item"] == "ticket" else days[first].documents).update(counts)
    for number in range(0, (period.until - period.since).days, step):
        day = period.since + timedelta(days=number)
        sums = days[day]
        yield Point(
            _midnight(day, zone), sums.tickets["items"], automation_share.estimate(sums), accuracy.estimate(sums)
        )


def no_figure(name: str) -> Rejected:
    """Return the refusal for a name that no figure has."""
    return Rejected(f"there is no figure {name!r}", code="figure_unknown", hint=f"One of: {', '.join(DEFINITIONS)}.")
