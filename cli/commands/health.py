"""Say whether one process of this machine or container makes progress: relay, schedule, api, or a worker by its name.

For health checks: it ends with code 0 or 1. A process counts as healthy while its heartbeat in the database is young
(a worker beats from the loop that takes messages), the API while it answers from the database.

Example: saola health tickets
"""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from cli.embedded.place import holder
from cli.stack import embedded_environment
from cli.status import read_status
from core.db import Database
from core.errors import Rejected
from core.processes import beat_name
from core.settings import point_to, settings
from core.store import tenants

LATE_SECONDS = 30.0


def health(
    process: Annotated[str, typer.Argument(help="api, relay, schedule, or a worker: tickets, documents, llm.")],
    late: Annotated[
        float, typer.Option(help="Seconds without progress after which it counts as stopped.")
    ] = LATE_SECONDS,
) -> None:
    try:
        url = find_embedded(settings().home.absolute()) if not settings().database_url else ""
        current = settings()
        if process == "api":
            fault = api_fault(url or f"http://127.0.0.1:{current.port}")
        else:
            fault = beat_fault(current.database_url, process, late)
    except Exception as error:  # whatever it is, the process cannot be called healthy
        fault = f"{type(error).__name__}: {error}"
    if fault:
        typer.echo(f"{process}: {fault}", err=True)
        raise typer.Exit(1)


def find_embedded(home: Path) -> str:
    """Point this process to the embedded servers of `home`; return where its API answers. Raises Rejected."""
    status = read_status(home)
    if status is None or holder(home, "saola") is None:
        raise Rejected(f"nothing runs in {home}")
    point_to(embedded_environment(settings(), home))
    return status.url


def beat_fault(database_url: str, process: str, late: float) -> str:
    """Return what is wrong with a process that beats, '' if nothing is."""
    database = Database(database_url, pool_size=1)
    try:
        with database.transaction() as connection:
            row = tenants.last_beat(connection, beat_name(process))
    finally:
        database.close()
    if row is None:
        return "has not made progress yet"
    return f"no progress for {row['age']:.0f} seconds" if row["age"] > late else ""


def api_fault(url: str) -> str:
    """Return what is wrong with the API, '' if it answers from the database, whatever becomes of the rest."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310 - our own address
            return ""
    except urllib.error.HTTPError as answer:
        told = json.loads(answer.read())
        return "" if "beats" in told else str(told.get("detail", answer.code))
