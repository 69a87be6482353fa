"""What staff do around a ticket: notes, tags, assignment, spam, merge and split; each with its event."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import Priority
from core.errors import Rejected
from core.events import Event, EventKind
from core.ids import new_id
from core.store import events, notices
from core.store.intake import NewTicket, add_ticket
from core.store.sql import execute, execute_many, maybe_row, rows, scalar

MOST_TAGS = 20  # of one ticket


def add_note(connection: Connection, tenant_id: UUID, ticket_id: UUID, text: str, *, by: str, at: datetime) -> UUID:
    """Add a note that only staff see; returns its id."""
    note_id = new_id()
    execute(
        connection,
        "INSERT INTO notes (id, tenant_id, ticket_id, by, body) VALUES (:id, :tenant_id, :ticket_id, :by, :body)",
        id=note_id,
        tenant_id=tenant_id,
        ticket_id=ticket_id,
        by=by,
        body=text,
    )
    _say(connection, tenant_id, ticket_id, "ticket.noted", at, by=by)
    return note_id


def notes(connection: Connection, ticket_id: UUID) -> Sequence[RowMapping]:
    """Return a ticket's notes, oldest first."""
    return rows(
        connection, "SELECT id, by, body AS text, at FROM notes WHERE ticket_id = :id ORDER BY id", id=ticket_id
    )


def set_tags(
    connection: Connection, tenant_id: UUID, ticket_id: UUID, tags: Sequence[str], *, by: str, at: datetime
) -> list[str]:
    """Give a ticket exactly these tags; returns them in order. Raises Rejected (code too_many_tags)."""
    wanted = sorted({cleaned for tag in tags if (cleaned := clean_tag(tag))})
    if len(wanted) > MOST_TAGS:
        raise Rejected(f"a ticket has at most {MOST_TAGS} tags", code="too_many_tags", hint="Use fewer, broader ones.")
    before = set(tags_of(connection, ticket_id))
    if before == set(wanted):
        return wanted
    execute(
        connection,
        "DELETE FROM ticket_tags WHERE ticket_id = :id AND NOT tag = ANY(:wanted)",
        id=ticket_id,
        wanted=wanted,
    )
    execute_many(
        connection,
        """INSERT INTO ticket_tags (ticket_id, tag, tenant_id) VALUES (:ticket_id, :tag, :tenant_id)
           ON CONFLICT DO NOTHING""",
        [{"ticket_id": ticket_id, "tag": tag, "tenant_id": tenant_id} for tag in wanted],
    )
    added, removed = sorted(set(wanted) - before), sorted(before - set(wanted))
    _say(connection, tenant_id, ticket_id, "ticket.tagged", at, by=by, added=added, removed=removed)
    return wanted


def change_tags(
    connection: Connection,
    tenant_id: UUID,
    ticket_id: UUID,
    *,
    add: Sequence[str] = (),
    remove: str = "",
    by: str,
    at: datetime,
) -> list[str]:
    """Add tags to those that a ticket has, or take one off; returns them in order. Raises Rejected (too_many_tags)."""
    # Two people may tag at once: the second one reads what the first one wrote.
    scalar(connection, "SELECT id FROM tickets WHERE id = :id FOR UPDATE", id=ticket_id)
    tags = [tag for tag in [*tags_of(connection, ticket_id), *add] if tag != remove]
    return set_tags(connection, tenant_id, ticket_id, tags, by=by, at=at)


def clean_tag(text: str) -> str:
    """Return a tag as it is kept: one line in lower case, 40 characters at most."""
    return " ".join(text.lower().split())[:40].strip()


def tags_of(connection: Connection, ticket_id: UUID) -> list[str]:
    """Return a ticket's tags in order."""
    found = rows(connection, "SELECT tag FROM ticket_tags WHERE ticket_id = :id ORDER BY tag", id=ticket_id)
    return [row["tag"] for row in found]


