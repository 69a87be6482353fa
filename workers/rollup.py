"""Roll-ups kept in step with the event log, and made anew from it.

A pass takes the next events in commit order, folds the items that they belong to from all of their events, and adds to
each cell the difference to what the item added before. So late events, corrections and repeated passes all end at the
same sums: those that the whole log gives.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from core.db import Database, app_database
from core.rollups import VERSION, Cell, Rolled
from core.store import rollups, tenants
from core.store.outbox import Job
from core.store.rollups import Standing
from metrics.contribution import rolled
from metrics.fold import fold
from workers.jobs import finish

EVENTS_A_PASS = 5_000
ITEMS_A_PASS = 2_000
ITEMS_A_REBUILD = 10_000  # fewer, larger passes: each adds to every cell of its days once
SECONDS_A_JOB = 20.0
_FIRST = UUID(int=0)
Changes = defaultdict[Cell, Counter[str]]


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


def advance(
    connection: Connection, tenant_id: UUID, now: datetime, *, serving: bool = True, wait: bool = False
) -> int | None:
    """Take in the next events and what has become due. Returns how many, or None where nothing was left to do."""
    standing = rollups.standing(connection, serving=serving, lock=True, wait=wait)
    if standing is None:
        return None
    now = max(now, standing.as_of)
    items, cursor, taken = rollups.changed(connection, standing.cursor, EVENTS_A_PASS)
    late = rollups.due(connection, standing.build, now, ITEMS_A_PASS)
    _roll(connection, tenant_id, standing, items | late, now)
    rollups.move(connection, standing.build, cursor, now)
    return taken + len(late) if taken or late else None


def _roll(connection: Connection, tenant_id: UUID, standing: Standing, items: Iterable[UUID], now: datetime) -> None:
    wanted, build = set(items), standing.build
    if not wanted:
        return
    fresh = _fold(connection, wanted, standing.zone, now)
    before = rollups.stored(connection, build, [one.id for one in fresh])
    rollups.save(connection, tenant_id, build, fresh)
    moved = [one for one in fresh if one.id not in before or _key(before[one.id]) != _key(one)]
    moved += [before[one.id] for one in moved if one.id in before]
    others = {i: one for i, one in rollups.answered_before(connection, build, moved).items() if i not in wanted}
    back = rollups.came_back(connection, build, [one.id for one in fresh if one.answered_at] + list(others))
    after = [one._replace(repeated=one.id in back) for one in (*fresh, *others.values())]
    changes: Changes = defaultdict(Counter)
    for one in after:
        old = before.get(one.id) or others.get(one.id)
        if old is not None:
            changes[old.cell].subtract(old.total)
        changes[one.cell].update(one.total)
    marked = [one for one in after if one.repeated or (one.id in others and others[one.id].repeated)]
    rollups.save(connection, tenant_id, build, marked)
    rollups.add(connection, tenant_id, build, changes)


def _fold(connection: Connection, items: Iterable[UUID], zone: str, now: datetime) -> list[Rolled]:
    return rolled(fold(rollups.events_of(connection, items), repeats=False), now, ZoneInfo(zone))


def _key(one: Rolled) -> tuple[object, ...]:
    """What others' repeat contacts depend on."""
    return one.customer, one.cell.intent, one.received_at, one.spam


def rebuild(tenant_id: UUID, *, now: datetime | None = None, database: Database | None = None) -> int | None:
    """Make the roll-ups anew from the whole log, beside those in service, then put them in their place.

    Returns how many items, or None where another one is at it: the schedule asks every few seconds, and the second of
    two to end would take what the first put into service away again.
    """
    database = database or app_database()
    # This transaction holds the lock and writes nothing, so it has no number that readers of the log would wait for.
    with database.transaction(tenant_id) as holding:
        return _rebuild(tenant_id, now, database) if rollups.rebuild_alone(holding, tenant_id) else None


def _rebuild(tenant_id: UUID, now: datetime | None, database: Database) -> int:
    """Short transactions: a long one would hold up everybody who reads the log in commit order."""
    with database.transaction(tenant_id) as connection:
        rollups.begin(connection, tenant_id, serving=False)
        standing = rollups.standing(connection, serving=False)
        assert standing is not None
        cursor = rollups.end_of_log(connection)
    at, done = now or datetime.now(UTC), 0
    for column in ("ticket_id", "document_id"):
        after = _FIRST
        while True:
            with database.transaction(tenant_id) as connection:
                items = rollups.first_items(connection, column, after, ITEMS_A_REBUILD)
                if not items:
                    break
                after = items[-1]
                fresh = _fold(connection, items, standing.zone, at)
                rollups.save(connection, tenant_id, standing.build, fresh)
                changes: Changes = defaultdict(Counter)
                for one in fresh:
                    changes[one.cell].update(one.total)
                rollups.add(connection, tenant_id, standing.build, changes)
                done += len(fresh)
    _mark_repeats(tenant_id, standing.build, database)
    with database.transaction(tenant_id) as connection:
        rollups.move(connection, standing.build, cursor, at)
    while True:  # what was written meanwhile
        with database.transaction(tenant_id) as connection:
            if advance(connection, tenant_id, at, serving=False) is None:
                rollups.serve(connection, standing.build)
                return done


def _mark_repeats(tenant_id: UUID, build: int, database: Database) -> None:
    """Take off what tickets added whose customers came back: known only once all of them are there."""
    after = _FIRST
    while True:
        with database.transaction(tenant_id) as connection:
            items = rollups.unmarked(connection, build, after, ITEMS_A_PASS)
            if not items:
                return
            after = items[-1]
            found = rollups.stored(connection, build, items).values()
            changes: Changes = defaultdict(Counter)
            for one in found:
                changes[one.cell].subtract(one.lasting)
            rollups.save(connection, tenant_id, build, [one._replace(repeated=True) for one in found])
            rollups.add(connection, tenant_id, build, changes)
