"""Connections and commits: the only module that opens a transaction, and so the only one that commits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import NullPool

from core.settings import settings

MIGRATIONS = Path(__file__).parent / "migrations"
FRESH_SECONDS = 1.0
MOST = 20  # connections of one process and role


class Database:
    """One PostgreSQL role's connections."""

    def __init__(self, url: str, *, pool_size: int = MOST) -> None:
        self.url = url
        # What is over the pool's size is closed after each use, and a new connection costs more than a transaction.
        overflow = MOST - pool_size
        self.engine: Engine = create_engine(url, pool_size=pool_size, max_overflow=overflow, pool_timeout=10)
        _ask_before_use(self.engine)

    @contextmanager
    def transaction(self, tenant_id: UUID | None = None, *, snapshot: bool = False) -> Iterator[Connection]:
        """Yield a connection; commit at the end, roll back on an exception. It sees rows of this tenant only.

        `snapshot` reads everything as it stood at the first look, and can write nothing.
        """
        with self.engine.begin() as connection:
            if snapshot:
                connection.execute(_SNAPSHOT)
            if tenant_id is not None:
                connection.execute(_SET_TENANT, {"tenant": str(tenant_id)})
            yield connection

    def close(self) -> None:
        """Close the pool's connections."""
        self.engine.dispose()


def _ask_before_use(engine: Engine) -> None:
    """Ask a pooled connection whether its server is still there, as `pool_pre_ping` does, but not one that was used
    within the last second: at every transaction the question costs a tenth of all the work with the database."""

    @event.listens_for(engine, "checkin")
    def note(connection: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, proxy: Any) -> None:  # noqa: ARG001 - the same
        used = record.info.get("used")
        if used is None or time.monotonic() - used < FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise InvalidatePoolError from error  # all others are as old; the pool opens new ones and tries again


_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_SET_TENANT = text("SELECT set_config('app.tenant', :tenant, true)")


@lru_cache
def app_database() -> Database:
    """Return the process's database as the application role, bound to one tenant per transaction."""
    return Database(settings().database_url)


@lru_cache
def system_database() -> Database:
    """Return the process's database as the system role, which sees outbox rows and heartbeats of all tenants."""
    return Database(settings().system_database_url, pool_size=2)


def migrate(owner_url: str, revision: str = "head") -> None:
    """Bring the schema to `revision`. Runs as the owner of the tables; safe to call at every start."""
    from alembic import command  # 0.4 s of import that no serving process needs
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7301)"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
