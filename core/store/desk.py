"""What waits on a person's desk: decisions to review, audits to judge, figures of one agent. Read only."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store.sql import maybe_row, rows, scalar


def open_reviews(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """Return decisions that wait for a reviewer, oldest first."""
    return rows(
        connection,
        """SELECT d.id AS decision_id, w.ticket_id, w.document_id, coalesce(t.subject, x.filename, '') AS subject,
               r.agent, r.intent, r.language, r.kind, d.action, d.reasons,
               coalesce(r.proposal ->> 'reply', '') AS reply,
               coalesce(t.priority, 'normal') AS priority, coalesce(t.received_at, x.received_at) AS received_at,
               EXISTS (SELECT 1 FROM audits a WHERE a.run_id = r.id AND a.state = 'open') AS audit_open
           FROM decisions d JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
           LEFT JOIN tickets t ON t.id = w.ticket_id LEFT JOIN documents x ON x.id = w.document_id
           WHERE d.review = 'open' ORDER BY d.created_at LIMIT :limit""",
        limit=limit,
    )


def open_audit(connection: Connection, audit_id: UUID) -> RowMapping | None:
    """Return whether an audit is open, judged or unknown, and which item it is about; never its score."""
    return maybe_row(
        connection,
        """SELECT a.id, a.state, a.agent, w.ticket_id, w.document_id, w.turn,
               coalesce(t.shift_seconds, x.shift_seconds, 0) AS shift_seconds
           FROM audits a JOIN work_items w ON w.id = a.work_item_id
           LEFT JOIN tickets t ON t.id = w.ticket_id LEFT JOIN documents x ON x.id = w.document_id
           WHERE a.id = :id""",
        id=audit_id,
    )


def agent_counts(connection: Connection, names: Sequence[str] | None = None) -> Sequence[RowMapping]:
    """Return for each agent, or for those of these names, of the last 30 days: runs, automated, held, declined, cost
    and last run."""
    wanted = "" if names is None else "AND r.agent = ANY(:names)"
    return rows(
        connection,
        f"""SELECT r.agent, count(*) AS runs, count(*) FILTER (WHERE d.action = 'automate') AS automated,
               count(*) FILTER (WHERE d.action = 'hold') AS held,
               count(*) FILTER (WHERE d.action = 'decline') AS declined,
               sum(r.cost_usd) AS cost_usd, max(r.created_at) AS last_run
           FROM runs r LEFT JOIN decisions d ON d.run_id = r.id
           WHERE NOT r.shadow AND r.created_at > now() - interval '30 days' {wanted}
           GROUP BY r.agent""",
        **({"names": list(names)} if names is not None else {}),
    )


def states(connection: Connection) -> Sequence[RowMapping]:
    """Return how many tickets are in each state and need which attention."""
    return rows(connection, "SELECT state, attention, count(*) AS tickets FROM tickets GROUP BY state, attention")


def actions(connection: Connection, after: UUID, until: UUID) -> Counter[str]:
    """Return how many decisions with an id in (after, until] there are by action, shadow runs left out."""
    found = rows(
        connection,
        """SELECT d.action, count(*) AS decisions FROM decisions d JOIN runs r ON r.id = d.run_id
           WHERE NOT r.shadow AND d.id > :after AND d.id <= :until GROUP BY d.action""",
        after=after,
        until=until,
    )
    return Counter({str(row["action"]): int(row["decisions"]) for row in found})


def any_ticket(connection: Connection) -> bool:
    """Return whether any ticket ever came: before, pages say how they come."""
    return bool(scalar(connection, "SELECT EXISTS (SELECT 1 FROM tickets)"))


def any_simulated(connection: Connection) -> bool:
    """Return whether any audit was judged by a simulated reviewer: pages that show figures then say so."""
    return bool(scalar(connection, "SELECT EXISTS (SELECT 1 FROM audits WHERE simulated)"))


def next_review(connection: Connection, after: UUID | None) -> UUID | None:
    """Return the ticket whose draft has waited longest, another one than `after`; None when no draft waits."""
    return _longest_waiting(connection, "ticket", after)


def next_document(connection: Connection, after: UUID | None) -> UUID | None:
    """Return the document whose values have waited longest for a reviewer, another one than `after`."""
    return _longest_waiting(connection, "document", after)


def _longest_waiting(connection: Connection, kind: Literal["ticket", "document"], after: UUID | None) -> UUID | None:
    found = scalar(
        connection,
        f"""SELECT x.id FROM decisions d JOIN work_items w ON w.id = d.work_item_id JOIN {kind}s x ON x.id = w.{kind}_id
            WHERE d.review = 'open' AND x.attention = 'review' AND x.id IS DISTINCT FROM :after
            ORDER BY d.created_at LIMIT 1""",
        after=after,
    )
    return None if found is None else UUID(str(found))
