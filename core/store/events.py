"""The append-only event log: writing, streaming in commit order, reading a period."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.events import Event
from core.ids import new_id
from core.store.sql import Jsonb, execute_many, maybe_row, rows, stream_rows

_COLUMNS = "id, tenant_id, kind, at, ticket_id, document_id, work_item_id, run_id, data"


def append(connection: Connection, *events: Event) -> None:
    """Append events in the caller's transaction."""
    execute_many(
        connection,
        """INSERT INTO events (id, tenant_id, kind, at, ticket_id, document_id, work_item_id, run_id, data)
           VALUES (:id, :tenant_id, :kind, :at, :ticket_id, :document_id, :work_item_id, :run_id, :data)""",
        [{"id": new_id(), **event.model_dump(exclude={"data"}), "data": Jsonb(event.data)} for event in events],
    )


def newest_cursor(connection: Connection) -> str:
    """Return the cursor after everything that is safely committed now."""
    row = maybe_row(connection, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid")
    return f"{row['xid'] if row else 0}.0"


def after_cursor(
    connection: Connection, cursor: str, limit: int = 200, ticket_id: UUID | None = None
) -> tuple[Sequence[RowMapping], str]:
    """Return events after a cursor in commit-safe order, and the next cursor.

    A transaction that began earlier may commit later; rows are read only up to the oldest transaction still running,
    so no event is ever skipped (the technique of transactional outbox readers by xid and snapshot xmin).
    A cursor is "xid.uuid" of the last event seen. Raises ValueError for a malformed cursor.
    """
    xid, _, last = cursor.partition(".")
    found = rows(
        connection,
        f"""SELECT {_COLUMNS}, xid::text AS xid FROM events
            WHERE (xid, id) > (CAST(CAST(:xid AS text) AS xid8), CAST(:last AS uuid))
              AND xid < pg_snapshot_xmin(pg_current_snapshot())
              AND (CAST(:ticket AS uuid) IS NULL OR ticket_id = :ticket)
            ORDER BY xid, id LIMIT :limit""",
        xid=str(int(xid)),
        last=UUID(last) if last not in ("", "0") else UUID(int=0),
        ticket=ticket_id,
        limit=limit,
    )
    return found, f"{found[-1]['xid']}.{found[-1]['id']}" if found else cursor


def of_ticket(connection: Connection, ticket_id: UUID) -> Sequence[RowMapping]:
    """Return a ticket's events, oldest first."""
    return rows(
        connection,
        f"SELECT {_COLUMNS}, written_at FROM events WHERE ticket_id = :id ORDER BY at, id",
        id=ticket_id,
    )


def of_document(connection: Connection, document_id: UUID) -> Sequence[RowMapping]:
    """Return a document's events, oldest first."""
    return rows(
        connection,
        f"SELECT {_COLUMNS}, written_at FROM events WHERE document_id = :id ORDER BY at, id",
        id=document_id,
    )


def of_cohort(connection: Connection, since: datetime, until: datetime, origin: str | None = None) -> Iterator[Event]:
    """Yield the events of all items received in [since, until), whenever those happened, oldest first.

    `origin` narrows to items of one origin (live, import, demo).
    """
    result = rows(
        connection,
        """WITH cohort AS (
               SELECT DISTINCT coalesce(ticket_id, document_id) AS item FROM events
               WHERE kind IN ('ticket.received', 'document.received') AND at >= :since AND at < :until
                 AND (CAST(:origin AS text) IS NULL OR data ->> 'origin' = :origin))
           SELECT e.tenant_id, e.kind, e.at, e.ticket_id, e.document_id, e.work_item_id, e.run_id, e.data
           FROM events e JOIN cohort ON coalesce(e.ticket_id, e.document_id) = cohort.item ORDER BY e.at, e.id""",
        since=since,
        until=until,
        origin=origin,
    )
    for row in result:
        yield Event.model_construct(**row)


def stream(connection: Connection, since: datetime, until: datetime) -> Iterator[RowMapping]:
    """Yield every event that happened in [since, until), oldest first, without holding them all in memory."""
    yield from stream_rows(
        connection,
        """SELECT id, kind, at, ticket_id, document_id, work_item_id, run_id, data FROM events
           WHERE at >= :since AND at < :until ORDER BY at, id""",
        since=since,
        until=until,
    )
