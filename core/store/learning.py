"""What learning reads and keeps: which agents a tenant uses, and trained classifiers and knowledge by kind."""

from sqlalchemy import Connection

from core.store.sql import rows


def unused_agents(connection: Connection) -> frozenset[str]:
    """Return the names of the agents that the tenant does not use."""
    return frozenset(row["agent"] for row in rows(connection, "SELECT agent FROM agent_settings WHERE NOT enabled"))
