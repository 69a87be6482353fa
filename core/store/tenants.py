"""Tenants: make, list, pause."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store.sql import Jsonb, execute, maybe_row, one_row, rows


def make(connection: Connection, tenant_id: UUID, name: str, timezone: str = "UTC") -> None:
    """Make a tenant; nothing happens when it exists."""
    execute(connection, "SELECT make_tenant(:id, :name, :timezone)", id=tenant_id, name=name, timezone=timezone)


def everyone(connection: Connection) -> Sequence[RowMapping]:
    """Return id and name of every tenant; for system work only."""
    return rows(connection, "SELECT id, name FROM list_tenants()")


def current(connection: Connection) -> RowMapping:
    """Return the transaction's tenant."""
    return one_row(connection, "SELECT id, name, timezone, paused, settings FROM tenants")


def set_paused(connection: Connection, paused: bool) -> None:
    """Pause or resume everything that leaves without a person; checked again at every delivery."""
    execute(connection, "UPDATE tenants SET paused = :paused", paused=paused)


def set_timezone(connection: Connection, timezone: str) -> None:
    """Set the time zone of the tenant's days; roll-ups are made anew in it."""
    execute(connection, "UPDATE tenants SET timezone = :timezone", timezone=timezone)


def set_name(connection: Connection, name: str) -> None:
    """Set the tenant's name."""
    execute(connection, "UPDATE tenants SET name = :name", name=name)


def with_counts(connection: Connection) -> RowMapping:
    """Return the transaction's tenant and how much is in it: users, keys, tickets, documents."""
    return one_row(
        connection,
        """SELECT id, name, timezone, paused, (SELECT count(*) FROM users WHERE disabled_at IS NULL) AS users,
               (SELECT count(*) FROM api_keys WHERE revoked_at IS NULL) AS keys,
               (SELECT count(*) FROM tickets) AS tickets, (SELECT count(*) FROM documents) AS documents FROM tenants""",
    )


def set_setting(connection: Connection, name: str, value: object) -> None:
    """Set one of the tenant's own settings."""
    execute(connection, "UPDATE tenants SET settings = settings || :value", value=Jsonb({name: value}))


def beat(connection: Connection, name: str, progress: dict[str, object]) -> None:
    """Record that a process (`relay@host`) made progress; health checks look at this, not at a port."""
    execute(
        connection,
        """INSERT INTO heartbeats (name, progress) VALUES (:name, :progress)
           ON CONFLICT (name) DO UPDATE SET progress = excluded.progress, at = clock_timestamp()""",
        name=name,
        progress=Jsonb(progress),
    )


def last_beat(connection: Connection, name: str) -> RowMapping | None:
    """Return one process's last heartbeat with its age in seconds."""
    return maybe_row(
        connection,
        """SELECT name, at, progress, extract(epoch FROM clock_timestamp() - at)::float AS age
           FROM heartbeats WHERE name = :name""",
        name=name,
    )


def beats(connection: Connection) -> Sequence[RowMapping]:
    """Return the newest heartbeat of each kind of process (`relay`, `tickets`, ...) with its age in seconds."""
    return rows(
        connection,
        """SELECT DISTINCT ON (split_part(name, '@', 1)) split_part(name, '@', 1) AS name, at, progress,
                  extract(epoch FROM clock_timestamp() - at)::float AS age
           FROM heartbeats ORDER BY split_part(name, '@', 1), at DESC""",
    )


def forget_beats(connection: Connection) -> int:
    """Delete the heartbeats of processes that have been silent for a day: hosts and containers that are gone."""
    return execute(connection, "DELETE FROM heartbeats WHERE at < clock_timestamp() - interval '1 day'")
