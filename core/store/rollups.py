"""Roll-ups: how far the event log is added up, what each item added, and the slices. Reading them is in rollup_reads.

Everything of one pass happens in one transaction under the tenant's cursor row, so that a crash leaves nothing half
added. A rebuild fills the rows of a new build beside those that are served.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import orjson
from sqlalchemy import Connection, RowMapping

from core.rollups import (
    COUNTERS,
    GRAINS,
    NAMED,
    PAIR_KEY,
    PAIRED,
    SLICE_KEY,
    TABLES,
    VERSION,
    WAIT,
    WAIT_KEY,
    Cell,
    Rolled,
    block,
    pack,
    unpack,
)
from core.store.events import after_cursor, newest_cursor
from core.store.sql import Jsonb, execute, maybe_row, plain_rows, rows, scalar


class Logged(NamedTuple):
    """An event as the fold reads it."""

    kind: str
    at: datetime
    ticket_id: UUID | None
    document_id: UUID | None
    run_id: UUID | None
    data: dict[str, Any]


class Standing(NamedTuple):
    """How far one build is: the event log's cursor, when it was brought there, the tenant's time zone of its days."""

    build: int
    cursor: str
    as_of: datetime
    zone: str
    version: int
    serving: bool


def standing(
    connection: Connection, *, serving: bool = True, lock: bool = False, wait: bool = False
) -> Standing | None:
    """Return the build in service, or the one that is being made; None where there is none.

    `lock` keeps others from advancing it in this transaction; None also where another one is at it, unless `wait` says
    to wait for that one.
    """
    row = maybe_row(
        connection,
        f"""SELECT build, cursor, as_of, zone, version, serving FROM rollup_builds WHERE serving = :serving
            ORDER BY build DESC LIMIT 1 {"" if not lock else "FOR UPDATE" if wait else "FOR UPDATE SKIP LOCKED"}""",
        serving=serving,
    )
    return None if row is None else Standing(**row)


def rebuild_alone(connection: Connection, tenant_id: UUID) -> bool:
    """Take the making anew of a tenant's roll-ups for this transaction; False while another one is at it."""
    return bool(
        scalar(connection, "SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 3))", key=f"rollups:{tenant_id}")
    )


def begin(connection: Connection, tenant_id: UUID, *, serving: bool) -> None:
    """Begin a build from the start of the log; nothing happens where two begin the first one."""
    execute(
        connection,
        """INSERT INTO rollup_builds (tenant_id, build, zone, version, serving)
           SELECT :tenant_id, coalesce((SELECT max(build) FROM rollup_builds), 0) + 1, timezone, :version, :serving
           FROM tenants ON CONFLICT DO NOTHING""",
        tenant_id=tenant_id,
        version=VERSION,
        serving=serving,
    )


def move(connection: Connection, build: int, cursor: str, as_of: datetime) -> None:
    """Write down how far a build is."""
    execute(
        connection,
        "UPDATE rollup_builds SET cursor = :cursor, as_of = :as_of WHERE build = :build",
        build=build,
        cursor=cursor,
        as_of=as_of,
    )


def serve(connection: Connection, build: int) -> None:
    """Put a build into service and forget the others."""
    execute(connection, "DELETE FROM rollup_builds WHERE build <> :build", build=build)
    for table in TABLES:
        execute(connection, f"DELETE FROM {table} WHERE build <> :build", build=build)
    execute(connection, "UPDATE rollup_builds SET serving = true WHERE build = :build", build=build)


def end_of_log(connection: Connection) -> str:
    """Return the cursor after everything that is safely committed now."""
    return newest_cursor(connection)


def changed(connection: Connection, cursor: str, limit: int) -> tuple[set[UUID], str, int]:
    """Return the items of the next events after a cursor, the cursor after them and how many events there were."""
    found, after = after_cursor(connection, cursor, limit)
    items = {row["document_id"] or row["ticket_id"] for row in found}
    return {UUID(str(item)) for item in items if item is not None}, after, len(found)


def due(connection: Connection, build: int, now: datetime, limit: int) -> set[UUID]:
    """Return items that are to be looked at again although nothing happened to them."""
    found = rows(
        connection,
        "SELECT id FROM rollup_items WHERE build = :build AND due_at <= :now ORDER BY due_at LIMIT :limit",
        build=build,
        now=now,
        limit=limit,
    )
    return {UUID(str(row["id"])) for row in found}


def events_of(connection: Connection, items: Iterable[UUID]) -> Iterator[Logged]:
    """Yield all events of these tickets and documents."""
    wanted = list(items)
    for column in ("ticket_id", "document_id"):
        only = " AND document_id IS NULL" if column == "ticket_id" else ""
        # Text and not JSON: ten times as fast to read here as by the driver, and a third of a rebuild is that.
        for kind, at, ticket, document, run, data in plain_rows(
            connection,
            f"""SELECT kind, at, ticket_id, document_id, run_id, data::text FROM events
                WHERE {column} = ANY(:wanted){only} ORDER BY at, id""",
            wanted=wanted,
        ):
            yield Logged(kind, at, ticket, document, run, orjson.loads(data))


