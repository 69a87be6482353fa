"""The sums of a period, computed from the log itself by the definitions, against the roll-ups."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from api.figures import Wanted, added
from core.db import app_database
from core.store import events
from metrics.cohort import cohort
from metrics.fold import fold
from metrics.sums import sums_of

LATER = timedelta(days=30)  # in which customers may have come back


def compare_with_log(tenant: UUID, since: datetime, until: datetime) -> list[str]:
    """Return a line for each counter that differs; none where the roll-ups are what the log gives."""
    with app_database().transaction(tenant, snapshot=True) as connection:
        found = added(connection, Wanted(tenant, since, until, None, None)).whole
        log = list(events.of_cohort(connection, found.since, found.until + LATER))
    truth = sums_of(cohort(fold(log), since=found.since, until=found.until, now=found.now))
    pairs: list[tuple[str, Mapping[str, int], Mapping[str, int]]] = [
        ("tickets", found.tickets, truth.tickets),
        ("documents", found.documents, truth.documents),
        ("held", found.held, truth.held),
    ]
    for what in sorted({*found.waits, *truth.waits}):
        mine, real = ({str(i): n for i, n in one.waits[what].items()} for one in (found, truth))
        pairs.append((f"{what} bucket", mine, real))
    return [line for name, mine, real in pairs for line in _differences(name, mine, real)]


def _differences(name: str, mine: Mapping[str, int], real: Mapping[str, int]) -> Iterator[str]:
    for key in sorted({*mine, *real}):
        if mine.get(key, 0) != real.get(key, 0):
            yield f"{name} {key}: {mine.get(key, 0)} in the roll-ups, {real.get(key, 0)} in the log"
