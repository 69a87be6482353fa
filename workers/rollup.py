"""Roll-ups kept in step with the event log, and made anew from it.

A pass takes the next events in commit order, folds the items that they belong to from all of their events, and adds to
each cell the difference to what the item added before. So late events, corrections and repeated passes all end at the
same sums: those that the whole log gives.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from core.db import Database, app_database
from core.rollups import VERSION
from core.store import rollups, tenants
from core.store.outbox import Job
from workers.jobs import finish
from workers.rollup_step import advance
from workers.rollup_whole import rebuild

SECONDS_A_JOB = 20.0


def roll_up(jobs: Sequence[Job]) -> None:
    """Bring the tenant's roll-ups to the end of the log, or as far as 20 seconds go; the next job goes on."""
    tenant_id = jobs[0].tenant_id
    catch_up(tenant_id, seconds=SECONDS_A_JOB)
    with app_database().transaction(tenant_id) as connection:
        finish(connection, jobs)


def catch_up(
    tenant_id: UUID,
    *,
    seconds: float = 3600.0,
    now: datetime | None = None,
    database: Database | None = None,
    wait: bool = False,
) -> int:
    """Bring the tenant's roll-ups to the end of the log; a change of their meaning or of the time zone makes them anew.

    `wait` waits for another one that is at it, whose work would otherwise be left to it. Returns how many events were
    taken in.
    """
    database = database or app_database()
    with database.transaction(tenant_id) as connection:
        standing = rollups.standing(connection)
        if standing is None:
            rollups.begin(connection, tenant_id, serving=True)
        zone = str(tenants.current(connection)["timezone"])
    if standing is not None and (standing.version, standing.zone) != (VERSION, zone):
        rebuild(tenant_id, now=now, database=database)
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        with database.transaction(tenant_id) as connection:
            found = advance(connection, tenant_id, now or datetime.now(UTC), wait=wait)
        if found is None:
            return done
        done += found
    return done
