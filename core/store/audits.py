"""Audits: runs drawn at random with recorded probability, and what reviewers judged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import is_simulated
from core.errors import Rejected
from core.events import Event
from core.ids import new_id
from core.store import events
from core.store.sql import execute, maybe_row, rows


def waiting(connection: Connection, limit: int = 50) -> Sequence[RowMapping]:
    """Return open audits, oldest first, without score or decision: the reviewer judges blind."""
    return rows(
        connection,
        """SELECT a.id, a.agent, a.intent, a.language, a.drawn_at, a.due_at, w.ticket_id, w.document_id, w.turn,
               r.proposal ->> 'reply' AS reply, r.proposal -> 'actions' AS actions, r.proposal -> 'fields' AS fields,
               r.proposal -> 'sources' AS sources, t.subject,
               (SELECT body FROM messages m WHERE m.ticket_id = w.ticket_id AND m.turn = w.turn
                AND m.author = 'customer' LIMIT 1) AS question
           FROM audits a JOIN runs r ON r.id = a.run_id JOIN work_items w ON w.id = a.work_item_id
           LEFT JOIN tickets t ON t.id = w.ticket_id
           WHERE a.state = 'open' ORDER BY a.id LIMIT :limit""",
        limit=limit,
    )


def judge(
    connection: Connection,
    tenant_id: UUID,
    audit_id: UUID,
    *,
    right: bool,
    critical: bool = False,
    note: str = "",
    by: str,
    at: datetime,
) -> RowMapping:
    """Record a judgement; judging again corrects the earlier one and both are kept. Returns the audit, score included.

    Raises Rejected (code not_found).
    """
    row = maybe_row(
        connection,
        """UPDATE audits a SET state = 'judged', "right" = :right, critical = :critical, judged_by = :by,
               simulated = :simulated, judged_at = clock_timestamp()
           FROM work_items w LEFT JOIN tickets t ON t.id = w.ticket_id LEFT JOIN documents d ON d.id = w.document_id
           WHERE a.id = :id AND w.id = a.work_item_id
           RETURNING a.id, a.run_id, a.work_item_id, a.agent, a.fingerprint, a.score, a.probability, a.action,
               w.ticket_id, w.document_id, coalesce(t.shift_seconds, d.shift_seconds, 0) AS shift_seconds""",
        id=audit_id,
        right=right,
        critical=critical,
        by=by,
        simulated=is_simulated(by),
    )
    if row is None:
        raise Rejected("there is no such audit", code="not_found", hint="List what waits: GET /v1/audits")
    execute(
        connection,
        """INSERT INTO judgements (id, tenant_id, audit_id, "right", critical, note, by, simulated)
           VALUES (:id, :tenant_id, :audit_id, :right, :critical, :note, :by, :simulated)""",
        id=new_id(),
        tenant_id=tenant_id,
        audit_id=audit_id,
        right=right,
        critical=critical,
        note=note,
        by=by,
        simulated=is_simulated(by),
    )
    events.append(
        connection,
        Event(
            kind="audit.judged",
            at=at - timedelta(seconds=row["shift_seconds"]),
            tenant_id=tenant_id,
            ticket_id=row["ticket_id"],
            document_id=row["document_id"],
            work_item_id=row["work_item_id"],
            run_id=row["run_id"],
            data={
                "right": right,
                "critical": critical,
                "by": by,
                "simulated": is_simulated(by),
                "probability": row["probability"],
                "agent": row["agent"],
                "fingerprint": row["fingerprint"],
            },
        ),
    )
    return row


def progress(connection: Connection) -> Sequence[RowMapping]:
    """Return for each agent: audits open, judged and judged right."""
    return rows(
        connection,
        """SELECT agent, count(*) FILTER (WHERE state = 'open') AS open,
               count(*) FILTER (WHERE state = 'judged') AS judged, count(*) FILTER (WHERE "right") AS "right"
           FROM audits GROUP BY agent ORDER BY agent""",
    )


def evidence(connection: Connection) -> Sequence[RowMapping]:
    """Return judged audits, oldest first: what certificates are computed from.

    Columns: id, agent, fingerprint, family, family_fingerprint, score, probability, right, critical, simulated,
    judged_at, at (when the item was received).
    """
    return rows(
        connection,
        """SELECT a.id, a.agent, a.fingerprint, a.family, a.family_fingerprint, a.score, a.probability, a."right",
               a.critical, a.simulated, a.judged_at, coalesce(t.received_at, d.received_at) AS at
           FROM audits a JOIN work_items w ON w.id = a.work_item_id
           LEFT JOIN tickets t ON t.id = w.ticket_id LEFT JOIN documents d ON d.id = w.document_id
           WHERE a.state = 'judged' ORDER BY a.id""",
    )


def scores_of_runs(connection: Connection, fingerprint: str, family: bool) -> list[float]:
    """Return the score of every run of one (family) fingerprint, oldest first: the traffic that audits speak for."""
    column = "family_fingerprint" if family else "fingerprint"
    found = rows(
        connection,
        f"SELECT score FROM runs WHERE {column} = :fingerprint AND kind <> 'abstain' ORDER BY id",
        fingerprint=fingerprint,
    )
    return [float(row["score"]) for row in found]


def waiting_by_owner(connection: Connection) -> dict[str, int]:
    """Return how many open audits there are for each agent and each family ("family:NAME")."""
    found = rows(
        connection,
        """SELECT agent AS owner, count(*) AS open FROM audits WHERE state = 'open' GROUP BY agent
           UNION ALL
           SELECT 'family:' || family, count(*) FROM audits WHERE state = 'open' AND family <> '' GROUP BY family""",
    )
    return {row["owner"]: int(row["open"]) for row in found}
