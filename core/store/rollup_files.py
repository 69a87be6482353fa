"""Events and roll-ups as files, for passes over the whole log: far faster than row by row.

A file has one row a line, its fields between delimiters that neither JSON nor names hold.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core.rollups import COUNTERS, DELIMITER, KINDS, MISSING
from core.store.sql import execute, scalar

# Nothing is ever quoted: JSON has no control character in it, and what stands beside it are ids, times and kinds.
_OUT = f"(FORMAT csv, DELIMITER E'\\x{ord(DELIMITER):02x}', QUOTE E'\\x02')"
BYTES = 8_000_000  # of a file in one statement


def next_item(connection: Connection, column: str, after: UUID, events: int) -> UUID | None:
    """Return the last ticket or document (column ticket_id or document_id) of the next so many events by item after
    this one; None where there are no more."""
    found = scalar(
        connection,
        f"""SELECT coalesce(
                (SELECT {column} FROM events WHERE {column} > :after ORDER BY {column} OFFSET :events LIMIT 1),
                (SELECT {column} FROM events WHERE {column} > :after ORDER BY {column} DESC LIMIT 1))""",
        after=after,
        events=events - 1,
    )
    return None if found is None else UUID(str(found))


def copy_events(connection: Connection, column: str, after: UUID, last: UUID, out: Path) -> None:
    """Write the events of the items after one, up to another: kind, time (UTC), item, run, id, data."""
    only = " AND document_id IS NULL" if column == "ticket_id" else ""
    statement = f"""COPY (SELECT kind, at AT TIME ZONE 'UTC', {column}, run_id, id, data FROM events
        WHERE {column} > %s AND {column} <= %s{only} AND kind = ANY(%s)) TO STDOUT {_OUT}"""
    with _cursor(connection).copy(statement, (after, last, list(KINDS))) as copy, out.open("wb") as file:
        for block in copy:
            file.write(block)


def fill(connection: Connection, tenant_id: UUID, build: int, table: str, columns: Sequence[str], file: Path) -> int:
    """Add a file of rows to a table of roll-ups. Returns how many there were."""
    names = ", ".join(columns)
    types = _TYPES if table == "rollup_items" else _TYPES | dict.fromkeys(COUNTERS, "bigint")
    values = ", ".join(f"CAST(field[{i}] AS {types.get(name, 'text')})" for i, name in enumerate(columns, start=1))
    # COPY cannot write where row-level security is; INSERT checks it.
    statement = f"""INSERT INTO {table} (tenant_id, build, {names}) SELECT :tenant_id, :build, {values}
        FROM string_to_table(:lines, E'\n') AS line,
            LATERAL string_to_array(line, :delimiter, :missing) AS field"""
    written = 0
    with file.open("rb") as lines:
        while block := lines.readlines(BYTES):
            text = b"".join(block).decode().removesuffix("\n")
            written += execute(
                connection,
                statement,
                tenant_id=tenant_id,
                build=build,
                lines=text,
                delimiter=DELIMITER,
                missing=MISSING,
            )
    return written


_TYPES = {
    **dict.fromkeys(("received_at", "first_answer_at", "answered_at", "due_at"), "timestamptz"),
    **dict.fromkeys(("spam", "repeated"), "boolean"),
    "id": "uuid",
    "start": "date",
    "held": "jsonb",
    "buckets": "bytea",
}


def _cursor(connection: Connection) -> Any:
    """The driver's own cursor, in the same transaction."""
    return connection.connection.cursor()
