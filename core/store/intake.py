"""Taking in: ticket or document, its work item, its outbox row and its events, all in the caller's transaction."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from core.contracts import Frozen
from core.events import Event
from core.ids import new_id
from core.store import events
from core.store.next_runs import add_item
from core.store.outbox import enqueue
from core.store.sql import execute, maybe_row, one_row, rows, scalar


class NewTicket(Frozen):
    """What a caller hands in. `shift` is how long ago the message arrived in the world, for back-dated items.

    One address is one customer. A name without an address is kept as a customer of this ticket alone, never verified.
    """

    text: str
    subject: str = ""
    channel: str = "api"
    language: str = ""
    customer_address: str = ""
    customer_name: str = ""
    customer_verified: bool = False
    customer_group: str = ""
    external_id: str | None = None
    origin: str = "live"
    received_at: datetime
    shift: timedelta = timedelta(0)


class NewDocument(Frozen):
    """An uploaded file whose bytes already lie in the file store under `sha256`."""

    filename: str
    media_type: str
    size: int
    sha256: str
    ticket_id: UUID | None = None
    customer_address: str = ""
    origin: str = "live"
    received_at: datetime
    shift: timedelta = timedelta(0)


class Part(NamedTuple):
    """One of several documents in a file: what it is called, and its pages there."""

    name: str
    pages: tuple[int, ...]


def fold(text: str) -> str:
    """Return text in lower case without accents, as search compares it (đ becomes d)."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in decomposed if not unicodedata.combining(c) and c != "\x00")


def find_or_add_customer(
    connection: Connection, tenant_id: UUID, address: str, name: str = "", verified: bool = False
) -> UUID | None:
    """Return the customer of an address, made if new; None for an empty address."""
    if not address:
        return None
    row = one_row(
        connection,
        """INSERT INTO customers (id, tenant_id, address, name, verified)
           VALUES (:id, :tenant_id, lower(:address), :name, :verified)
           ON CONFLICT (tenant_id, address) WHERE address <> '' DO UPDATE SET
               name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE customers.name END,
               verified = customers.verified OR excluded.verified
           RETURNING id""",
        id=new_id(),
        tenant_id=tenant_id,
        address=address,
        name=name,
        verified=verified,
    )
    return UUID(str(row["id"]))


# One round trip, however many tickets: customers, tickets, messages, work items, jobs and events.
_TAKE_IN = """
    WITH n AS (
        SELECT * FROM json_to_recordset(CAST(:news AS json)) AS n(
            id uuid, customer_id uuid, message_id uuid, item_id uuid, job_id uuid, event_id uuid, text text,
            subject text, channel text, language text, address text, name text, verified boolean, customer_group text,
            external_id text, origin text, received_at timestamptz, shift float8, folded text)),
    c AS (
        INSERT INTO customers (id, tenant_id, address, name, verified, customer_group)
        SELECT (array_agg(customer_id))[1], :tenant_id, lower(address), max(name), bool_or(verified),
            max(customer_group)
        FROM n WHERE address <> '' GROUP BY lower(address) ORDER BY lower(address)
        ON CONFLICT (tenant_id, address) WHERE address <> '' DO UPDATE SET
            name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE customers.name END,
            verified = customers.verified OR excluded.verified,
            customer_group = coalesce(nullif(excluded.customer_group, ''), customers.customer_group)
        RETURNING id, address, customer_group),
    a AS (
        INSERT INTO customers (id, tenant_id, address, name, customer_group)
        SELECT customer_id, :tenant_id, '', name, customer_group FROM n
        WHERE address = '' AND name <> '' AND NOT EXISTS (SELECT 1 FROM tickets x WHERE x.external_id = n.external_id)
        RETURNING id),
    t AS (
        INSERT INTO tickets (id, tenant_id, customer_id, channel, subject, language, external_id, origin, received_at,
            shift_seconds, folded)
        SELECT n.id, :tenant_id, coalesce(c.id, a.id), n.channel, n.subject, n.language, n.external_id, n.origin,
            n.received_at, n.shift, n.folded
        FROM n LEFT JOIN c ON c.address = lower(n.address) LEFT JOIN a ON a.id = n.customer_id
        ON CONFLICT (tenant_id, external_id) DO NOTHING RETURNING id, customer_id),
    m AS (
        INSERT INTO messages (id, tenant_id, ticket_id, turn, author, by, body, at)
        SELECT n.message_id, :tenant_id, n.id, 1, 'customer', n.address, n.text, n.received_at
        FROM n JOIN t USING (id)),
    w AS (
        INSERT INTO work_items (id, tenant_id, kind, ticket_id, turn)
        SELECT n.item_id, :tenant_id, 'ticket', n.id, 1 FROM n JOIN t USING (id) WHERE CAST(:work AS boolean)),
    o AS (
        INSERT INTO outbox (id, tenant_id, task, queue, subject_id)
        SELECT n.job_id, :tenant_id, 'item.work', 'tickets', n.item_id FROM n JOIN t USING (id)
        WHERE CAST(:work AS boolean)),
    e AS (
        INSERT INTO events (id, tenant_id, kind, at, ticket_id, work_item_id, data)
        SELECT n.event_id, :tenant_id, 'ticket.received', n.received_at, n.id,
            CASE WHEN CAST(:work AS boolean) THEN n.item_id END,
            jsonb_build_object('channel', n.channel, 'language', n.language, 'origin', n.origin,
                'customer', coalesce(CAST(t.customer_id AS text), ''))
                || CASE WHEN coalesce(c.customer_group, n.customer_group) = '' THEN CAST('{}' AS jsonb)
                   ELSE jsonb_build_object('customer_group', coalesce(c.customer_group, n.customer_group)) END
        FROM n JOIN t USING (id) LEFT JOIN c ON c.address = lower(n.address))
    SELECT id FROM t"""


