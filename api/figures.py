"""The report of a period, computed from the event log and kept for a few seconds: it reads every event there is."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, get_args
from uuid import UUID

from core.db import app_database
from core.errors import Rejected
from core.store import events
from metrics.cohort import GroupBy
from metrics.report import DEFINITIONS, Report, report

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


_kept: dict[Wanted, tuple[float, Report]] = {}
_lock = threading.Lock()
GROUPS: tuple[str, ...] = get_args(GroupBy)


def period(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Return a period with its defaults: the last 30 days. Raises Rejected when it is empty."""
    end = until or datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(minutes=1)
    start = since or end - timedelta(days=DAYS)
    if start >= end:
        raise Rejected("the period ends before it begins", code="invalid", hint="Let since be before until.")
    return start, end


def report_of(wanted: Wanted) -> Report:
    """Return a report, at most some seconds old; two callers at once wait for one computation."""
    with _lock:
        kept = _kept.get(wanted)
        if kept and time.monotonic() - kept[0] < KEEP_SECONDS:
            return kept[1]
        with app_database().transaction(wanted.tenant_id) as connection:
            happened = list(events.of_cohort(connection, wanted.since - PAST, wanted.until + REPEAT))
        made = report(
            happened,
            since=wanted.since,
            until=wanted.until,
            now=datetime.now(UTC),
            by=wanted.by,
            origin=wanted.origin,
        )
        for old in [key for key, (at, _) in _kept.items() if time.monotonic() - at > KEEP_SECONDS]:
            del _kept[old]
        _kept[wanted] = (time.monotonic(), made)
        return made


def no_figure(name: str) -> Rejected:
    """Return the refusal for a name that no figure has."""
    return Rejected(f"there is no figure {name!r}", code="figure_unknown", hint=f"One of: {', '.join(DEFINITIONS)}.")
