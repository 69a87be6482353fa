"""Loading a work item: read only, then the connection is closed before any agent runs."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import ActionOutcome, Customer, DocumentRead, FieldValue, Message, WorkItem
from core.store.sql import execute, maybe_row, one_row, rows


class Loaded(NamedTuple):
    """A work item and what the line must know about its ticket at this moment."""

    item: WorkItem
    shift: timedelta  # how long ago the item arrived in the world; its events are dated back by as much
    ticket_turn: int  # the ticket's newest turn; an older item is superseded
    taken_by: str  # the person who has the ticket; agents are silent then
    agent: str  # that worked on the turn before, with its intent and priority
    intent: str
    priority: str
    asked: bool  # the newest reply of that agent only asks the customer something
    unread_documents: int
    unsettled_actions: int  # of earlier turns, whose outcome is not known yet
    waited: timedelta  # since the item was made
    done: bool


def load(connection: Connection, item_ids: Sequence[UUID], generation: int = 0) -> list[Loaded]:
    """Return the items as agents see them; those that do not exist are left out."""
    found = rows(
        connection,
        """SELECT w.id, w.tenant_id, w.kind, w.turn, w.ticket_id, w.document_id, w.state, w.created_at,
               t.channel, t.subject, t.language, t.turn AS ticket_turn, t.taken_by, t.agent, t.intent, t.priority,
               coalesce(t.received_at, d.received_at) AS received_at,
               coalesce(t.shift_seconds, d.shift_seconds) AS shift_seconds,
               c.id AS customer_id, c.address, c.name, c.verified,
               (SELECT count(*) FROM deliveries v WHERE v.ticket_id = w.ticket_id AND w.turn > 1
                    AND v.effect = 'action' AND v.state IN ('waiting', 'sending')) AS unsettled_actions,
               (SELECT v.payload -> 'question' FROM deliveries v WHERE v.ticket_id = w.ticket_id AND w.turn > 1
                    AND v.effect = 'reply' AND v.state = 'sent' ORDER BY v.id DESC LIMIT 1) AS asked,
               EXISTS (SELECT 1 FROM documents x WHERE x.ticket_id = w.ticket_id) AS has_documents
           FROM work_items w
           LEFT JOIN tickets t ON t.id = w.ticket_id
           LEFT JOIN documents d ON d.id = w.document_id
           LEFT JOIN customers c ON c.id = coalesce(t.customer_id, d.customer_id)
           WHERE w.id = ANY(:ids)""",
        ids=list(item_ids),
    )
    messages = _messages(connection, [row["id"] for row in found if row["ticket_id"]])
    return [_loaded(connection, row, messages.get(row["id"], ()), generation) for row in found]


def _loaded(connection: Connection, row: RowMapping, messages: tuple[Message, ...], generation: int) -> Loaded:
    documents = _documents(connection, row) if row["document_id"] or row["has_documents"] else ()
    outcomes = _action_outcomes(connection, row) if row["ticket_id"] and row["turn"] > 1 else ()
    customer = None
    if row["customer_id"]:
        customer = Customer(id=row["customer_id"], address=row["address"], name=row["name"], verified=row["verified"])
    item = WorkItem(
        id=row["id"],
        tenant_id=row["tenant_id"],
        kind=row["kind"],
        generation=generation,
        ticket_id=row["ticket_id"],
        turn=row["turn"],
        channel=row["channel"] or "api",
        subject=row["subject"] or "",
        text=next((m.text for m in reversed(messages) if m.author == "customer"), ""),
        language=row["language"] or "",
        received_at=row["received_at"],
        customer=customer,
        messages=messages,
        documents=tuple(read for read, _ in documents),
        action_outcomes=outcomes,
    )
    return Loaded(
        item=item,
        shift=timedelta(seconds=row["shift_seconds"]),
        ticket_turn=row["ticket_turn"] or 1,
        taken_by=row["taken_by"] or "",
        agent=row["agent"] or "",
        intent=row["intent"] or "",
        priority=row["priority"] or "normal",
        asked=bool(row["asked"]),
        unread_documents=sum(1 for _, state in documents if state == "received") if row["ticket_id"] else 0,
        unsettled_actions=row["unsettled_actions"],
        waited=datetime.now(UTC) - row["created_at"],
        done=row["state"] in ("done", "superseded"),
    )


def _messages(connection: Connection, item_ids: Sequence[UUID]) -> dict[UUID, tuple[Message, ...]]:
    """Messages up to each item's turn, so that a replay of an imported ticket does not see the reply it got."""
    found = rows(
        connection,
        """SELECT w.id AS item, m.turn, m.author, m.body AS text, m.at FROM work_items w
           JOIN messages m ON m.ticket_id = w.ticket_id
               AND (m.turn < w.turn OR (m.turn = w.turn AND m.author = 'customer'))
           WHERE w.id = ANY(:ids) ORDER BY m.id""",
        ids=list(item_ids),
    )
    by_item: dict[UUID, list[Message]] = defaultdict(list)
    for row in found:
        by_item[row["item"]].append(Message(turn=row["turn"], author=row["author"], text=row["text"], at=row["at"]))
    return {item: tuple(messages) for item, messages in by_item.items()}


