"""A running line for journeys: real relay, real Celery workers, real servers, one tenant, agents from a folder."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import redis

from cli.embedded.temporary import Database, Servers
from core import db
from core.ids import new_id
from core.settings import environment_for_children
from core.store import outbox, tenants
from core.store.sql import execute, rows, scalar
from workers.schedule import EVERY

ROOT = Path(__file__).parent.parent.parent

AGENT = """\
name: {name}
summary: Answers about {name} for tests
owner: tests@example.com
engine: answers
family: tests
languages: [en]
"""


def write_agent(folder: Path, name: str, intents: Mapping[str, tuple[list[str], str]]) -> None:
    """Write an answers agent: intent -> (example questions, approved answer)."""
    target = folder / name
    target.mkdir(parents=True)
    parts = [f"# {name}\n"]
    for intent, (examples, answer) in intents.items():
        listed = "\n".join(f"- [en] {example}" for example in examples)
        parts.append(f"## {intent}\n\n### examples\n{listed}\n\n### answer en\n{answer}\n")
    (target / "answers.md").write_text("\n".join(parts))
    first = next(iter(intents.values()))[0][0]
    (target / "cases.yaml").write_text(f"- name: first\n  ticket: {{text: {first!r}, language: en}}\n  expect: {{}}\n")
    (target / "agent.yaml").write_text(AGENT.format(name=name))  # last: the folder is whole when it is seen


class Line:
    """Relay and workers as processes of their own, on a database of their own."""

    def __init__(self, servers: Servers, database: Database, agents: Path, home: Path, **settings: str) -> None:
        self.environment = environment_for_children(
            {
                **servers.environment(database),
                "SAOLA_HOME": str(home),
                "SAOLA_AGENTS": str(agents),
                "SAOLA_LIBRARY": "false",
                "SAOLA_UNDO_SECONDS": "0",
                "SAOLA_SECRET": "a-secret-for-tests-only",
                "OMP_NUM_THREADS": "1",
                "PYTHONPATH": str(ROOT),
                **settings,
            }
        )
        self.home = home
        self.broker_url = servers.broker_url
        self.broker = redis.Redis.from_url(servers.broker_url.replace("redis+socket://", "unix://", 1))
        self.database = db.Database(database.app_url)
        self.system = db.Database(database.system_url)
        self.tenant: UUID = new_id()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.broker.flushall()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.broker.flushall()
        self.broker.close()
        self.database.close()
        self.system.close()

    def new_tenant(self) -> None:
        """Work for a fresh tenant from now on, and train its classifier."""
        self.tenant = new_id()
        with self.database.transaction(self.tenant) as connection:
            tenants.make(connection, self.tenant, "Journey")
        self.run("triage.train")
        serving = "SELECT count(*) FROM classifiers WHERE state = 'serving'"
        self.wait(lambda: self.count(serving) == 1, 90, "a classifier in service")

    def start(self, name: str) -> None:
        """Start one process: relay, schedule, api, or a worker named after its queues (tickets, documents, llm)."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *_argv(name)],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal a process and all it started, and wait for its end."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.wait(30)

    def run(self, task: str, *, generation: int = 0) -> None:
        """Put a background job of the tenant into the outbox."""
        with self.database.transaction(self.tenant) as connection:
            outbox.enqueue(connection, self.tenant, task, "bulk", self.tenant, generation=generation)

    def count(self, sql: str, **values: Any) -> int:
        """Return a number from the tenant's rows."""
        with self.database.transaction(self.tenant) as connection:
            return int(scalar(connection, sql, **values) or 0)

    def wait(self, done: Callable[[], bool], seconds: float = 60.0, what: str = "") -> None:
        """Wait until something is true; on time-out show what the processes said."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if done():
                return
            time.sleep(0.1)
        logs = "\n".join(f"== {p.name}\n{p.read_text()[-3000:]}" for p in sorted(self.home.glob("*.log")))
        with self.database.transaction(self.tenant) as connection:
            jobs = [dict(row) for row in rows(connection, "SELECT * FROM outbox WHERE state <> 'done'")]
        raise AssertionError(f"not within {seconds} s: {what or done}\n{jobs}\n{logs}")

    def drain(self, seconds: float = 60.0) -> None:
        """Wait until no job is left to do."""
        ready = "SELECT count(*) FROM outbox WHERE state = 'ready'"
        self.wait(lambda: self.count(ready) == 0, seconds, "the outbox is drained")

    def leave_certificates_alone(self) -> None:
        """Take the renewals of the next minutes as done: one would revoke a certificate that no audits bear out."""
        with self.database.transaction(self.tenant) as connection:
            period = int(time.time() // EVERY["certificates.renew"])
            for later in range(31):
                outbox.enqueue(
                    connection, self.tenant, "certificates.renew", "bulk", self.tenant, generation=period + later
                )
            execute(
                connection,
                "UPDATE outbox SET state = 'done' WHERE task = 'certificates.renew' AND generation >= :period",
                period=period,
            )
        self.drain()  # also of the renewal that may be under way


def _argv(name: str) -> list[str]:
    if name in ("relay", "schedule") or name.startswith("relay"):
        return ["-m", f"workers.{name.split('-')[0]}"]
    queues, pool, count = {
        "tickets": ("tickets,bulk", "prefork", "2"),
        "documents": ("documents", "prefork", "1"),
        "llm": ("llm", "threads", "8"),
    }[name]
    words = ["-m", "celery", "-A", "workers.app", "worker", "-n", f"{name}@%h", "-Q", queues, "--pool", pool]
    return [*words, "--concurrency", count, "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
