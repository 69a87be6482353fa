"""Roll-ups made anew from the whole log: exported in parts, folded and added up in DuckDB, loaded beside the others.

This reads tens of millions of events; the passes that keep in step (`workers.rollup_step`) fold a few items in Python,
which for a few is faster than asking DuckDB. The tests hold both equal.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Lock
from uuid import UUID

from sqlalchemy import Connection

from core.db import Database, app_database
from core.store import rollup_files, rollups
from metrics import rolled_up
from metrics.rolled import Rolling
from workers.rollup_step import advance

EVENTS_A_PART = 500_000
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
    with tempfile.TemporaryDirectory(prefix="saola-rollups-") as name:
        folder = Path(name)
        with Rolling(at, standing.zone, folder=folder, memory=MEMORY) as rolling:
            done = _Loading(tenant_id, database, standing.build, rolling, folder).all()
    with database.transaction(tenant_id) as connection:
        rollups.move(connection, standing.build, cursor, at)
    while True:  # what was written meanwhile
        with database.transaction(tenant_id) as connection:
            if advance(connection, tenant_id, at, serving=False) is None:
                rollups.serve(connection, standing.build)
                return done


class _Loading:
    """The way of a log through DuckDB, in as many lanes as there are cores: each takes a part of the log, folds it, and
    loads its items, so that PostgreSQL works for one lane while DuckDB does for another."""

    def __init__(self, tenant_id: UUID, database: Database, build: int, rolling: Rolling, folder: Path) -> None:
        self.tenant_id, self.database, self.build = tenant_id, database, build
        self.rolling, self.folder = rolling, folder
        self.parts = self._parts()
        self.next_part = Lock()

    def all(self) -> int:
        """Fold and load everything. Returns how many items there were."""
        cores = os.cpu_count() or 1
        with ThreadPoolExecutor(cores) as lanes:
            done = sum(one.result() for one in [lanes.submit(self._lane) for _ in range(cores)])
            back = rolled_up.mark_repeats(self.rolling)
            marked = lanes.submit(self._mark, back)
            rolled_up.add_up(self.rolling)
            for loaded in [*(lanes.submit(self._sum, *one) for one in rolled_up.SUMS), marked]:
                loaded.result()
        return done

    def _lane(self) -> int:
        done = 0
        with self.rolling.beside() as rolling:
            while (part := self._next()) is not None:
                file, documents = part
                done += rolling.take(file, documents=documents)
                file.unlink()
                items = file.with_suffix(".items")
                rolled_up.write_items(rolling, items)
                self._load("rollup_items", rolled_up.ITEM_COLUMNS, items)
        return done

    def _next(self) -> tuple[Path, bool] | None:
        with self.next_part:  # where a part begins is known once the one before is written
            return next(self.parts, None)

    def _parts(self) -> Iterator[tuple[Path, bool]]:
        """Yield files of the log, and whether they are of documents."""
        for column in ("ticket_id", "document_id"):
            last = _FIRST
            for number in count():
                file = self.folder / f"{column}{number}"
                with self._transaction() as connection:
                    found = rollup_files.copy_events(connection, column, last, EVENTS_A_PART, file)
                if found is None:
                    break
                last = found
                yield file, column == "document_id"

    def _mark(self, back: Sequence[UUID]) -> None:
        for first in range(0, len(back), ITEMS_AT_ONCE):
            with self._transaction() as connection:
                rollup_files.mark_repeats(connection, self.build, back[first : first + ITEMS_AT_ONCE])

    def _sum(self, table: str, columns: tuple[str, ...], write: Callable[[Rolling, Path], int]) -> None:
        file = self.folder / table
        with self.rolling.beside() as rolling:
            write(rolling, file)
        self._load(table, columns, file)

    def _load(self, table: str, columns: tuple[str, ...], file: Path) -> None:
        with self._transaction() as connection:
            rollup_files.fill(connection, self.tenant_id, self.build, table, columns, file)
        file.unlink()

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self.database.transaction(self.tenant_id)
