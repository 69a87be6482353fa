"""Take in past tickets from a CSV or JSONL file, so that agents can be trained and judged on them.

Name the file's columns by options. Rows that cannot be used are written to FILE.rejected.csv with the reason; importing
a file again adds nothing twice.

Example: saola import past.csv --text body --subject title --received-at created --reply answer --label intent
"""

import csv
from itertools import islice
from pathlib import Path
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import track

from cli.connect import connected
from cli.imports import ENCODING, Columns, PastTicket, check_columns, past_ticket, read_rows
from core.db import app_database
from core.errors import Rejected
from core.store import intake, policies, tenants

BATCH = 200


def import_(
    file: Annotated[Path, typer.Argument(help="CSV with a header line, or JSONL.")],
    text: Annotated[str, typer.Option(help="Column with the customer's message.")] = "text",
    subject: Annotated[str, typer.Option(help="Column with the subject.")] = "",
    language: Annotated[str, typer.Option(help="Column with the language (vi, en, de ...).")] = "",
    channel: Annotated[str, typer.Option(help="Column with the channel.")] = "",
    customer: Annotated[str, typer.Option(help="Column with the customer's address.")] = "",
    name: Annotated[str, typer.Option(help="Column with the customer's name.")] = "",
    received_at: Annotated[str, typer.Option(help="Column with the time of arrival (ISO 8601).")] = "",
    closed_at: Annotated[str, typer.Option(help="Column with the time of closing.")] = "",
    reply: Annotated[str, typer.Option(help="Column with the reply that was sent.")] = "",
    label: Annotated[
        str, typer.Option(help="Column with the true intent as agent/intent, empty where none fits.")
    ] = "",
    minutes: Annotated[str, typer.Option(help="Column with the minutes a person spent on it.")] = "",
    id_column: Annotated[str, typer.Option("--id", help="Column that identifies a row; else its content does.")] = "",
    group: Annotated[str, typer.Option(help="Column with the customer's group, by which figures are told too.")] = "",
    limit: Annotated[int, typer.Option(help="Import at most so many rows.")] = 0,
    encoding: Annotated[str, typer.Option(help=ENCODING)] = "",
) -> None:
    columns = Columns(
        *(text, subject, language, channel, customer, name, received_at, closed_at, reply, label, minutes, id_column),
        group,
    )
    with connected() as tenant:
        import_file(tenant, file, columns, Console(stderr=True), limit=limit, encoding=encoding)


def import_file(
    tenant: UUID, file: Path, columns: Columns, console: Console, *, limit: int = 0, encoding: str = ""
) -> None:
    """Import a file for a tenant and say what came of it. Raises Rejected for a file that cannot be read at all."""
    rows = list(islice(read_rows(file, encoding), limit or None))
    if not rows:
        raise Rejected(f"{file} has no rows", code="file_empty")
    check_columns(columns, rows[0][1])
    with app_database().transaction(tenant) as connection:
        zone = ZoneInfo(str(tenants.current(connection)["timezone"]))
    good, bad = [], []
    for line, row in rows:
        try:
            good.append(past_ticket(row, columns, zone))
        except Rejected as error:
            bad.append({"line": line, "why": str(error), **row})
    added = store(tenant, good, console)
    console.print(f"{added:,} tickets imported, {len(good) - added} were there already, {len(bad)} rows rejected.")
    if bad:
        rejected = file.with_name(file.name + ".rejected.csv")
        with rejected.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(bad[0]), extrasaction="ignore")
            writer.writeheader()
            writer.writerows(bad)
        console.print(f"The rejected rows and why: {rejected}")


def store(tenant: UUID, past: list[PastTicket], console: Console) -> int:
    """Store past tickets, a few hundred in one commit; returns how many were new."""
    added = 0
    for start in track(range(0, len(past), BATCH), description="   importing", console=console):
        with app_database().transaction(tenant) as connection:
            for one in past[start : start + BATCH]:
                ticket_id = intake.add_ticket(connection, tenant, one.ticket, work=False)
                if ticket_id is None:
                    continue
                added += 1
                if one.reply:
                    at = one.closed_at or one.ticket.received_at
                    intake.add_past_reply(connection, tenant, ticket_id, one.reply, at, one.seconds)
                if one.label is not None:
                    policies.add_label(connection, tenant, ticket_id, one.label, "import", one.ticket.received_at)
    return added