def known_tags(connection: Connection, limit: int = 200) -> list[str]:
    """Return the tenant's tags in order, by a walk along their index: a tag on many tickets costs no more than one."""
    found = rows(
        connection,
        """WITH RECURSIVE walk AS (
               (SELECT tag FROM ticket_tags ORDER BY tag LIMIT 1)
               UNION ALL
               SELECT (SELECT t.tag FROM ticket_tags t WHERE t.tag > walk.tag ORDER BY t.tag LIMIT 1) FROM walk
               WHERE walk.tag IS NOT NULL)
           SELECT tag FROM walk WHERE tag IS NOT NULL LIMIT :limit""",
        limit=limit,
    )
    return [row["tag"] for row in found]


def assign(connection: Connection, tenant_id: UUID, ticket_id: UUID, to: str | None, *, by: str, at: datetime) -> None:
    """Say who of the staff is to deal with a ticket, or nobody. Agents go on working on it, unlike after a take-over.

    Raises Rejected (code user_unknown).
    """
    address = (to or "").strip().lower() or None
    known = scalar(
        connection, "SELECT email FROM users WHERE email = :email AND disabled_at IS NULL", email=address or ""
    )
    if address and not known:
        raise Rejected(f"nobody here has the address {to!r}", code="user_unknown", hint="Name a user of this tenant.")
    if execute(
        connection,
        """UPDATE tickets SET assigned_to = :to, updated_at = clock_timestamp()
           WHERE id = :id AND assigned_to IS DISTINCT FROM :to""",
        id=ticket_id,
        to=address,
    ):
        _say(connection, tenant_id, ticket_id, "ticket.assigned", at, to=address or "", by=by)
        if address and address != by:
            notices.add(connection, tenant_id, ticket_id, "assigned", address, about=at.isoformat(), by=by)


def set_priority(
    connection: Connection, tenant_id: UUID, ticket_id: UUID, to: Priority, *, by: str, at: datetime
) -> None:
    """Say how soon a ticket is to be answered; triage does not change it any more."""
    if execute(
        connection,
        """UPDATE tickets SET priority = :to, priority_by = :by, updated_at = clock_timestamp()
           WHERE id = :id AND (priority <> :to OR priority_by = '')""",
        id=ticket_id,
        to=to,
        by=by,
    ):
        _say(connection, tenant_id, ticket_id, "ticket.prioritised", at, to=to, by=by)


def mark_spam(connection: Connection, tenant_id: UUID, ticket_id: UUID, *, by: str, at: datetime) -> None:
    """Close a ticket as spam: nothing goes out for it any more, and figures leave it out."""
    _end(connection, ticket_id, at)
    _say(connection, tenant_id, ticket_id, "ticket.marked_spam", at, by=by)
    _say(connection, tenant_id, ticket_id, "ticket.closed", at, by="staff")


def merge(connection: Connection, tenant_id: UUID, ticket_id: UUID, into: UUID, *, by: str, at: datetime) -> None:
    """Move a ticket's messages, documents and notes to another one, which a person then looks at, and close it.

    Raises Rejected: not_found, merged_already, same_ticket.
    """
    if ticket_id == into:
        raise Rejected("a ticket cannot be merged into itself", code="same_ticket", hint="Name another ticket.")
    found = {
        row["id"]: row
        for row in rows(
            connection,
            "SELECT id, turn, merged_into, folded, attention FROM tickets WHERE id = ANY(:ids) ORDER BY id FOR UPDATE",
            ids=[ticket_id, into],
        )
    }
    if len(found) < 2:
        raise Rejected("there is no such ticket", code="not_found", hint="List the tickets: GET /v1/tickets")
    if found[ticket_id]["merged_into"] or found[into]["merged_into"]:
        raise Rejected("one of the two was merged before", code="merged_already", hint="Merge into the one it is in.")
    _end(connection, ticket_id, at)
    execute(connection, "UPDATE tickets SET merged_into = :into WHERE id = :id", id=ticket_id, into=into)
    execute(
        connection,
        "UPDATE messages SET ticket_id = :into, turn = :turn WHERE ticket_id = :id",
        id=ticket_id,
        into=into,
        turn=found[into]["turn"],
    )
    for table in ("documents", "notes"):
        execute(connection, f"UPDATE {table} SET ticket_id = :into WHERE ticket_id = :id", id=ticket_id, into=into)
    # A draft that waits was written without these messages, so the reviewer sees them above it in the thread.
    execute(
        connection,
        """UPDATE tickets SET folded = folded || ' ' || :folded, state = 'open', closed_at = NULL, closed_by = NULL,
               attention = CASE WHEN attention = '' THEN 'handoff' ELSE attention END, updated_at = clock_timestamp()
           WHERE id = :into""",
        into=into,
        folded=found[ticket_id]["folded"],
    )
    _say(connection, tenant_id, ticket_id, "ticket.merged", at, into=str(into), by=by)
    _say(connection, tenant_id, into, "ticket.absorbed", at, of=str(ticket_id), by=by)