_OF_A_DOCUMENT = ("id", "filename", "media_type", "size", "sha256", "type", "text", "part", "part_of")


def _documents(connection: Connection, item: RowMapping) -> tuple[tuple[DocumentRead, str], ...]:
    """The item's own document, or all of its ticket with the fields that were read."""
    found = rows(
        connection,
        """SELECT d.id, d.filename, d.media_type, d.size, d.sha256, d.type, d.text, d.state,
               d.part, d.part_of, (SELECT coalesce(s.final_fields, r.proposal -> 'fields')
                FROM work_items w JOIN runs r ON r.work_item_id = w.id LEFT JOIN decisions s ON s.run_id = r.id
                WHERE w.document_id = d.id AND NOT r.shadow ORDER BY r.created_at DESC LIMIT 1) AS fields
           FROM documents d WHERE d.id = :document OR d.ticket_id = :ticket ORDER BY d.id""",
        document=item["document_id"],
        ticket=item["ticket_id"],
    )
    return tuple(
        (
            DocumentRead(
                **{k: row[k] for k in _OF_A_DOCUMENT},
                fields=tuple(FieldValue(**field) for field in row["fields"] or ()),
            ),
            str(row["state"]),
        )
        for row in found
    )


def _action_outcomes(connection: Connection, item: RowMapping) -> tuple[ActionOutcome, ...]:
    """What became of the actions that runs of earlier turns proposed."""
    found = rows(
        connection,
        """SELECT v.payload, CASE v.state WHEN 'sent' THEN 'done' ELSE v.state END AS status,
               CASE v.state WHEN 'sent' THEN v.reference ELSE v.error END AS result, coalesce(w.turn, 0) AS turn
           FROM deliveries v LEFT JOIN decisions d ON d.id = v.decision_id
           LEFT JOIN work_items w ON w.id = d.work_item_id
           WHERE v.ticket_id = :ticket AND v.effect = 'action' AND v.state IN ('sent', 'refused', 'failed')
             AND coalesce(w.turn, 0) < :turn ORDER BY v.id""",
        ticket=item["ticket_id"],
        turn=item["turn"],
    )
    return tuple(
        ActionOutcome(
            name=row["payload"]["name"],
            arguments=row["payload"]["arguments"],
            **{name: row[name] for name in ("status", "result", "turn")},
        )
        for row in found
    )


def set_state(connection: Connection, item_ids: Sequence[UUID], state: str, outcome: str | None = None) -> None:
    """Set items' state (queued, held, done, superseded, dead) and, where they ended, their outcome."""
    execute(
        connection,
        """UPDATE work_items SET state = :state, outcome = coalesce(:outcome, outcome),
               finished_at = CASE WHEN :state IN ('done', 'superseded', 'dead') THEN clock_timestamp() END
           WHERE id = ANY(:ids)""",
        ids=list(item_ids),
        state=state,
        outcome=outcome,
    )


