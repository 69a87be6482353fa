"""Roll-ups made anew from the whole log: exported in parts, folded and added up in DuckDB, loaded beside the others.

This reads tens of millions of events; the passes that keep in step (`workers.rollup_step`) fold a few items in Python,
which for a few is faster than asking DuckDB. The tests hold both equal.
"""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from core.db import Database, app_database
from core.store import rollup_files, rollups
from metrics import rolled_up
from metrics.rolled import Rolling
from workers.rollup_step import advance

EVENTS_A_PART = 1_000_000
ITEMS_AT_ONCE = 50_000
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
    at = now or datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="saola-rollups-") as name, ThreadPoolExecutor(2) as beside:
        # PostgreSQL, beside it, keeps one core busy; a thread for that one too only costs more CPU.
        folder, threads = Path(name), max(1, (os.cpu_count() or 1) - 1)
        with Rolling(at, standing.zone, folder=folder, threads=threads, memory=MEMORY) as rolling:
            done = _Loading(tenant_id, database, standing.build, rolling, folder, beside).all()
    with database.transaction(tenant_id) as connection:
        rollups.move(connection, standing.build, cursor, at)
    while True:  # what was written meanwhile
        with database.transaction(tenant_id) as connection:
            if advance(connection, tenant_id, at, serving=False) is None:
                rollups.serve(connection, standing.build)
                return done


@dataclass(frozen=True)
class _Loading:
    """The way of a log through DuckDB: while one part is folded, the next is exported and the one before is loaded."""

    tenant_id: UUID
    database: Database
    build: int
    rolling: Rolling
    folder: Path
    beside: ThreadPoolExecutor

    def all(self) -> int:
        """Fold and load everything. Returns how many items there were."""
        done, loading = 0, Future[None]()
        loading.set_result(None)
        for column in ("ticket_id", "document_id"):
            for number, file in enumerate(self._parts(column)):
                done += self.rolling.take(file, documents=column == "document_id")
                file.unlink()
                items = self.folder / f"items{column}{number}"
                rolled_up.write_items(self.rolling, items)
                loading.result()
                loading = self.beside.submit(self._load, "rollup_items", rolled_up.ITEM_COLUMNS, items)
        back = rolled_up.mark_repeats(self.rolling)
        loading.result()
        for first in range(0, len(back), ITEMS_AT_ONCE):
            with self._transaction() as connection:
                rollup_files.mark_repeats(connection, self.build, back[first : first + ITEMS_AT_ONCE])
        rolled_up.add_up(self.rolling)
        for table, columns, write in rolled_up.SUMS:
            file = self.folder / table
            write(self.rolling, file)
            loading.result()
            loading = self.beside.submit(self._load, table, columns, file)
        loading.result()
        return done

    def _parts(self, column: str) -> Iterator[Path]:
        """Yield files of the log; the next one is written while one is folded."""

        def export(number: int, after: UUID) -> tuple[Path, UUID] | None:
            file = self.folder / f"{column}{number}"
            with self._transaction() as connection:
                last = rollup_files.copy_events(connection, column, after, EVENTS_A_PART, file)
            return None if last is None else (file, last)

        number, coming = 0, self.beside.submit(export, 0, _FIRST)
        while (found := coming.result()) is not None:
            file, after = found
            number += 1
            coming = self.beside.submit(export, number, after)
            yield file

    def _load(self, table: str, columns: tuple[str, ...], file: Path) -> None:
        with self._transaction() as connection:
            rollup_files.fill(connection, self.tenant_id, self.build, table, columns, file)
        file.unlink()

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self.database.transaction(self.tenant_id)
