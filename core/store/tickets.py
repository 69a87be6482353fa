"""Tickets as the background work sees them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from core.store.sql import rows


def answered_before(connection: Connection, moment: datetime, limit: int = 1000) -> list[tuple[UUID, datetime]]:
    """Return tickets that wait for their customer since before `moment`, with the time of their last message."""
    found = rows(
        connection,
        """SELECT t.id, max(m.at) AS last FROM tickets t JOIN messages m ON m.ticket_id = t.id
           WHERE t.state = 'waiting' GROUP BY t.id HAVING max(m.at) < :moment ORDER BY t.id LIMIT :limit""",
        moment=moment,
        limit=limit,
    )
    return [(row["id"], row["last"]) for row in found]


def by_external_id(connection: Connection, prefix: str) -> dict[str, tuple[UUID, datetime]]:
    """Return id and time of arrival of tickets by what follows `prefix` in their external id."""
    found = rows(
        connection,
        """SELECT external_id, id, received_at FROM tickets WHERE starts_with(external_id, :prefix)
           ORDER BY received_at""",
        prefix=prefix,
    )
    return {row["external_id"].removeprefix(prefix): (row["id"], row["received_at"]) for row in found}
