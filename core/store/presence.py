"""Who of the staff has a ticket in front of them at this moment."""

from uuid import UUID

from sqlalchemy import Connection

from core.store.sql import execute, rows

SECONDS = 40  # pages say every 15 seconds that somebody still looks


def look(connection: Connection, tenant_id: UUID, ticket_id: UUID, who: str) -> list[str]:
    """Note that somebody looks at a ticket; returns who else does."""
    execute(
        connection,
        """INSERT INTO presence (ticket_id, who, tenant_id) SELECT id, :who, :tenant_id FROM tickets WHERE id = :id
           ON CONFLICT (ticket_id, who) DO UPDATE SET at = clock_timestamp()""",
        id=ticket_id,
        who=who,
        tenant_id=tenant_id,
    )
    execute(
        connection,
        """DELETE FROM presence WHERE at < clock_timestamp() - interval '1 hour'
               OR (ticket_id = :id AND at < clock_timestamp() - make_interval(secs => :seconds))""",
        id=ticket_id,
        seconds=SECONDS,
    )
    return others(connection, ticket_id, who)


def leave(connection: Connection, ticket_id: UUID, who: str) -> None:
    """Note that somebody has turned away."""
    execute(connection, "DELETE FROM presence WHERE ticket_id = :id AND who = :who", id=ticket_id, who=who)


def others(connection: Connection, ticket_id: UUID, who: str) -> list[str]:
    """Return who else looks at a ticket: names, or addresses where there is none."""
    found = rows(
        connection,
        """SELECT coalesce(nullif(u.name, ''), p.who) AS name FROM presence p LEFT JOIN users u ON u.email = p.who
           WHERE p.ticket_id = :id AND p.who <> :who
             AND p.at > clock_timestamp() - make_interval(secs => :seconds) ORDER BY name""",
        id=ticket_id,
        who=who,
        seconds=SECONDS,
    )
    return [row["name"] for row in found]
