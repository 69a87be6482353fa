"""Both embedded servers in a temporary folder, for tests and benchmarks."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from cli.embedded.place import find_place
from cli.embedded.postgres import DATABASE, Postgres, PostgresServer, start_postgres
from cli.embedded.valkey import ValkeyServer, start_valkey


@dataclass(frozen=True, kw_only=True)
class Database:
    """SQLAlchemy URLs of one database for the three roles."""

    name: str
    owner_url: str
    app_url: str
    system_url: str


@dataclass(frozen=True, kw_only=True)
class Servers:
    """A running pair of embedded servers and the settings that point to them."""

    home: Path
    postgres: PostgresServer
    valkey: ValkeyServer

    @property
    def broker_url(self) -> str:
        return self.valkey.url

    def database(self, name: str = DATABASE) -> Database:
        """Return the URLs of database `name`, which need not exist yet."""
        return urls(self.postgres.postgres, name)

    def create_database(self, name: str, template: str = "template1") -> Database:
        """Create database `name`, owned by saola_owner, as a copy of `template`."""
        with self.postgres.postgres.connect("postgres") as connection:
            self.postgres.postgres.create_database(connection, name, template)
        return self.database(name)

    def drop_database(self, name: str) -> None:
        """Drop database `name`, ending the sessions that still use it."""
        with self.postgres.postgres.connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def environment(self, database: Database | None = None) -> dict[str, str]:
        """Return the SAOLA_* variables with which a process uses these servers."""
        database = database or self.database()
        return {
            "SAOLA_HOME": str(self.home),
            "SAOLA_DATABASE_URL": database.app_url,
            "SAOLA_OWNER_DATABASE_URL": database.owner_url,
            "SAOLA_SYSTEM_DATABASE_URL": database.system_url,
            "SAOLA_BROKER_URL": self.broker_url,
        }


def urls(postgres: Postgres, name: str = DATABASE) -> Database:
    """Return the URLs of database `name` on `postgres`."""
    owner, app, system = (postgres.url(f"saola_{role}", name) for role in ("owner", "app", "system"))
    return Database(name=name, owner_url=owner, app_url=app, system_url=system)


@contextlib.contextmanager
def temporary_home() -> Iterator[Path]:
    """Yield a new home; at the end it is deleted with all that its servers stored, also what root keeps elsewhere.

    Whoever starts `saola up` in it stops that before.
    """
    home = Path(tempfile.mkdtemp(prefix="saola-home-"))
    try:
        yield home
    finally:
        if (home / "embedded.json").exists():
            find_place(home).remove()
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def temporary_servers(*, durable: bool = True) -> Iterator[Servers]:
    """Start PostgreSQL and Valkey in a new temporary home; stop them and delete all of it at the end.

    `durable` False leaves out syncing to disk: for tests; a benchmark keeps it.
    """
    with (
        temporary_home() as home,
        start_postgres(home, durable=durable) as postgres,
        start_valkey(home) as valkey,
    ):
        yield Servers(home=home, postgres=postgres, valkey=valkey)
