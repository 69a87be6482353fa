"""A customer's record: who they are, and everything that came from them. Read only."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store.sql import maybe_row, rows

SHOWN = 200  # newest tickets and documents


def find(connection: Connection, customer_id: UUID) -> RowMapping | None:
    """Return a customer (id, name, address, verified, since), or None."""
    return maybe_row(
        connection,
        "SELECT id, name, address, verified, created_at AS since FROM customers WHERE id = :id",
        id=customer_id,
    )


def tickets(connection: Connection, customer_id: UUID) -> Sequence[RowMapping]:
    """Return a customer's tickets, newest first."""
    return rows(
        connection,
        """SELECT id, subject, channel, language, intent, agent, priority, state, attention, outcome, taken_by,
               assigned_to, received_at, first_reply_at, closed_at,
               (SELECT left(m.body, 200) FROM messages m WHERE m.ticket_id = t.id AND m.author = 'customer'
                ORDER BY m.id LIMIT 1) AS snippet
           FROM tickets t WHERE customer_id = :id ORDER BY received_at DESC, id DESC LIMIT :shown""",
        id=customer_id,
        shown=SHOWN,
    )


def documents(connection: Connection, customer_id: UUID) -> Sequence[RowMapping]:
    """Return a customer's documents, those of their tickets included, newest first."""
    return rows(
        connection,
        """SELECT id, ticket_id, filename, media_type, size, state, type, attention, outcome, received_at
           FROM documents WHERE customer_id = :id
               OR ticket_id IN (SELECT id FROM tickets WHERE customer_id = :id)
           ORDER BY received_at DESC, id DESC LIMIT :shown""",
        id=customer_id,
        shown=SHOWN,
    )


def open_tickets(connection: Connection, customer_id: UUID, other_than: UUID) -> Sequence[RowMapping]:
    """Return a customer's other tickets that are not closed, newest first: what a ticket may be merged into."""
    return rows(
        connection,
        """SELECT id, subject, received_at FROM tickets
           WHERE customer_id = :id AND id <> :other AND state <> 'closed' AND merged_into IS NULL
           ORDER BY received_at DESC, id DESC LIMIT 20""",
        id=customer_id,
        other=other_than,
    )
