"""Deliveries: effects in the world, once per delivery key; a repeat after a crash is counted and shown."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from core.contracts import OutcomeKind
from core.events import Event
from core.ids import new_id
from core.store import events
from core.store.items import set_state
from core.store.sql import execute, maybe_row

_OUTCOME_OF_REVIEW: dict[str, OutcomeKind] = {"": "automated", "approved": "approved", "edited": "edited"}


class Delivery(NamedTuple):
    """One effect that is about to happen. `id` is the key under which the channel must not act twice."""

    id: UUID
    tenant_id: UUID
    effect: str  # reply | action | fields
    channel: str
    payload: dict[str, Any]
    by: str
    repeated: bool
    attempts: int
    ticket_id: UUID | None
    subject: str
    language: str
    address: str
    customer_name: str
    verified: bool
    work_item_id: UUID | None
    document_id: UUID | None
    review: str
    shift_seconds: float
    last: bool  # no other effect of the same decision is still to come


def begin(connection: Connection, delivery_id: UUID) -> tuple[Delivery | None, str]:
    """Claim a delivery for sending. Returns it, or None with why not: gone, sent, undone, paused or taken.

    Pause, undo and take-over are looked at here, at the last moment, so that they work within one delivery.
    """
    row = maybe_row(
        connection,
        """SELECT v.id, v.tenant_id, v.effect, v.channel, v.payload, v.by, v.state, v.attempts, v.ticket_id,
               coalesce(t.subject, '') AS subject, coalesce(t.language, '') AS language,
               coalesce(c.address, '') AS address, coalesce(c.name, '') AS customer_name,
               coalesce(c.verified, false) AS verified, t.taken_by,
               d.work_item_id, w.document_id, coalesce(d.review, '') AS review,
               coalesce(t.shift_seconds, x.shift_seconds, 0) AS shift_seconds,
               n.paused OR coalesce(s.paused, false) OR NOT coalesce(s.enabled, true) AS paused,
               NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.decision_id = v.decision_id AND o.id <> v.id
                           AND o.state IN ('waiting', 'sending')) AS last
           FROM deliveries v JOIN tenants n ON n.id = v.tenant_id
           LEFT JOIN tickets t ON t.id = v.ticket_id
           LEFT JOIN customers c ON c.id = t.customer_id
           LEFT JOIN decisions d ON d.id = v.decision_id
           LEFT JOIN runs r ON r.id = d.run_id
           LEFT JOIN agent_settings s ON s.agent = r.agent
           LEFT JOIN work_items w ON w.id = d.work_item_id
           LEFT JOIN documents x ON x.id = w.document_id
           WHERE v.id = :id FOR UPDATE OF v""",
        id=delivery_id,
    )
    if row is None:
        return None, "gone"
    if row["state"] not in ("waiting", "sending"):
        return None, str(row["state"])
    if row["by"] == "agent" and row["state"] == "waiting":
        if row["paused"]:
            return None, "paused"
        if row["taken_by"]:
            return None, "taken"
    execute(
        connection,
        """UPDATE deliveries SET state = 'sending', attempts = attempts + 1,
               repeats = repeats + CASE WHEN state = 'sending' THEN 1 ELSE 0 END WHERE id = :id""",
        id=delivery_id,
    )
    values = {name: row[name] for name in Delivery._fields if name not in ("repeated", "attempts")}
    return Delivery(**values, repeated=row["state"] == "sending", attempts=row["attempts"] + 1), ""


def sent(connection: Connection, delivery: Delivery, reference: str, at: datetime) -> None:
    """Mark a delivery as done: the thread, the ticket, the outcome and the events, in one transaction."""
    execute(
        connection,
        """UPDATE deliveries SET state = 'sent', reference = :reference, sent_at = clock_timestamp(), error = ''
           WHERE id = :id""",
        id=delivery.id,
        reference=reference[:2000],
    )
    author = "agent" if delivery.by == "agent" else "staff"
    common = {
        "at": at,
        "tenant_id": delivery.tenant_id,
        "ticket_id": delivery.ticket_id,
        "document_id": delivery.document_id,
        "work_item_id": delivery.work_item_id,
    }
    happened = [
        Event(
            kind="delivery.sent",
            data={
                "key": str(delivery.id),
                "channel": delivery.channel,
                "effect": delivery.effect,
                "by": author,
                "attempts": delivery.attempts,
                "question": bool(delivery.payload.get("question")),
            },
            **common,
        )
    ]
    if delivery.repeated:
        data = {"key": str(delivery.id), "channel": delivery.channel}
        happened.append(Event(kind="delivery.repeated", data=data, **common))
    if delivery.effect == "reply" and delivery.ticket_id:
        _reply_in_thread(connection, delivery, author, at)
    if delivery.last and delivery.work_item_id:
        outcome = _OUTCOME_OF_REVIEW.get(delivery.review, "handed_off")
        set_state(connection, delivery.work_item_id, "done", outcome)
        if delivery.document_id:
            execute(
                connection,
                "UPDATE documents SET outcome = :outcome, attention = '' WHERE id = :id",
                id=delivery.document_id,
                outcome=outcome,
            )
        happened.append(Event(kind="outcome.recorded", data={"outcome": outcome, "by": delivery.by}, **common))
        if delivery.ticket_id:
            execute(
                connection,
                "UPDATE tickets SET outcome = :outcome WHERE id = :id",
                id=delivery.ticket_id,
                outcome=outcome,
            )
    events.append(connection, *happened)


def _reply_in_thread(connection: Connection, delivery: Delivery, author: str, at: datetime) -> None:
    execute(
        connection,
        """INSERT INTO messages (id, tenant_id, ticket_id, turn, author, by, body, delivery_id, at)
           SELECT :id, :tenant_id, id, turn, :author, :by, :body, :delivery_id, :at FROM tickets WHERE id = :ticket_id
           ON CONFLICT (delivery_id) DO NOTHING""",
        id=new_id(),
        tenant_id=delivery.tenant_id,
        ticket_id=delivery.ticket_id,
        author=author,
        by=delivery.by,
        body=delivery.payload["text"],
        delivery_id=delivery.id,
        at=at,
    )
    execute(
        connection,
        """UPDATE tickets SET state = 'waiting', attention = '', first_reply_at = coalesce(first_reply_at, :at),
               updated_at = clock_timestamp() WHERE id = :id""",
        id=delivery.ticket_id,
        at=at,
    )


def stop(connection: Connection, delivery_id: UUID, why: str) -> None:
    """Keep an agent's delivery from going out and give its item to a person."""
    row = maybe_row(
        connection,
        """UPDATE deliveries SET state = 'stopped', error = :why WHERE id = :id AND state IN ('waiting', 'sending')
           RETURNING decision_id, ticket_id""",
        id=delivery_id,
        why=why[:2000],
    )
    if row is None:
        return
    execute(
        connection,
        "UPDATE decisions SET review = 'open' WHERE id = :id AND review = ''",
        id=row["decision_id"],
    )
    execute(connection, "UPDATE tickets SET attention = 'review' WHERE id = :id", id=row["ticket_id"])
    execute(
        connection,
        "UPDATE work_items SET state = 'held' WHERE id = (SELECT work_item_id FROM decisions WHERE id = :id)",
        id=row["decision_id"],
    )


def fail(connection: Connection, delivery: Delivery, error: str, at: datetime) -> None:
    """Mark a delivery as failed for good, and show its ticket to a person."""
    execute(
        connection, "UPDATE deliveries SET state = 'failed', error = :error WHERE id = :id", id=delivery.id, error=error
    )
    execute(
        connection,
        "UPDATE tickets SET attention = 'failed', updated_at = clock_timestamp() WHERE id = :id",
        id=delivery.ticket_id,
    )
    events.append(
        connection,
        Event(
            kind="delivery.failed",
            at=at,
            tenant_id=delivery.tenant_id,
            ticket_id=delivery.ticket_id,
            work_item_id=delivery.work_item_id,
            data={"key": str(delivery.id), "channel": delivery.channel, "error": error[:500]},
        ),
    )