def add_ticket(connection: Connection, tenant_id: UUID, new: NewTicket, *, work: bool = True) -> UUID | None:
    """Add a ticket with its first message; with `work` also its work item and outbox row.

    Returns the ticket's id, or None when a ticket with the same external id exists.
    """
    return add_tickets(connection, tenant_id, [new], work=work)[0]


def add_tickets(
    connection: Connection, tenant_id: UUID, news: Sequence[NewTicket], *, work: bool = True
) -> list[UUID | None]:
    """Add tickets as `add_ticket` does, in one statement; returns an id or None for each, in their order."""
    made = [
        {
            "id": str(new_id()),
            "customer_id": str(new_id()),
            "message_id": str(new_id()),
            "item_id": str(new_id()),
            "job_id": str(new_id()),
            "event_id": str(new_id()),
            "text": new.text,
            "subject": new.subject,
            "channel": new.channel,
            "language": new.language,
            "address": new.customer_address,
            "name": new.customer_name,
            "verified": new.customer_verified,
            "customer_group": new.customer_group,
            "external_id": new.external_id,
            "origin": new.origin,
            "received_at": new.received_at.isoformat(),
            "shift": new.shift.total_seconds(),
            "folded": fold(f"{new.subject} {new.text} {new.customer_address} {new.customer_name}"),
        }
        for new in news
    ]
    found = rows(connection, _TAKE_IN, news=json.dumps(made), tenant_id=tenant_id, work=work)
    added = {row["id"] for row in found}
    ids = [UUID(str(one["id"])) for one in made]
    return [ticket_id if ticket_id in added else None for ticket_id in ids]


def add_customer_message(
    connection: Connection, tenant_id: UUID, ticket_id: UUID, text: str, at: datetime
) -> UUID | None:
    """Add a customer's follow-up: the ticket's next turn, a new work item; a closed ticket is reopened.

    Returns the new work item's id, or None when there is no such ticket.
    """
    ticket = maybe_row(
        connection,
        """UPDATE tickets SET turn = turn + 1, state = 'open', closed_at = NULL, closed_by = NULL,
               folded = folded || ' ' || :folded, updated_at = clock_timestamp()
           WHERE id = :id RETURNING turn, origin,
               (SELECT state FROM tickets old WHERE old.id = :id) AS old_state,
               (SELECT address FROM customers WHERE id = tickets.customer_id) AS address""",
        id=ticket_id,
        folded=fold(text),
    )
    if ticket is None:
        return None
    turn = int(ticket["turn"])
    _add_message(connection, tenant_id, ticket_id, turn, "customer", ticket["address"] or "", text, at)
    item_id = new_id()
    add_item(connection, tenant_id, ticket_id, turn, item_id)
    common = {"at": at, "tenant_id": tenant_id, "ticket_id": ticket_id, "work_item_id": item_id}
    happened = [Event(kind="message.received", data={"turn": turn}, **common)]
    if ticket["old_state"] == "closed":
        happened.append(Event(kind="ticket.reopened", data={"by": "customer"}, **common))
    events.append(connection, *happened)
    return item_id


def add_document(connection: Connection, tenant_id: UUID, new: NewDocument) -> UUID:
    """Add a document, its work item and its outbox row; returns its id."""
    document_id = new_id()
    customer_id = find_or_add_customer(connection, tenant_id, new.customer_address)
    execute(
        connection,
        """INSERT INTO documents (id, tenant_id, ticket_id, customer_id, filename, media_type, size, sha256, origin,
               received_at, shift_seconds)
           VALUES (:id, :tenant_id, :ticket_id, :customer_id, :filename, :media_type, :size, :sha256, :origin,
               :received_at, :shift)""",
        id=document_id,
        tenant_id=tenant_id,
        customer_id=customer_id,
        shift=new.shift.total_seconds(),
        **new.model_dump(exclude={"shift", "customer_address"}),
    )
    _work_on_document(connection, tenant_id, {"id": document_id, **new.model_dump()})
    return document_id


