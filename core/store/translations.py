"""Translations of customers' messages and agents' drafts, for reviewers who do not read the language. Never sent."""

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.outbox import enqueue
from core.store.sql import execute, maybe_row, rows

What = Literal["message", "run"]  # a customer's message, or the draft of a run


class Wanted(NamedTuple):
    """A text that is to be translated."""

    text: str
    language: str
    state: str


def ask(connection: Connection, tenant_id: UUID, what: What, of: UUID, language: str, by: str) -> UUID:
    """Ask for a translation; one that failed is tried again, one that is there stays. Returns its id."""
    column = {"message": "message_id", "run": "run_id"}[what]
    row = maybe_row(
        connection,
        f"""INSERT INTO translations (id, tenant_id, {column}, language, by)
            VALUES (:id, :tenant_id, :of, :language, :by)
            ON CONFLICT ({column}, language) DO UPDATE SET asked_at = clock_timestamp(),
                state = CASE WHEN translations.state = 'failed' THEN 'waiting' ELSE translations.state END
            RETURNING id, state, extract(epoch FROM asked_at)::int AS number""",
        id=new_id(),
        tenant_id=tenant_id,
        of=of,
        language=language,
        by=by,
    )
    assert row is not None
    if row["state"] == "waiting":
        enqueue(connection, tenant_id, "text.translate", "llm", row["id"], generation=row["number"])
    return UUID(str(row["id"]))


def wanted(connection: Connection, translation_id: UUID) -> Wanted | None:
    """Return what is to be translated, None where it is gone."""
    row = maybe_row(
        connection,
        """SELECT coalesce(m.body, r.proposal ->> 'reply', '') AS text, x.language, x.state FROM translations x
           LEFT JOIN messages m ON m.id = x.message_id LEFT JOIN runs r ON r.id = x.run_id WHERE x.id = :id""",
        id=translation_id,
    )
    return None if row is None else Wanted(**row)


def settle(
    connection: Connection, translation_id: UUID, *, text: str = "", model: str = "", cost: float = 0.0, error: str = ""
) -> None:
    """Write down a translation, or why there is none."""
    execute(
        connection,
        """UPDATE translations SET state = :state, body = :text, model = :model, cost_usd = cost_usd + :cost,
               error = :error WHERE id = :id""",
        id=translation_id,
        state="failed" if error else "done",
        text=text,
        model=model,
        cost=cost,
        error=error,
    )


def of_ticket(connection: Connection, ticket_id: UUID, language: str) -> Sequence[RowMapping]:
    """Return the translations of a ticket's messages and drafts into a language."""
    return rows(
        connection,
        """SELECT x.id, x.message_id, x.run_id, x.language, x.state, x.body, x.model FROM translations x
           LEFT JOIN messages m ON m.id = x.message_id
           LEFT JOIN runs r ON r.id = x.run_id LEFT JOIN work_items w ON w.id = r.work_item_id
           WHERE x.language = :language AND (m.ticket_id = :ticket OR w.ticket_id = :ticket)""",
        language=language,
        ticket=ticket_id,
    )


def belongs(connection: Connection, what: What, of: UUID, ticket_id: UUID) -> bool:
    """Return whether a message or a run is of this ticket."""
    sql = {
        "message": "SELECT 1 FROM messages WHERE id = :of AND ticket_id = :ticket",
        "run": """SELECT 1 FROM runs r JOIN work_items w ON w.id = r.work_item_id
                  WHERE r.id = :of AND w.ticket_id = :ticket""",
    }
    return maybe_row(connection, sql[what], of=of, ticket=ticket_id) is not None
