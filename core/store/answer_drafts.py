"""Answers that people draft for agents, and what the past says about them: how customers asked, what staff answered."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.errors import Rejected
from core.ids import new_id
from core.store.sql import Jsonb, execute, maybe_row, one_row, rows


def save(
    connection: Connection, tenant_id: UUID, agent: str, intent: str, content: Mapping[str, Any], *, by: str
) -> UUID:
    """Keep a draft of an intent's answers; there is one open draft of an intent of an agent, and this is now it."""
    row = one_row(
        connection,
        """INSERT INTO answer_drafts (id, tenant_id, agent, intent, content, by)
           VALUES (:id, :tenant_id, :agent, :intent, :content, :by)
           ON CONFLICT (tenant_id, agent, intent) WHERE state = 'open'
           DO UPDATE SET content = excluded.content, by = excluded.by, created_at = clock_timestamp() RETURNING id""",
        id=new_id(),
        tenant_id=tenant_id,
        agent=agent,
        intent=intent,
        content=Jsonb(dict(content)),
        by=by,
    )
    return UUID(str(row["id"]))


def waiting(connection: Connection) -> Sequence[RowMapping]:
    """Return the open drafts, oldest first."""
    return rows(
        connection,
        "SELECT id, agent, intent, content, by, created_at FROM answer_drafts WHERE state = 'open' ORDER BY created_at",
    )


def find(connection: Connection, draft_id: UUID) -> RowMapping:
    """Return a draft, locked. Raises Rejected (code not_found)."""
    row = maybe_row(connection, "SELECT * FROM answer_drafts WHERE id = :id FOR UPDATE", id=draft_id)
    if row is None:
        raise Rejected("there is no such draft", code="not_found", hint="List them: GET /v1/answer-drafts")
    return row


def settle(connection: Connection, draft_id: UUID, state: str, by: str) -> None:
    """Say what became of an open draft: approved or dropped. Raises Rejected: not_found, already_reviewed."""
    if find(connection, draft_id)["state"] != "open":
        raise Rejected("the draft is settled already", code="already_reviewed", hint="Reload the page.")
    execute(
        connection,
        """UPDATE answer_drafts SET state = :state, settled_by = :by, settled_at = clock_timestamp()
           WHERE id = :id""",
        id=draft_id,
        state=state,
        by=by,
    )


def questions(connection: Connection, intent: str, limit: int) -> Sequence[RowMapping]:
    """Return the newest first messages of an intent that no agent dealt with: ticket_id, subject, text, language."""
    return rows(
        connection,
        """SELECT t.id AS ticket_id, t.subject, m.body AS text, t.language FROM tickets t
           JOIN messages m ON m.ticket_id = t.id AND m.turn = 1 AND m.author = 'customer'
           WHERE t.intent = :intent AND coalesce(t.outcome, '') NOT IN ('automated', 'approved')
             AND coalesce(t.closed_by, '') <> 'spam' AND t.merged_into IS NULL
           ORDER BY t.received_at DESC, t.id DESC LIMIT :limit""",
        intent=intent,
        limit=limit,
    )


def replies(connection: Connection, intent: str, limit: int) -> Sequence[RowMapping]:
    """Return what staff answered to tickets of an intent, newest first: text, language, customer's and staff's name."""
    return rows(
        connection,
        """SELECT m.body AS text, t.language, coalesce(c.name, '') AS customer_name, coalesce(u.name, '') AS staff_name
           FROM tickets t JOIN messages m ON m.ticket_id = t.id AND m.author = 'staff'
           LEFT JOIN customers c ON c.id = t.customer_id LEFT JOIN users u ON u.email = m.by
           WHERE t.intent = :intent ORDER BY m.at DESC LIMIT :limit""",
        intent=intent,
        limit=limit,
    )
