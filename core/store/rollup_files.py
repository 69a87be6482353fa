"""Events and roll-ups as files, for passes over the whole log: far faster than row by row.

A file has one row a line, its fields between delimiters that neither JSON nor names hold.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core.rollups import COUNTERS, DELIMITER, KINDS, MISSING
from core.store.sql import execute

# Nothing is ever quoted: JSON has no control character in it, and what stands beside it are ids, times and kinds.
_OUT = f"(FORMAT csv, DELIMITER E'\\x{ord(DELIMITER):02x}', QUOTE E'\\x02')"
BYTES = 8_000_000  # of a file in one statement


def copy_events(connection: Connection, column: str, after: UUID, events: int, out: Path) -> UUID | None:
    """Write all events of the items (column ticket_id or document_id) after one, so many and those of the last item:
    item, kind, time (UTC), run, id, data. Returns the last item, None where there are no more."""
    only = " AND document_id IS NULL" if column == "ticket_id" else ""
    statement = f"""COPY (
        SELECT {column}, kind, at AT TIME ZONE 'UTC', run_id, id, data FROM events
        WHERE {column} > %s{only} AND kind = ANY(%s)
        ORDER BY {column} FETCH FIRST %s ROWS WITH TIES) TO STDOUT {_OUT}"""
    last = b""
    with _cursor(connection).copy(statement, (after, list(KINDS), events)) as copy, out.open("wb") as file:
        for block in copy:  # one row each, as the protocol says
            file.write(block)
            last = block
    return UUID(bytes(last[:36]).decode()) if last else None


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


def mark_repeats(connection: Connection, build: int, items: Sequence[UUID]) -> None:
    """Write down that the customers of these tickets came back."""
    execute(
        connection,
        "UPDATE rollup_items SET repeated = true WHERE build = :build AND id = ANY(:items)",
        build=build,
        items=list(items),
    )


_TYPES = {
    **dict.fromkeys(("received_at", "first_answer_at", "answered_at", "due_at"), "timestamptz"),
    **dict.fromkeys(("spam", "repeated"), "boolean"),
    "id": "uuid",
    "start": "date",
    "named": "jsonb",
    "buckets": "bytea",
}


def _cursor(connection: Connection) -> Any:
    """The driver's own cursor, in the same transaction."""
    return connection.connection.cursor()