def add_parts(connection: Connection, tenant_id: UUID, document_id: UUID, parts: Sequence[Part]) -> None:
    """Make the documents behind the first in a file documents with work items of their own; the first is `document_id`
    itself. Said again it changes nothing."""
    execute(
        connection,
        "UPDATE documents SET part = 0, pages = :pages WHERE id = :id",
        id=document_id,
        pages=list(parts[0].pages),
    )
    for number, part in enumerate(parts[1:], 1):
        found = maybe_row(
            connection,
            """INSERT INTO documents (id, tenant_id, ticket_id, customer_id, filename, media_type, size, sha256, origin,
                   received_at, shift_seconds, part_of, part, pages)
               SELECT :id, tenant_id, ticket_id, customer_id, :filename, media_type, size, sha256, origin,
                   received_at, shift_seconds, id, :part, :pages FROM documents WHERE id = :first
               ON CONFLICT (part_of, part) WHERE part_of IS NOT NULL DO NOTHING
               RETURNING id, ticket_id, filename, media_type, size, origin, received_at""",
            id=new_id(),
            first=document_id,
            part=number,
            filename=part.name,
            pages=list(part.pages),
        )
        if found is not None:
            _work_on_document(connection, tenant_id, found)


def _work_on_document(connection: Connection, tenant_id: UUID, document: Mapping[Any, Any]) -> None:
    item_id = new_id()
    execute(
        connection,
        "INSERT INTO work_items (id, tenant_id, kind, document_id) VALUES (:id, :tenant_id, 'document', :document_id)",
        id=item_id,
        tenant_id=tenant_id,
        document_id=document["id"],
    )
    enqueue(connection, tenant_id, "item.work", "documents", item_id)
    channel = scalar(connection, "SELECT channel FROM tickets WHERE id = :id", id=document["ticket_id"])
    events.append(
        connection,
        Event(
            kind="document.received",
            at=document["received_at"],
            tenant_id=tenant_id,
            ticket_id=document["ticket_id"],
            document_id=document["id"],
            work_item_id=item_id,
            data={
                **{name: document[name] for name in ("filename", "media_type", "size", "origin")},
                "channel": channel or "upload",
            },
        ),
    )


def _add_message(
    connection: Connection, tenant_id: UUID, ticket_id: UUID, turn: int, author: str, by: str, body: str, at: datetime
) -> None:
    execute(
        connection,
        """INSERT INTO messages (id, tenant_id, ticket_id, turn, author, by, body, at)
           VALUES (:id, :tenant_id, :ticket_id, :turn, :author, :by, :body, :at)""",
        id=new_id(),
        tenant_id=tenant_id,
        ticket_id=ticket_id,
        turn=turn,
        author=author,
        by=by,
        body=body,
        at=at,
    )


def add_shadow_work(connection: Connection, tenant_id: UUID, ticket_id: UUID, generation: int) -> UUID:
    """Let an imported ticket be worked on in shadow: the run is recorded, nothing is sent. Returns the item."""
    item_id = scalar(connection, "SELECT id FROM work_items WHERE ticket_id = :id AND turn = 1", id=ticket_id)
    if item_id is None:
        item_id = new_id()
        execute(
            connection,
            """INSERT INTO work_items (id, tenant_id, kind, ticket_id, turn, state)
               VALUES (:id, :tenant_id, 'ticket', :ticket_id, 1, 'done')""",
            id=item_id,
            tenant_id=tenant_id,
            ticket_id=ticket_id,
        )
    enqueue(connection, tenant_id, "item.replay", "bulk", UUID(str(item_id)), generation=generation)
    return UUID(str(item_id))


def add_past_reply(
    connection: Connection, tenant_id: UUID, ticket_id: UUID, reply: str, at: datetime, seconds: float | None
) -> None:
    """Add what the company answered in the past and close the ticket at that time (imports)."""
    _add_message(connection, tenant_id, ticket_id, 1, "staff", "import", reply, at)
    execute(
        connection,
        """UPDATE tickets SET state = 'closed', first_reply_at = :at, closed_at = :at, closed_by = 'staff'
           WHERE id = :id""",
        id=ticket_id,
        at=at,
    )
    common = {"at": at, "tenant_id": tenant_id, "ticket_id": ticket_id}
    events.append(
        connection,
        Event(kind="staff.replied", data={"by": "import", "seconds": seconds}, **common),
        Event(kind="ticket.closed", data={"by": "staff"}, **common),
    )