def stored(connection: Connection, build: int, items: Iterable[UUID]) -> dict[UUID, Rolled]:
    """Return what these items added before, by id."""
    found = rows(
        connection, "SELECT * FROM rollup_items WHERE build = :build AND id = ANY(:ids)", build=build, ids=list(items)
    )
    return {one.id: one for one in map(_rolled, found)}


def save(connection: Connection, tenant_id: UUID, build: int, items: Sequence[Rolled]) -> None:
    """Write what items add, in place of what they added before."""
    if not items:
        return
    columns: dict[str, list[Any]] = {
        **{name: [getattr(one.cell, name) for one in items] for name in Cell._fields},
        **{name: [getattr(one, name) for one in items] for name in _ITEM},
        "counts": [pack(one.counts) for one in items],
        "lasting": [pack(one.lasting) for one in items],
    }
    names = [*Cell._fields, *_ITEM, "counts", "lasting"]
    arrays = ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')}[])" for name in names)
    execute(
        connection,
        f"""INSERT INTO rollup_items (tenant_id, build, {", ".join(names)})
            SELECT :tenant_id, :build, * FROM unnest({arrays})
            ON CONFLICT (tenant_id, build, id) DO UPDATE SET
                {", ".join(f"{name} = excluded.{name}" for name in names if name != "id")}""",
        tenant_id=tenant_id,
        build=build,
        **columns,
    )


_ITEM = ("id", "received_at", "customer", "spam", "first_answer_at", "answered_at", "due_at", "repeated")
_TYPES = {
    **dict.fromkeys(("received_at", "first_answer_at", "answered_at", "due_at"), "timestamptz"),
    "id": "uuid",
    "spam": "boolean",
    "repeated": "boolean",
    "start": "date",
}


def answered_before(connection: Connection, build: int, arrivals: Sequence[Rolled]) -> dict[UUID, Rolled]:
    """Return the tickets of the same customers and intents whose first answer came before these arrivals, and whose
    last one at most 7 days before: those that these arrivals may undo."""
    keyed = [one for one in arrivals if one.customer and one.cell.intent]
    found = rows(
        connection,
        """SELECT r.* FROM rollup_items r
           JOIN unnest(CAST(:customers AS text[]), CAST(:intents AS text[]), CAST(:ats AS timestamptz[]))
               AS a(customer, intent, at) ON r.customer = a.customer AND r.intent = a.intent
           WHERE r.build = :build AND r.first_answer_at < a.at AND r.answered_at >= a.at - interval '7 days'""",
        build=build,
        customers=[one.customer for one in keyed],
        intents=[one.cell.intent for one in keyed],
        ats=[one.received_at for one in keyed],
    )
    return {one.id: one for one in map(_rolled, found)}


_CAME_BACK = """EXISTS (SELECT 1 FROM rollup_items o
    WHERE o.build = r.build AND o.customer = r.customer AND o.intent = r.intent AND NOT o.spam AND o.id <> r.id
      AND o.received_at > r.first_answer_at AND o.received_at <= r.answered_at + interval '7 days')"""


def came_back(connection: Connection, build: int, items: Iterable[UUID]) -> set[UUID]:
    """Return those of these tickets whose customer came back with the same intent in another ticket within 7 days."""
    found = rows(
        connection,
        f"""SELECT r.id FROM rollup_items r WHERE r.build = :build AND r.id = ANY(:ids) AND r.customer <> ''
            AND r.intent <> '' AND r.first_answer_at IS NOT NULL AND {_CAME_BACK}""",
        build=build,
        ids=list(items),
    )
    return {UUID(str(row["id"])) for row in found}


def add(connection: Connection, tenant_id: UUID, build: int, changes: Mapping[Cell, Mapping[str, int]]) -> None:
    """Add to the slices of cells, in rows of 1, 8 and 64 days; what is to be taken off is negative."""
    slices: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    pairs: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    waits: defaultdict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
    for cell, counts in changes.items():
        sketched = [_sketched(name, value) for name, value in counts.items() if value and name.startswith(WAIT)]
        plain = {name: value for name, value in counts.items() if value and not name.startswith(WAIT)}
        paired = {name: value for name, value in plain.items() if name in PAIRED}
        for days in GRAINS:
            grain, day = str(days), block(cell.start, days).isoformat()
            for by, part in cell.slices:
                key = grain, day, cell.item, cell.origin, by, part
                _add_up(slices[key], plain)
                _add_up(pairs[*key, cell.agent, cell.intent], paired)
                for what, index, value in sketched:
                    waits[grain, day, cell.origin, by, part, what][index] += value
    _add_counters(connection, tenant_id, build, "rollups", SLICE_KEY, COUNTERS, slices)
    _add_counters(connection, tenant_id, build, "rollup_pairs", PAIR_KEY, PAIRED, pairs)
    _add_waits(connection, tenant_id, build, waits)