def home_of(connection: Connection, ticket_id: UUID) -> UUID:
    """Return the ticket that this one was merged into, however often; itself where it was not."""
    found = scalar(
        connection,
        """WITH RECURSIVE way AS (
               SELECT id, merged_into FROM tickets WHERE id = :id
               UNION ALL SELECT t.id, t.merged_into FROM tickets t JOIN way ON t.id = way.merged_into)
           SELECT id FROM way WHERE merged_into IS NULL""",
        id=ticket_id,
    )
    return UUID(str(found)) if found else ticket_id


def split(connection: Connection, tenant_id: UUID, ticket_id: UUID, message_id: UUID, *, by: str, at: datetime) -> UUID:
    """Make a customer's message a ticket of its own, as if it had come by itself; returns its id.

    Raises Rejected (code not_found).
    """
    row = maybe_row(
        connection,
        """SELECT m.body AS text, m.at AS received_at, t.subject, t.channel, t.language, t.origin, t.shift_seconds,
               coalesce(c.address, '') AS customer_address, coalesce(c.name, '') AS customer_name,
               coalesce(c.verified, false) AS customer_verified
           FROM messages m JOIN tickets t ON t.id = m.ticket_id LEFT JOIN customers c ON c.id = t.customer_id
           WHERE m.id = :message_id AND m.ticket_id = :ticket_id AND m.author = 'customer'""",
        message_id=message_id,
        ticket_id=ticket_id,
    )
    if row is None:
        raise Rejected("there is no such message of the customer", code="not_found", hint="Reload the ticket.")
    known = {name: value for name, value in row.items() if name != "shift_seconds"}
    made = add_ticket(connection, tenant_id, NewTicket(**known, shift=timedelta(seconds=row["shift_seconds"])))
    assert made is not None  # it has no external id that could be taken
    _say(connection, tenant_id, ticket_id, "ticket.split", at, into=str(made), by=by)
    return made


def _end(connection: Connection, ticket_id: UUID, at: datetime) -> None:
    """Close the ticket; drafts are not used, and what has not left yet stays here. Raises Rejected (not_found)."""
    if not execute(
        connection,
        """UPDATE tickets SET state = 'closed', closed_at = :at, closed_by = 'staff', attention = '',
               updated_at = clock_timestamp() WHERE id = :id""",
        id=ticket_id,
        at=at,
    ):
        raise Rejected("there is no such ticket", code="not_found", hint="List the tickets: GET /v1/tickets")
    items = [row["id"] for row in rows(connection, "SELECT id FROM work_items WHERE ticket_id = :id", id=ticket_id)]
    execute(
        connection,
        "UPDATE decisions SET review = 'superseded' WHERE work_item_id = ANY(:items) AND review = 'open'",
        items=items,
    )
    execute(
        connection,
        "UPDATE deliveries SET state = 'stopped', error = 'closed' WHERE ticket_id = :id AND state = 'waiting'",
        id=ticket_id,
    )
    execute(
        connection,
        """UPDATE work_items SET state = 'superseded', finished_at = clock_timestamp()
           WHERE id = ANY(:items) AND state IN ('queued', 'held')""",
        items=items,
    )


def _say(connection: Connection, tenant_id: UUID, ticket_id: UUID, kind: EventKind, at: datetime, **data: Any) -> None:
    events.append(connection, Event(kind=kind, at=at, tenant_id=tenant_id, ticket_id=ticket_id, data=data))
