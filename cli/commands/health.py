"""Say whether one process of this machine or container makes progress: relay, schedule, api, or a worker by its name.

For health checks: it ends with code 0 or 1. A process counts as healthy while its heartbeat in the database is young
(a worker beats from the loop that takes messages), the API while it answers from the database.

Example: saola health tickets
"""

import http.client
import json
from typing import Annotated

import typer

from core.db import Database
from core.processes import beat_name
from core.settings import Settings, settings
from core.store import tenants

LATE_SECONDS = 30.0


def health(
    process: Annotated[str, typer.Argument(help="api, relay, schedule, or a worker: tickets, documents, llm.")],
    late: Annotated[
        float, typer.Option(help="Seconds without progress after which it counts as stopped.")
    ] = LATE_SECONDS,
) -> None:
    try:
        fault = api_fault(settings()) if process == "api" else beat_fault(settings().database_url, process, late)
    except Exception as error:  # whatever it is, the process cannot be called healthy
        fault = f"{type(error).__name__}: {error}"
    if fault:
        typer.echo(f"{process}: {fault}", err=True)
        raise typer.Exit(1)


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


def api_fault(current: Settings) -> str:
    """Return what is wrong with the API, '' if it answers from the database, whatever becomes of the rest."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(current.host, current.host)  # noqa: S104 - compared
    connection = http.client.HTTPConnection(host, current.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        told = json.loads(answer.read())
    finally:
        connection.close()
    return "" if answer.status == 200 or "beats" in told else str(told.get("detail", answer.status))
