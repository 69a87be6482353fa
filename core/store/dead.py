"""Dead letters as people look at them: with the ticket or document they are about. Read only."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping

from core.store.sql import rows


def letters(connection: Connection, limit: int = 200) -> Sequence[RowMapping]:
    """Return the tenant's dead letters, newest first, each with its ticket or document where it has one."""
    return rows(
        connection,
        """SELECT o.id, o.task, o.queue, o.subject_id, o.attempts, o.error, o.created_at, o.finished_at,
               coalesce(w.ticket_id, v.ticket_id) AS ticket_id, w.document_id,
               coalesce(t.subject, x.filename, '') AS subject
           FROM outbox o LEFT JOIN work_items w ON w.id = o.subject_id LEFT JOIN deliveries v ON v.id = o.subject_id
           LEFT JOIN tickets t ON t.id = coalesce(w.ticket_id, v.ticket_id)
           LEFT JOIN documents x ON x.id = w.document_id
           WHERE o.state = 'dead' ORDER BY o.finished_at DESC LIMIT :limit""",
        limit=limit,
    )
