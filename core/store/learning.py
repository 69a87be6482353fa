"""What learning reads and keeps: which agents a tenant uses, and trained classifiers and knowledge by kind."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.sql import Jsonb, execute, rows


def unused_agents(connection: Connection) -> frozenset[str]:
    """Return the names of the agents that the tenant does not use."""
    return frozenset(row["agent"] for row in rows(connection, "SELECT agent FROM agent_settings WHERE NOT enabled"))


def knowledge_kind(agent: str) -> str:
    """Return the kind under which an agent's knowledge is kept among the classifiers."""
    return f"knowledge/{agent}"


def knowledge_served(connection: Connection) -> dict[str, RowMapping]:
    """Return id and fingerprint of the knowledge that serves, by agent."""
    found = rows(
        connection,
        "SELECT kind, id, fingerprint FROM classifiers WHERE state = 'serving' AND starts_with(kind, 'knowledge/')",
    )
    return {row["kind"].removeprefix("knowledge/"): row for row in found}


def retire_knowledge(connection: Connection, agent: str) -> None:
    """Take an agent's knowledge out of service. It loses its bytes: what was deleted is not kept."""
    execute(
        connection,
        "UPDATE classifiers SET state = 'retired', blob = '' WHERE kind = :kind AND state <> 'retired'",
        kind=knowledge_kind(agent),
    )


def keep_knowledge(
    connection: Connection, tenant_id: UUID, agent: str, fingerprint: str, blob: bytes, figures: Mapping[str, Any]
) -> None:
    """Put an agent's knowledge in service, in the place of the one before."""
    retire_knowledge(connection, agent)
    execute(
        connection,
        """INSERT INTO classifiers (id, tenant_id, kind, fingerprint, state, blob, figures)
           VALUES (:id, :tenant_id, :kind, :fingerprint, 'serving', :blob, :figures)""",
        id=new_id(),
        tenant_id=tenant_id,
        kind=knowledge_kind(agent),
        fingerprint=fingerprint,
        blob=blob,
        figures=Jsonb(dict(figures)),
    )


def past_runs(connection: Connection, agent: str, since: datetime, limit: int) -> Sequence[RowMapping]:
    """Return the newest live run of each ticket item that `agent` worked on since then, newest items first.

    `right` is what is known of it: an audit's verdict, else whether a reviewer sent the draft as it was; null where
    nobody looked. `sent` is the text that a reviewer sent, '' where none did.
    """
    return rows(
        connection,
        """SELECT * FROM (
               SELECT DISTINCT ON (w.id) w.id AS item_id, w.ticket_id, coalesce(t.received_at, w.created_at) AS at,
                   t.subject, r.proposal, r.score, r.kind, r.intent, r.agent_version AS version, d.action,
                   coalesce(nullif(d.final_text, ''), '') AS sent,
                   coalesce(a.right, CASE d.review WHEN 'approved' THEN true WHEN 'edited' THEN false
                       WHEN 'rejected' THEN false WHEN 'taken_over' THEN false END) AS right
               FROM runs r JOIN work_items w ON w.id = r.work_item_id JOIN tickets t ON t.id = w.ticket_id
               JOIN decisions d ON d.run_id = r.id LEFT JOIN audits a ON a.run_id = r.id AND a.state = 'judged'
               WHERE r.agent = :agent AND NOT r.shadow AND r.created_at >= :since
               ORDER BY w.id, r.created_at DESC) newest
           ORDER BY at DESC LIMIT :limit""",
        agent=agent,
        since=since,
        limit=limit,
    )
