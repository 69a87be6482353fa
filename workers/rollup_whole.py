"""Roll-ups made anew from the whole log: exported in parts, folded and added up in DuckDB, loaded beside the others.

This reads tens of millions of events; the passes that keep in step (`workers.rollup_step`) fold a few items in Python,
which for a few is faster than asking DuckDB. The tests hold both equal.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from core.db import Database, app_database
from core.store import rollup_files, rollups
from metrics import rolled_up
from metrics.rolled import Rolling
from workers.rollup_step import advance

EVENTS_A_PART = 1_000_000
ITEMS_A_PART = 250_000
MEMORY = "2GB"
_FIRST = UUID(int=0)


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
    with tempfile.TemporaryDirectory(prefix="saola-rollups-") as name, ThreadPoolExecutor(1) as beside:
        folder = Path(name)
        with Rolling(
            at, standing.zone, folder=folder, whole=True, threads=os.cpu_count() or 1, memory=MEMORY
        ) as rolling:
            for column in ("ticket_id", "document_id"):
                for file in _parts(tenant_id, database, column, folder, beside):
                    done += rolling.take(file, documents=column == "document_id")
                    file.unlink()
            rolled_up.mark_repeats(rolling)
            _load(tenant_id, database, standing.build, rolling, folder, beside)
    with database.transaction(tenant_id) as connection:
        rollups.move(connection, standing.build, cursor, at)
    while True:  # what was written meanwhile
        with database.transaction(tenant_id) as connection:
            if advance(connection, tenant_id, at, serving=False) is None:
                rollups.serve(connection, standing.build)
                return done


def _parts(
    tenant_id: UUID, database: Database, column: str, folder: Path, beside: ThreadPoolExecutor
) -> Iterator[Path]:
    """Yield files of the log; the next one is written while one is folded."""

    def export(number: int, after: UUID) -> tuple[Path, UUID] | None:
        with database.transaction(tenant_id) as connection:
            last = rollup_files.next_item(connection, column, after, EVENTS_A_PART)
            if last is None:
                return None
            file = folder / f"{column}{number}"
            rollup_files.copy_events(connection, column, after, last, file)
            return file, last

    number, coming = 0, beside.submit(export, 0, _FIRST)
    while (found := coming.result()) is not None:
        file, after = found
        number += 1
        coming = beside.submit(export, number, after)
        yield file


def _load(
    tenant_id: UUID, database: Database, build: int, rolling: Rolling, folder: Path, beside: ThreadPoolExecutor
) -> None:
    """Load items, slices and sketches; PostgreSQL takes one file while DuckDB writes the next."""

    def fill(table: str, columns: tuple[str, ...], file: Path) -> None:
        with database.transaction(tenant_id) as connection:
            rollup_files.fill(connection, tenant_id, build, table, columns, file)
        file.unlink()

    loading: list[Future[None]] = []
    for number, (table, columns, write) in enumerate(_files(rolling)):
        file = folder / f"{table}{number}"
        if not write(file):
            continue
        if loading:
            loading.pop().result()
        loading.append(beside.submit(fill, table, columns, file))
    for last in loading:
        last.result()


def _files(rolling: Rolling) -> Iterator[tuple[str, tuple[str, ...], Callable[[Path], int]]]:
    for first in range(0, rolling.count(), ITEMS_A_PART):
        write = partial(rolled_up.write_items, rolling, first=first, count=ITEMS_A_PART)
        yield "rollup_items", rolled_up.ITEM_COLUMNS, write
    rolled_up.add_up(rolling)
    yield "rollups", rolled_up.SLICE_COLUMNS, partial(rolled_up.write_slices, rolling)
    yield "rollup_pairs", rolled_up.PAIR_COLUMNS, partial(rolled_up.write_pairs, rolling)
    yield "rollup_waits", rolled_up.WAIT_COLUMNS, partial(rolled_up.write_waits, rolling)
