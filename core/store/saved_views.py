"""Views of the inbox that staff keep under a name: for themselves, or for everybody."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.errors import Rejected
from core.ids import new_id
from core.store.sql import execute, rows, scalar

MOST = 50  # of one person


def visible(connection: Connection, owner: str) -> Sequence[RowMapping]:
    """Return a person's own views and those that others share, by name."""
    return rows(
        connection,
        """SELECT id, name, query, shared, owner, owner = :owner AS own FROM saved_views
           WHERE owner = :owner OR shared ORDER BY name, id""",
        owner=owner,
    )


def save(connection: Connection, tenant_id: UUID, *, owner: str, name: str, query: str, shared: bool) -> UUID:
    """Keep a view; the owner's earlier one of this name is replaced. Raises Rejected (code too_many_views)."""
    others = "SELECT count(*) FROM saved_views WHERE owner = :owner AND name <> :name"
    if int(scalar(connection, others, owner=owner, name=name)) >= MOST:
        raise Rejected(f"you have {MOST} views already", code="too_many_views", hint="Delete one first.")
    found = scalar(
        connection,
        """INSERT INTO saved_views (id, tenant_id, owner, name, query, shared)
           VALUES (:id, :tenant_id, :owner, :name, :query, :shared)
           ON CONFLICT (tenant_id, owner, name) DO UPDATE SET query = excluded.query, shared = excluded.shared
           RETURNING id""",
        id=new_id(),
        tenant_id=tenant_id,
        owner=owner,
        name=name,
        query=query,
        shared=shared,
    )
    return UUID(str(found))


def remove(connection: Connection, view_id: UUID, owner: str) -> bool:
    """Delete one of a person's own views; False when there is none."""
    return bool(
        execute(connection, "DELETE FROM saved_views WHERE id = :id AND owner = :owner", id=view_id, owner=owner)
    )
