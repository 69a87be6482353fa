"""One pass that takes the next events of the log into the roll-ups."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from core.rollups import Cell, Rolled
from core.store import rollups
from core.store.rollups import Standing
from metrics.contribution import rolled
from metrics.fold import fold

EVENTS_A_PASS = 5_000
ITEMS_A_PASS = 2_000
Changes = defaultdict[Cell, Counter[str]]


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
