"""`python -m bench.intake [PATH]`: how many tickets a second the API takes in, each committed before its 202.

The API runs as one uvicorn process on embedded PostgreSQL with fsync on; 32 keep-alive connections on the same machine
send POST /v1/tickets, without and with an Idempotency-Key, and POST /v1/tickets:batch of 100. Every accepted ticket is
counted in the database afterwards. PATH is a CSV with a column text (default: a made-up message).

Yardstick, in the same run: a bare FastAPI route that does one INSERT and COMMIT through psycopg, same server settings.
"""

import argparse
import csv
import json
import socket
import subprocess
import sys
import time
from asyncio import IncompleteReadError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bench import http_load
from bench.http_load import Load
from cli.embedded.temporary import Database, Servers, temporary_servers
from core.db import Database as Connected
from core.db import migrate
from core.ids import new_id
from core.keys import make_key
from core.settings import environment_for_children
from core.store import accounts, tenants
from core.store.sql import scalar

TEXT = "Hello, my order has not arrived and the tracking page shows nothing since Monday. Can you look, please?"
BATCH = 100
BARE_TABLE = "CREATE TABLE bare (id uuid PRIMARY KEY, body text NOT NULL); GRANT INSERT, SELECT ON bare TO saola_app"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its table and, last, its JSON line."""
    given = _options(arguments)
    started = time.monotonic()
    bodies = [json.dumps({"text": text}).encode() for text in _texts(given.path, given.requests)]
    with temporary_servers() as servers:
        ours, kept = _saola(servers, bodies, given.connections)
        bare = _bare(servers, bodies, given.connections)
    _report(given, ours, kept, bare, time.monotonic() - started)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.intake", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("path", type=Path, nargs="?", help="a CSV with a column text")
    parser.add_argument("--requests", type=int, default=6000)
    parser.add_argument("--connections", type=int, default=32)
    return parser.parse_args(arguments)


def _texts(path: Path | None, count: int) -> list[str]:
    found = [TEXT]
    if path:
        with path.open(newline="", encoding="utf-8") as file:
            found = [row["text"] for row in csv.DictReader(file) if row["text"].strip()]
    return [found[i % len(found)] for i in range(count)]


def _saola(servers: Servers, bodies: list[bytes], connections: int) -> tuple[dict[str, Load], int]:
    """Load the API in three ways; returns the loads and how many tickets are in the database."""
    database = servers.create_database("intake")
    migrate(database.owner_url)
    tenant, key = _tenant(database)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    batches = [b'{"tickets": [' + b",".join(bodies[i : i + BATCH]) + b"]}" for i in range(0, len(bodies), BATCH)]
    with _served("api.main:app", servers.environment(database)) as port:
        host = f"127.0.0.1:{port}"
        plain = http_load.prepared("POST", "/v1/tickets", host, headers, bodies)
        keyed = [
            http_load.prepared("POST", "/v1/tickets", host, {**headers, "Idempotency-Key": str(uuid4())}, [body])[0]
            for body in bodies
        ]
        batched = http_load.prepared("POST", "/v1/tickets:batch", host, headers, batches)
        http_load.run("127.0.0.1", port, plain[:500], connections)  # warm
        loads = {
            "plain": http_load.run("127.0.0.1", port, plain, connections),
            "keyed": http_load.run("127.0.0.1", port, keyed, connections),
            "batch": http_load.run("127.0.0.1", port, batched, 4),
        }
    return loads, _count(database, tenant) - len(plain[:500])


def _bare(servers: Servers, bodies: list[bytes], connections: int) -> Load:
    database = servers.create_database("bare")
    with psycopg.connect(database.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(BARE_TABLE)
    with _served("bench.intake_bare:app", servers.environment(database)) as port:
        headers = {"Content-Type": "application/json"}
        requests = http_load.prepared("POST", "/", f"127.0.0.1:{port}", headers, bodies)
        http_load.run("127.0.0.1", port, requests[:500], connections)
        return http_load.run("127.0.0.1", port, requests, connections)


def _tenant(database: Database) -> tuple[UUID, str]:
    tenant, key = new_id(), make_key()
    connected = Connected(database.app_url)
    with connected.transaction(tenant) as connection:
        tenants.make(connection, tenant, "bench")
        accounts.add_key(connection, tenant, name="bench", prefix=key.prefix, digest=key.digest, scopes=["staff"])
    connected.close()
    return tenant, key.text


def _count(database: Database, tenant: UUID) -> int:
    """Tickets that have their work item and their job: all three, or the intake broke its promise."""
    connected = Connected(database.app_url)
    with connected.transaction(tenant) as connection:
        found = scalar(
            connection,
            """SELECT count(*) FROM tickets t JOIN work_items w ON w.ticket_id = t.id
               JOIN outbox o ON o.subject_id = w.id""",
        )
    connected.close()
    return int(found)


@contextmanager
def _served(app: str, environment: dict[str, str]) -> Iterator[int]:
    """Serve an application with one uvicorn process on a free port, as `saola up` does; yields the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        port = int(listener.getsockname()[1])
        words = [sys.executable, "-m", "bench.intake_bare", "--serve", app, str(listener.fileno())]
        process = subprocess.Popen(
            words, env=environment_for_children(environment), pass_fds=(listener.fileno(),), stdout=subprocess.DEVNULL
        )
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            http_load.run("127.0.0.1", port, http_load.prepared("GET", "/healthz", "localhost", {}, [b""]), 1)
            return
        except (OSError, IncompleteReadError):
            time.sleep(0.1)
    raise TimeoutError("the server did not answer within a minute")


def _report(given: argparse.Namespace, ours: dict[str, Load], kept: int, bare: Load, seconds: float) -> None:
    sent = {name: len(load.each) * (BATCH if name == "batch" else 1) for name, load in ours.items()}
    refused = sum(load.refused for load in ours.values()) + bare.refused
    print(f"{given.requests} tickets, {given.connections} connections, one API process, fsync on")
    print(f"{'':<34}{'tickets/s':>10}{'p50 ms':>9}{'p99 ms':>9}")
    names = {"plain": "POST /v1/tickets", "keyed": "  with an Idempotency-Key", "batch": "POST /v1/tickets:batch (100)"}
    rows = [(names[name], sent[name] / load.seconds, load) for name, load in ours.items()]
    for name, rate, load in (*rows, ("bare FastAPI and one INSERT", bare.per_second, bare)):
        print(f"{name:<34}{rate:>10.0f}{load.quantile(0.5):>9.1f}{load.quantile(0.99):>9.1f}")
    print(f"accepted {sum(sent.values())}, in the database with their jobs {kept}, refused {refused}")
    figures: dict[str, Any] = {
        "requests_per_second": round(ours["plain"].per_second, 1),
        "p50_ms": ours["plain"].quantile(0.5),
        "p99_ms": ours["plain"].quantile(0.99),
        "keyed_requests_per_second": round(ours["keyed"].per_second, 1),
        "batch_tickets_per_second": round(sent["batch"] / ours["batch"].seconds, 1),
        "ratio": round(ours["plain"].per_second / bare.per_second, 4),
        "lost": sum(sent.values()) - kept,
        "refused": refused,
    }
    yardstick = {
        "requests_per_second": round(bare.per_second, 1),
        "p50_ms": bare.quantile(0.5),
        "p99_ms": bare.quantile(0.99),
    }
    data = str(given.path or "made-up message")
    n = given.requests
    line = {"bench": "intake", "data": data, "n": n, "seconds": round(seconds, 1), "figures": figures}
    print(json.dumps({**line, "yardstick": yardstick}))


if __name__ == "__main__":
    main()
