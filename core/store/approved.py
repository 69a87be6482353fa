"""Replies of an agent that a person let go out unchanged, or judged right: what may be given again."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping

from core.store.sql import rows

MOST = 300  # the newest of one agent's fingerprint


def replies(connection: Connection, fingerprint: str) -> Sequence[RowMapping]:
    """Return first replies (question, language, proposal, customer), newest first; those judged wrong are left out."""
    return rows(
        connection,
        """SELECT btrim(t.subject || E'\\n' || m.body) AS question, r.language, r.proposal,
               coalesce(c.name, '') AS name, coalesce(c.address, '') AS address
           FROM runs r JOIN decisions d ON d.run_id = r.id JOIN work_items w ON w.id = r.work_item_id
           JOIN tickets t ON t.id = w.ticket_id LEFT JOIN customers c ON c.id = t.customer_id
           JOIN messages m ON m.ticket_id = t.id AND m.turn = 1 AND m.author = 'customer'
           LEFT JOIN audits a ON a.run_id = r.id
           WHERE r.fingerprint = :fingerprint AND w.turn = 1 AND r.kind = 'reply'
             AND (d.review = 'approved' OR a."right") AND coalesce(a."right", true)
             AND NOT jsonb_exists(r.proposal -> 'signals', 'reused')
           ORDER BY r.id DESC LIMIT :most""",
        fingerprint=fingerprint,
        most=MOST,
    )