def _add_up(sums: Counter[str], counts: Mapping[str, int]) -> None:
    for name, value in counts.items():
        sums[name] += value


def _sketched(name: str, value: int) -> tuple[str, int, int]:
    """The sketch, its bucket and the count of a counter called wait:SKETCH:BUCKET."""
    _, what, index = name.split(":")
    return what, int(index), value


def _add_counters(
    connection: Connection,
    tenant_id: UUID,
    build: int,
    table: str,
    key: Sequence[str],
    counters: Sequence[str],
    sums: Mapping[tuple[str, ...], Mapping[str, int]],
) -> None:
    values = []
    # In one order, so that nobody waits in a circle.
    for place, counts in sorted((place, counts) for place, counts in sums.items() if any(counts.values())):
        named = {name: n for name, n in counts.items() if name.startswith(NAMED)}
        plain = {name: n for name, n in counts.items() if name not in named}
        values.append({**dict(zip(key, place, strict=True)), "named": named, **plain})
    if not values:
        return
    names = ", ".join((*key, "named") if table == "rollups" else key)
    add_named = "named = add_counts(rollups.named, excluded.named)," if table == "rollups" else ""
    execute(
        connection,
        f"""INSERT INTO {table} (tenant_id, build, {names}, {", ".join(counters)})
            SELECT :tenant_id, :build, {names}, {", ".join(f"coalesce({name}, 0)" for name in counters)}
            FROM jsonb_populate_recordset(NULL::{table}, CAST(:values AS jsonb))
            ON CONFLICT (tenant_id, build, {", ".join(key)}) DO UPDATE SET {add_named}
                {", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in counters)}""",
        tenant_id=tenant_id,
        build=build,
        values=Jsonb(values),
    )


def _add_waits(
    connection: Connection, tenant_id: UUID, build: int, waits: Mapping[tuple[str, ...], Counter[int]]
) -> None:
    keys = sorted(key for key, counts in waits.items() if any(counts.values()))
    if not keys:
        return
    columns = {name: [key[i] for key in keys] for i, name in enumerate(WAIT_KEY)}
    arrays = ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')}[])" for name in WAIT_KEY)
    there = {
        tuple(str(row[name]) for name in WAIT_KEY): row["buckets"]
        for row in rows(
            connection,
            f"""SELECT {", ".join(WAIT_KEY)}, buckets FROM rollup_waits JOIN unnest({arrays})
                AS wanted({", ".join(WAIT_KEY)}) USING ({", ".join(WAIT_KEY)}) WHERE build = :build""",
            build=build,
            **columns,
        )
    }
    buckets = []
    for key in keys:
        sums = Counter(waits[key])
        for index, n in read_buckets(there.get(key, b"")).items():
            sums[index] += n
        buckets.append(array("i", [part for index in sorted(sums) if sums[index] for part in (index, sums[index])]))
    execute(
        connection,
        f"""INSERT INTO rollup_waits (tenant_id, build, {", ".join(WAIT_KEY)}, buckets)
            SELECT :tenant_id, :build, * FROM unnest({arrays}, CAST(:buckets AS bytea[]))
            ON CONFLICT (tenant_id, build, {", ".join(WAIT_KEY)}) DO UPDATE SET buckets = excluded.buckets""",
        tenant_id=tenant_id,
        build=build,
        buckets=[one.tobytes() for one in buckets],
        **columns,
    )


def read_buckets(stored: bytes) -> Counter[int]:
    """Return the sum of sketches as they are stored, one after another: pairs of 32-bit numbers, bucket and count. Of a
    year by intent these are a million."""
    read = np.frombuffer(stored, dtype="<i4").reshape(-1, 2)
    if not len(read):
        return Counter()
    lowest = int(read[:, 0].min())
    counts = np.bincount(read[:, 0] - lowest, weights=read[:, 1])
    there = np.flatnonzero(counts)
    return Counter(dict(zip((there + lowest).tolist(), counts[there].astype(int).tolist(), strict=True)))


def _rolled(row: RowMapping) -> Rolled:
    values = {name: row[name] for name in _ITEM} | {"id": UUID(str(row["id"]))}
    cell = Cell(**{name: row[name] for name in Cell._fields})
    return Rolled(cell=cell, counts=unpack(row["counts"]), lasting=unpack(row["lasting"]), **values)
