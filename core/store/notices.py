"""Notices to staff: a ticket was assigned to them, or its first answer is due soon. Pages and mails bring them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.sql import Jsonb, execute, rows, scalar

Kind = Literal["assigned", "due", "alarm"]  # an alarm is about an agent: it is a row of its own, in `alarms`
KINDS: tuple[Kind, ...] = get_args(Kind)
KEPT_DAYS = 30
_SHOWN = """n.id, n.ticket_id, n.kind, n.recipient, n.about, n.data, n.at, t.subject, t.priority, t.state,
    t.received_at, coalesce(c.name, '') AS customer_name
    FROM notices n JOIN tickets t ON t.id = n.ticket_id LEFT JOIN customers c ON c.id = t.customer_id"""


def add(
    connection: Connection, tenant_id: UUID, ticket_id: UUID, kind: Kind, recipient: str, *, about: str, **data: Any
) -> None:
    """Tell somebody of a ticket; the same thing about it is told once."""
    execute(
        connection,
        """INSERT INTO notices (id, tenant_id, ticket_id, kind, recipient, about, data)
           VALUES (:id, :tenant_id, :ticket_id, :kind, :recipient, :about, :data) ON CONFLICT DO NOTHING""",
        id=new_id(),
        tenant_id=tenant_id,
        ticket_id=ticket_id,
        kind=kind,
        recipient=recipient,
        about=about,
        data=Jsonb(data),
    )


def add_due(connection: Connection, tenant_id: UUID, before: Mapping[str, datetime], limit: int = 500) -> int:
    """Tell those who took a ticket over, or were assigned it, that its first answer is due: of tickets that came before
    the moment given for their priority. Once for each ticket, person and priority. Returns how many were told."""
    return execute(
        connection,
        """INSERT INTO notices (id, tenant_id, ticket_id, kind, recipient, about)
           SELECT gen_random_uuid(), :tenant_id, t.id, 'due', coalesce(t.taken_by, t.assigned_to), t.priority
           FROM tickets t
           JOIN unnest(CAST(:priorities AS text[]), CAST(:before AS timestamptz[])) AS d(priority, before)
               ON d.priority = t.priority AND t.received_at + make_interval(secs => t.shift_seconds) < d.before
           WHERE t.attention IN ('review', 'handoff', 'failed') AND t.state = 'open' AND t.first_reply_at IS NULL
             AND coalesce(t.taken_by, t.assigned_to) IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.ticket_id = t.id AND n.kind = 'due'
                 AND n.recipient = coalesce(t.taken_by, t.assigned_to) AND n.about = t.priority)
           LIMIT :limit ON CONFLICT DO NOTHING""",
        tenant_id=tenant_id,
        priorities=list(before),
        before=list(before.values()),
        limit=limit,
    )


def of(connection: Connection, recipient: str, limit: int = 100) -> Sequence[RowMapping]:
    """Return somebody's notices, newest first; `fresh` tells those since they last looked."""
    return rows(
        connection,
        f"""SELECT n.at > coalesce((SELECT u.notices_seen_at FROM users u WHERE u.email = :who), n.at) AS fresh,
                {_SHOWN} WHERE n.recipient = :who ORDER BY n.at DESC, n.id DESC LIMIT :limit""",
        who=recipient,
        limit=limit,
    )


def unseen(connection: Connection, recipient: str, *, alarms: bool) -> int:
    """Return how many notices, and alarms where they are for this person too, came since they last looked."""
    found = scalar(
        connection,
        """SELECT (SELECT count(*) FROM notices n WHERE n.recipient = u.email AND n.at > u.notices_seen_at)
               + CASE WHEN :alarms THEN (SELECT count(*) FROM alarms a WHERE a.at > u.notices_seen_at) ELSE 0 END
           FROM users u WHERE u.email = :who""",
        who=recipient,
        alarms=alarms,
    )
    return int(found or 0)


def seen(connection: Connection, recipient: str) -> None:
    """Note that somebody has looked at their notices."""
    execute(connection, "UPDATE users SET notices_seen_at = clock_timestamp() WHERE email = :who", who=recipient)


def to_mail(connection: Connection) -> Sequence[RowMapping]:
    """Return notices that no mail has brought yet, of people who want them by mail, with the person's language."""
    return rows(
        connection,
        f"""SELECT u.language, {_SHOWN} JOIN users u ON u.email = n.recipient
            WHERE n.mailed_at IS NULL AND u.disabled_at IS NULL AND n.kind = ANY(u.notices) ORDER BY n.at LIMIT 1000""",
    )


def mailed(connection: Connection, ids: Sequence[UUID]) -> None:
    """Note that these notices are mailed."""
    execute(connection, "UPDATE notices SET mailed_at = clock_timestamp() WHERE id = ANY(:ids)", ids=list(ids))


def forget_old(connection: Connection) -> int:
    """Delete notices of more than 30 days ago."""
    sql = "DELETE FROM notices WHERE at < clock_timestamp() - make_interval(days => :days)"
    return execute(connection, sql, days=KEPT_DAYS)


def wanted_by(connection: Connection, recipient: str) -> list[str]:
    """Return of which kinds of notices somebody wants mails."""
    return list(scalar(connection, "SELECT notices FROM users WHERE email = :who", who=recipient) or [])


def set_wanted(connection: Connection, recipient: str, kinds: Sequence[str]) -> None:
    """Say of which kinds of notices somebody wants mails."""
    wanted = [kind for kind in KINDS if kind in kinds]
    execute(connection, "UPDATE users SET notices = :kinds WHERE email = :who", kinds=wanted, who=recipient)


def hear_alarms(connection: Connection) -> Sequence[RowMapping]:
    """Return address and language of those of operations who want to hear of alarms by mail."""
    return rows(
        connection,
        """SELECT email, language FROM users WHERE disabled_at IS NULL AND 'alarm' = ANY(notices)
           AND scopes && CAST('{ops,admin}' AS text[]) ORDER BY email""",
    )
