"""How an agent's own cases went the last time they were run."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.outbox import enqueue
from core.store.sql import Jsonb, execute, maybe_row


def ask(connection: Connection, tenant_id: UUID, agent: str, by: str) -> None:
    """Ask for a run of an agent's cases; what they gave before stays to be seen until then."""
    row = maybe_row(
        connection,
        """INSERT INTO case_results (id, tenant_id, agent, by) VALUES (:id, :tenant_id, :agent, :by)
           ON CONFLICT (tenant_id, agent) DO UPDATE SET state = 'waiting', by = excluded.by, at = clock_timestamp()
           RETURNING id, extract(epoch FROM at)::int AS number""",
        id=new_id(),
        tenant_id=tenant_id,
        agent=agent,
        by=by,
    )
    assert row is not None
    enqueue(connection, tenant_id, "agent.cases", "bulk", row["id"], generation=row["number"])


def find(connection: Connection, id: UUID) -> RowMapping | None:
    """Return what is asked for, or None."""
    return maybe_row(connection, "SELECT id, agent FROM case_results WHERE id = :id", id=id)


def of(connection: Connection, agent: str) -> RowMapping | None:
    """Return the last results of an agent, None where its cases were never run here."""
    return maybe_row(
        connection, "SELECT agent, version, results, state, by, at FROM case_results WHERE agent = :agent", agent=agent
    )


def settle(connection: Connection, id: UUID, version: str, results: Sequence[Mapping[str, Any]]) -> None:
    """Write down how the cases went."""
    execute(
        connection,
        """UPDATE case_results SET state = 'done', version = :version, results = :results, at = clock_timestamp()
           WHERE id = :id""",
        id=id,
        version=version,
        results=Jsonb([dict(one) for one in results]),
    )
