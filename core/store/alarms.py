"""Alarms: that they rang, what they did, and what went out in the time that they are about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.errors import Rejected
from core.ids import new_id
from core.store.sql import Jsonb, execute, maybe_row, rows

BLOCK = 100


class NewAlarm(NamedTuple):
    """What rang: kind `accuracy` or `signs`, how loud, its level, since about when, and which agents it concerns."""

    agent: str
    fingerprint: str
    kind: str
    value: float
    level: float
    since: datetime
    members: Sequence[str]
    data: Mapping[str, Any]


def add(connection: Connection, tenant_id: UUID, alarm: NewAlarm) -> UUID:
    """Write an alarm down; returns its id."""
    alarm_id = new_id()
    execute(
        connection,
        """INSERT INTO alarms (id, tenant_id, agent, fingerprint, kind, value, level, since, members, data)
           VALUES (:id, :tenant_id, :agent, :fingerprint, :kind, :value, :level, :since, :members, :data)""",
        **{**alarm._asdict(), "members": list(alarm.members), "data": Jsonb(dict(alarm.data))},
        id=alarm_id,
        tenant_id=tenant_id,
    )
    return alarm_id


def raised(connection: Connection, agent: str) -> None:
    """A person raised an agent's tier: the alarms that stopped it stop it no more, whatever its tier will be."""
    execute(
        connection,
        """UPDATE alarms SET data = data || jsonb_build_object('raised',
               coalesce(data -> 'raised', '[]') || to_jsonb(CAST(:agent AS text)))
           WHERE kind = 'accuracy' AND :agent = ANY(members) AND NOT coalesce(data -> 'raised', '[]') ? :agent""",
        agent=agent,
    )


def newest(connection: Connection, limit: int = 100, agent: str | None = None) -> Sequence[RowMapping]:
    """Return alarms, newest first."""
    return rows(
        connection,
        """SELECT id, agent, fingerprint, kind, value, level, since, at, members, data FROM alarms
           WHERE CAST(:agent AS text) IS NULL OR agent = :agent OR :agent = ANY(members)
           ORDER BY at DESC LIMIT :limit""",
        limit=limit,
        agent=agent,
    )


def find(connection: Connection, alarm_id: UUID) -> RowMapping:
    """Return one alarm. Raises Rejected (code not_found)."""
    row = maybe_row(connection, "SELECT * FROM alarms WHERE id = :id", id=alarm_id)
    if row is None:
        raise Rejected("there is no such alarm", code="not_found", hint="List them: saola gate alarms")
    return row


def sent_since(
    connection: Connection, members: Sequence[str], since: datetime, until: datetime
) -> Sequence[RowMapping]:
    """Return what these agents sent without a person in [since, until], oldest first: items that a person may want to
    look at again. `right` is an audit's verdict, null where there was none."""
    return rows(
        connection,
        """SELECT d.id AS decision_id, r.agent, r.intent, d.score, d.created_at AS decided_at, w.ticket_id,
               w.document_id, coalesce(t.subject, x.filename, '') AS subject,
               coalesce(r.proposal ->> 'reply', '') AS reply, a."right",
               EXISTS (SELECT 1 FROM deliveries v WHERE v.decision_id = d.id AND v.state = 'sent') AS sent
           FROM decisions d JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
           LEFT JOIN tickets t ON t.id = w.ticket_id LEFT JOIN documents x ON x.id = w.document_id
           LEFT JOIN audits a ON a.run_id = r.id
           WHERE d.action = 'automate' AND NOT r.shadow AND r.agent = ANY(:members)
             AND d.created_at >= :since AND d.created_at <= :until ORDER BY d.created_at""",
        members=list(members),
        since=since,
        until=until,
    )


def signs(connection: Connection, bands: int = 10, days: int = 30) -> Sequence[RowMapping]:
    """Return automated runs of some days in blocks of 100 by agent, fingerprint and band of the score, oldest first:
    how many, and after how many a sign of trouble came: the ticket was reopened or taken over by a person, or the
    customer was not content. Runs from before the agent's latest alarm are left out."""
    return rows(
        connection,
        """SELECT agent, fingerprint, block, band, count(*) AS runs, count(*) FILTER (WHERE sign) AS signs,
               min(at) AS began
           FROM (SELECT r.agent, r.fingerprint, d.created_at AS at,
                     (row_number() OVER (PARTITION BY r.agent, r.fingerprint ORDER BY d.id) - 1) / :block AS block,
                     least(:bands - 1, floor(d.score * :bands))::int AS band,
                     EXISTS (SELECT 1 FROM events e WHERE e.ticket_id = w.ticket_id AND e.written_at > d.created_at
                         AND (e.kind IN ('ticket.reopened', 'review.taken_over')
                              OR (e.kind = 'csat.answered' AND (e.data ->> 'rating')::int <= 2))) AS sign
                 FROM decisions d JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
                 WHERE d.action = 'automate' AND NOT r.shadow
                   AND d.created_at > clock_timestamp() - make_interval(days => :days)
                   AND d.created_at > coalesce((SELECT max(l.at) FROM alarms l WHERE l.agent = r.agent
                       AND l.fingerprint = r.fingerprint), '-infinity')) seen
           GROUP BY agent, fingerprint, block, band ORDER BY agent, fingerprint, block, band""",
        bands=bands,
        days=days,
        block=BLOCK,
    )
