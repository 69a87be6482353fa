"""The report of a period, computed from the event log and kept for a few seconds: it reads every event there is."""

import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, get_args
from uuid import UUID

from core.db import app_database
from core.errors import Rejected
from core.store import events
from metrics import accuracy, automation_share
from metrics.cohort import Cohort, GroupBy, cohort
from metrics.estimate import Estimate
from metrics.fold import fold
from metrics.report import DEFINITIONS, Report, report_on
from metrics.sums import split_sums, sums_of

KEEP_SECONDS = 10.0
DAYS = 30
REPEAT = timedelta(days=7)  # later contacts tell whether an answer lasted
PAST = timedelta(days=90)  # earlier tickets tell how long people take


class Wanted(NamedTuple):
    """Which report: of items that arrived in [since, until)."""

    tenant_id: UUID
    since: datetime
    until: datetime
    by: GroupBy | None
    origin: str | None


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


_kept: dict[Wanted, tuple[float, Made]] = {}
_lock = threading.Lock()
GROUPS: tuple[str, ...] = get_args(GroupBy)
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
        kept = _kept.get(wanted)
        if kept and time.monotonic() - kept[0] < KEEP_SECONDS:
            return kept[1]
        made = _make(wanted)
        for old in [key for key, (at, _) in _kept.items() if time.monotonic() - at > KEEP_SECONDS]:
            del _kept[old]
        _kept[wanted] = (time.monotonic(), made)
        return made


def _make(wanted: Wanted) -> Made:
    with app_database().transaction(wanted.tenant_id) as connection:
        facts = fold(events.of_cohort(connection, wanted.since - PAST, wanted.until + REPEAT))
    now = datetime.now(UTC)
    whole = cohort(facts, since=wanted.since, until=wanted.until, now=now, origin=wanted.origin)
    parts = split_sums(whole, wanted.by) if wanted.by else {}
    return Made(report_on(sums_of(whole), by=wanted.by, parts=parts), list(_trend(whole)))


def _trend(whole: Cohort) -> Iterator[Point]:
    """Cut the cohort by arrival into days, or longer parts where the period has more than 30 days."""
    step = timedelta(days=max(1, math.ceil((whole.until - whole.since).days / POINTS)))
    start = whole.since
    while start < whole.until:
        end = min(start + step, whole.until)
        part = replace(
            whole,
            since=start,
            until=end,
            tickets=tuple(t for t in whole.tickets if start <= t.received_at < end),
            documents=tuple(d for d in whole.documents if start <= d.received_at < end),
        )
        sums = sums_of(part)
        yield Point(start, len(part.tickets), automation_share.estimate(sums), accuracy.estimate(sums))
        start = end


def no_figure(name: str) -> Rejected:
    """Return the refusal for a name that no figure has."""
    return Rejected(f"there is no figure {name!r}", code="figure_unknown", hint=f"One of: {', '.join(DEFINITIONS)}.")
