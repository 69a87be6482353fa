"""What `saola up` runs: the embedded servers where no external ones are set, then migration, API, relay, schedule and
workers, under one supervisor."""

import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from cli.child import Child
from cli.embedded.place import find_place, locked, stored_values
from cli.embedded.postgres import Postgres
from cli.embedded.valkey import Valkey
from cli.readiness import Answers, LogLine
from cli.status import key_file
from cli.supervisor import Supervisor
from core.errors import Rejected
from core.settings import Settings, environment_for_children

PROJECT = Path(__file__).parent.parent
MIGRATIONS = PROJECT / "core" / "migrations" / "versions"
PORTS_TRIED = 50
# Queues and how their workers run: models wait for the network (threads), all else computes (processes).
WORKERS = {
    "tickets": ("tickets,bulk", "prefork"),
    "documents": ("documents", "prefork"),
    "llm": ("llm", "threads"),
}


class Stack:
    """Everything of one home. `say` gets one line for each thing a person should know."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        if settings.database_url and not settings.system_database_url:
            hint = "Set it too: the URL of the role saola_system, see docs/how-to/own-postgresql.md."
            raise Rejected("SAOLA_DATABASE_URL is set, SAOLA_SYSTEM_DATABASE_URL is not", hint=hint)
        self.settings = settings
        self.home = settings.home.absolute()
        self.say = say
        self.place = find_place(self.home)
        self.url = ""
        self.accepting = False

    def run(self, on_ready: Callable[[], None] | None = None) -> None:
        """Block until stopped. Raises Rejected when another process runs this home, Broken when it cannot start."""
        with contextlib.ExitStack() as held:
            for name in ("saola", "postgres", "valkey"):
                held.enter_context(locked(self.home, name))
            listener = held.enter_context(listen(self.settings.host, self.settings.port))
            host, port = reachable(listener)
            self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            Supervisor(self.home, self.children(listener), self.say, url=self.url).run(on_ready)

    def children(self, listener: socket.socket) -> list[Child]:
        """Return every process in the order of starting."""
        servers = list(self._servers())
        first = servers + list(self._migration(tuple(child.name for child in servers)))
        api = self._python("api", "-m", "cli.serve", str(listener.fileno()))
        host, port = reachable(listener)
        api = replace(
            api,
            needs=tuple(child.name for child in first),
            ready=Answers(host, port, "/healthz"),
            after=self._accepting,
            pass_fds=(listener.fileno(),),
        )
        # The rest waits for the API: the first ticket is accepted sooner, and is worked as soon as they are up.
        progress = Answers(host, port, "/readyz")  # both write down that they progress; the API reads it
        rest = [replace(self._python(name, "-m", f"workers.{name}"), ready=progress) for name in ("relay", "schedule")]
        rest += [self._worker(name, node) for name in WORKERS for node in range(1, self._processes(name) + 1)]
        return [*first, api, *(replace(child, needs=("api",)) for child in rest)]

    def _servers(self) -> Iterator[Child]:
        if not self.settings.database_url:
            yield Postgres(self.place, stored_values(self.home)).child()
        if not self.settings.broker_url:
            yield Valkey(self.place).child()

    def _migration(self, needs: tuple[str, ...]) -> Iterator[Child]:
        if self.settings.database_url and not self.settings.owner_database_url:
            self.say("SAOLA_OWNER_DATABASE_URL is not set: the schema is used as it is (see `saola migrate --help`)")
        else:
            step = replace(self._python("migrate", "-m", "cli", "migrate"), needs=needs, once=True)
            yield step if self.settings.database_url else replace(step, skip=self._is_migrated)

    def _is_migrated(self) -> bool:
        """Say whether there is nothing to migrate: asking takes 10 ms, the migration's imports 1.5 s."""
        revision = Postgres(self.place, stored_values(self.home)).revision()
        return revision == newest_revision() and key_file(self.home).exists()

    def _accepting(self) -> None:
        if not self.accepting:
            self.accepting = True
            self.say(f"Tickets are accepted at {self.url}; workers are being started")

    def _processes(self, name: str) -> int:
        """Return how many workers of a kind there are. A pool of processes is one worker; one of threads uses a core at
        most, so where a model is set there is one for each core."""
        return self._cores() if WORKERS[name][1] == "threads" and self.settings.model else 1

    def _cores(self) -> int:
        return self.settings.workers or os.cpu_count() or 1

    def _worker(self, name: str, node: int) -> Child:
        queues, pool = WORKERS[name]
        count = -(-self.settings.model_threads // self._processes(name)) if pool == "threads" else self._cores()
        name = name if node == 1 else f"{name}-{node}"
        words = ["-m", "celery", "-A", "workers.app", "worker", "-n", f"{name}@%h", "-Q", queues, "--pool", pool]
        words += ["--concurrency", str(count), "--loglevel", "INFO"]
        words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        ready = LogLine(self.home, f"worker-{name}", " ready.")
        return replace(
            self._python(f"worker-{name}", *words),
            before=ready.begin,
            ready=ready,
            # Running jobs get worker_soft_shutdown_timeout to end and are then given back; SIGTERM would wait for all.
            stop_signal=signal.SIGQUIT,
            death_signal=signal.SIGQUIT,
        )

    def _python(self, name: str, *words: str) -> Child:
        return Child(name=name, argv=[sys.executable, *words], env=self.environment())

    def environment(self) -> dict[str, str]:
        """Return the environment of every child: which database, broker and home it uses."""
        found = environment_for_children(embedded_environment(self.settings, self.home))
        found.setdefault("OMP_NUM_THREADS", "1")  # one process a core; more threads would only get in each other's way
        found["PYTHONUNBUFFERED"] = "1"  # a line of a log is there when it is written
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PROJECT), found.get("PYTHONPATH"))))
        return found


def embedded_environment(current: Settings, home: Path) -> dict[str, str]:
    """Return the SAOLA_* values that fill what `current` leaves to the embedded servers of `home`."""
    values = {"SAOLA_HOME": str(home)}
    if not current.database_url:
        postgres = Postgres(find_place(home), stored_values(home))
        values["SAOLA_DATABASE_URL"] = postgres.url("saola_app")
        values["SAOLA_OWNER_DATABASE_URL"] = postgres.url("saola_owner")
        values["SAOLA_SYSTEM_DATABASE_URL"] = postgres.url("saola_system")
    if not current.broker_url:
        values["SAOLA_BROKER_URL"] = Valkey(find_place(home)).url
    return values


def newest_revision() -> str:
    """Return the revision that no other migration follows; read from the files, since alembic is slow to import."""
    text = "\n".join(path.read_text() for path in MIGRATIONS.glob("*.py"))
    revisions = re.findall(r"^revision\b.*= \"(.+)\"", text, re.MULTILINE)
    followed = re.findall(r"^down_revision\b.*= \"(.+)\"", text, re.MULTILINE)
    return next(iter(set(revisions) - set(followed)), "none")


def reachable(listener: socket.socket) -> tuple[str, int]:
    """Return the address under which this machine itself reaches `listener`."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not listened on


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `port` or the next free one; raises Rejected when none of 50 is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + PORTS_TRIED if port else 1):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(2048)
            return listener
        except PermissionError as error:
            listener.close()
            raise Rejected(f"Port {candidate} may not be used: {error}", hint="Set SAOLA_PORT above 1023.") from None
        except OSError as error:
            listener.close()
            reason = error
    raise Rejected(
        f"No port from {port} to {port + PORTS_TRIED - 1} is free on {host}: {reason}", hint="Set SAOLA_PORT."
    )