def save_reading(
    connection: Connection,
    document_id: UUID,
    *,
    state: str,
    type: str = "unknown",
    text: str = "",
    language: str = "",
    reason: str = "",
) -> None:
    """Store what reading a document gave; `state` is read or refused."""
    execute(
        connection,
        """UPDATE documents SET state = :state, type = :type, text = :text, language = :language, reason = :reason
           WHERE id = :id""",
        id=document_id,
        state=state,
        type=type,
        text=text.replace("\x00", ""),
        language=language,
        reason=reason,
    )


def link_duplicate(
    connection: Connection, document_id: UUID, content_key: str, numbers: Sequence[str] = (), alike: float = 1.0
) -> UUID | None:
    """Keep what tells a document from others (a digest of its contents; the numbers printed on a picture), and link it
    to the first document with the same bytes, the same contents, or of whose numbers and its own together a share of
    `alike` is the same; returns that one's id."""
    row = one_row(
        connection,
        """UPDATE documents d SET content_key = :key, numbers = :numbers, duplicate_of = (
               SELECT min(e.id::text)::uuid FROM (
                   SELECT a.id FROM documents a WHERE a.sha256 = d.sha256 AND a.part IS NOT DISTINCT FROM d.part
                   UNION ALL SELECT b.id FROM documents b WHERE b.content_key = :key AND :key <> ''
                   UNION ALL SELECT c.id FROM documents c, LATERAL (
                       SELECT count(*) AS shared FROM unnest(c.numbers) one WHERE one = ANY (:numbers)) s
                   WHERE c.numbers && CAST(:numbers AS text[])
                       AND shared >= :alike * (cardinality(c.numbers) + :count - shared)) e
               WHERE e.id < d.id AND e.id IS DISTINCT FROM d.part_of)
           WHERE d.id = :id RETURNING duplicate_of""",
        id=document_id,
        key=content_key,
        numbers=list(numbers),
        count=len(numbers),
        alike=alike,
    )
    found: UUID | None = row["duplicate_of"]
    return found


def subject(connection: Connection, item_id: UUID) -> dict[str, UUID | None]:
    """Return the ids under which an item's events are filed."""
    row = maybe_row(connection, "SELECT ticket_id, document_id FROM work_items WHERE id = :id", id=item_id)
    return {"work_item_id": item_id, **(dict(row) if row else {})}


def give_up(connection: Connection, item_id: UUID) -> None:
    """Mark an item whose attempts are used up, and show its ticket or document to a person."""
    set_state(connection, [item_id], "dead", "failed")
    for table, key in (("tickets", "ticket_id"), ("documents", "document_id")):
        execute(
            connection,
            f"UPDATE {table} SET attention = 'failed' WHERE id = (SELECT {key} FROM work_items WHERE id = :id)",
            id=item_id,
        )


def still_newest(connection: Connection, items: Sequence[WorkItem]) -> set[UUID]:
    """Lock the items' tickets and return the items for which no newer message came, whose tickets no person took, and
    which were not superseded meanwhile (the ticket was merged, or is spam)."""
    found = rows(
        connection,
        """SELECT id, turn, taken_by FROM tickets WHERE id = ANY(:ids) ORDER BY id FOR UPDATE""",
        ids=[item.ticket_id for item in items if item.ticket_id and item.kind == "ticket"],
    )
    free = {row["id"]: row["turn"] for row in found if not row["taken_by"]}
    over = rows(  # asked once the tickets are locked: who superseded them has committed
        connection,
        "SELECT id FROM work_items WHERE id = ANY(:ids) AND state = 'superseded'",
        ids=[item.id for item in items if item.kind == "ticket"],
    )
    ended = {row["id"] for row in over}
    return {
        item.id
        for item in items
        if item.kind == "document"
        or (item.id not in ended and item.ticket_id and free.get(item.ticket_id) == item.turn)
    }
