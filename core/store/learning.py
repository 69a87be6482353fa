"""What learning reads and keeps: which agents a tenant uses, and trained classifiers and knowledge by kind."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.sql import Jsonb, execute, maybe_row, rows


def unused_agents(connection: Connection) -> frozenset[str]:
    """Return the names of the agents that the tenant does not use."""
    return frozenset(row["agent"] for row in rows(connection, "SELECT agent FROM agent_settings WHERE NOT enabled"))


def newest_triage(connection: Connection) -> RowMapping | None:
    """Return the tenant's newest triage classifier without its bytes, None where there is none."""
    return maybe_row(
        connection,
        """SELECT id, fingerprint, state, figures, created_at FROM classifiers WHERE kind = 'triage'
           ORDER BY id DESC LIMIT 1""",
    )


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


def knowledge_blob(connection: Connection, agent: str) -> bytes | None:
    """Return the knowledge of an agent that serves, None where there is none."""
    row = maybe_row(
        connection,
        "SELECT blob FROM classifiers WHERE state = 'serving' AND kind = :kind",
        kind=knowledge_kind(agent),
    )
    return None if row is None else bytes(row["blob"])


def keep_knowledge(
    connection: Connection, tenant_id: UUID, agent: str, fingerprint: str, blob: bytes, figures: Mapping[str, Any]
) -> None:
    """Put an agent's knowledge in service. The one before loses its bytes: what was deleted is not kept."""
    kind = knowledge_kind(agent)
    execute(
        connection,
        "UPDATE classifiers SET state = 'retired', blob = '' WHERE kind = :kind AND state <> 'retired'",
        kind=kind,
    )
    execute(
        connection,
        """INSERT INTO classifiers (id, tenant_id, kind, fingerprint, state, blob, figures)
           VALUES (:id, :tenant_id, :kind, :fingerprint, 'serving', :blob, :figures)""",
        id=new_id(),
        tenant_id=tenant_id,
        kind=kind,
        fingerprint=fingerprint,
        blob=blob,
        figures=Jsonb(dict(figures)),
    )
