"""Deliveries: effects in the world, once per delivery key; a repeat after a crash is counted and shown."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import OutcomeKind
from core.events import Event
from core.ids import new_id
from core.store import events
from core.store.items import set_state
from core.store.next_runs import start_next_runs
from core.store.sql import execute, execute_many, maybe_row, rows

_OUTCOME_OF_REVIEW: dict[str, OutcomeKind] = {"": "automated", "approved": "approved", "edited": "edited"}

WAITS = "waits"
ACTION_FAILED = "its action did not succeed"
SUPERSEDED = "the customer has written again"
STOPPED_BY = ("paused", "taken", ACTION_FAILED, SUPERSEDED)


class Delivery(NamedTuple):
    """One effect that is about to happen. `id` is the key under which the channel must not act twice."""

    id: UUID
    tenant_id: UUID
    decision_id: UUID | None
    effect: str  # reply | action | fields
    channel: str
    payload: dict[str, Any]
    by: str
    repeated: bool
    attempts: int
    ticket_id: UUID | None
    subject: str
    language: str
    customer_id: UUID | None
    address: str
    customer_name: str
    verified: bool
    work_item_id: UUID | None
    document_id: UUID | None
    review: str
    shift_seconds: float


def begin(connection: Connection, delivery_ids: Sequence[UUID]) -> tuple[list[Delivery], dict[UUID, str]]:
    """Claim deliveries for sending. Returns them, and for the others why not: sent, paused, taken, waits for its action
    to be carried out first, its action did not succeed, or the customer has written again before anything was done.

    Pause, undo, take-over and a newer message are looked at here, at the last moment, so that they work within one
    delivery.
    """
    found = rows(
        connection,
        """SELECT v.id, v.tenant_id, v.decision_id, v.effect, v.channel, v.payload, v.by, v.state, v.attempts,
               v.ticket_id,
               coalesce(t.subject, '') AS subject, coalesce(t.language, '') AS language,
               c.id AS customer_id, coalesce(c.address, '') AS address, coalesce(c.name, '') AS customer_name,
               coalesce(c.verified, false) AS verified, t.taken_by, d.work_item_id, w.document_id,
               coalesce(d.review, '') AS review, coalesce(t.shift_seconds, x.shift_seconds, 0) AS shift_seconds,
               (SELECT min(CASE WHEN a.state IN ('waiting', 'sending') THEN 'before' ELSE 'without' END)
                FROM deliveries a WHERE a.decision_id = v.decision_id AND a.effect = 'action' AND v.effect = 'reply'
                    AND a.state <> 'sent') AS action,
               t.turn > w.turn AND NOT EXISTS (SELECT 1 FROM deliveries b WHERE b.decision_id = v.decision_id
                    AND b.state NOT IN ('waiting', 'stopped')) AS superseded,
               n.paused OR coalesce(s.paused, false) OR NOT coalesce(s.enabled, true)
                   OR coalesce(s.tier, 'automated') <> 'automated' AS paused
           FROM deliveries v JOIN tenants n ON n.id = v.tenant_id
           LEFT JOIN tickets t ON t.id = v.ticket_id
           LEFT JOIN customers c ON c.id = t.customer_id
           LEFT JOIN decisions d ON d.id = v.decision_id
           LEFT JOIN runs r ON r.id = d.run_id
           LEFT JOIN agent_settings s ON s.agent = r.agent
           LEFT JOIN work_items w ON w.id = d.work_item_id
           LEFT JOIN documents x ON x.id = w.document_id
           WHERE v.id = ANY(:ids) ORDER BY v.id FOR UPDATE OF v""",
        ids=list(delivery_ids),
    )
    why_not = {row["id"]: _why_not(row) for row in found}
    claimed = [row for row in found if not why_not[row["id"]]]
    execute(
        connection,
        """UPDATE deliveries SET state = 'sending', attempts = attempts + 1,
               repeats = repeats + CASE WHEN state = 'sending' THEN 1 ELSE 0 END WHERE id = ANY(:ids)""",
        ids=[row["id"] for row in claimed],
    )
    names = [name for name in Delivery._fields if name not in ("repeated", "attempts")]
    begun = [
        Delivery(
            **{name: row[name] for name in names},
            repeated=row["state"] == "sending",
            attempts=row["attempts"] + 1,
        )
        for row in claimed
    ]
    return begun, {key: why for key, why in why_not.items() if why}


def _why_not(row: RowMapping) -> str:
    if row["state"] not in ("waiting", "sending"):
        return str(row["state"])
    mine = row["by"] == "agent" and row["state"] == "waiting"
    if mine and row["superseded"] and not row["taken_by"]:  # the run of the newer message answers both
        return SUPERSEDED
    if row["action"]:  # what a reply says about its actions must be true when it goes out
        return WAITS if row["action"] == "before" else ACTION_FAILED
    if mine and row["paused"]:
        return "paused"
    return "taken" if mine and row["taken_by"] else ""


def sent(connection: Connection, done: Sequence[tuple[Delivery, str]]) -> None:
    """Mark deliveries as done, each with the channel's reference: thread, ticket, outcome and events, in one
    transaction. Things happen at the item's own time, which an import may have dated back."""
    now = datetime.now(UTC)
    execute_many(
        connection,
        """UPDATE deliveries SET state = 'sent', channel = :channel, reference = :reference, error = '',
               sent_at = clock_timestamp() WHERE id = :id""",
        [{"id": d.id, "channel": d.channel, "reference": reference[:2000]} for d, reference in done],
    )
    _reply_in_thread(connection, [d for d, _ in done if d.effect == "reply" and d.ticket_id], now)
    ended = _end_items(connection, [d for d, _ in done if d.work_item_id])
    happened = []
    for delivery, _ in done:
        happened += _happened(delivery, at_time_of(delivery, now), ended.get(delivery.work_item_id))
    events.append(connection, *happened)
    start_next_runs(connection, [d.decision_id for d, _ in done if d.decision_id and d.effect == "action"], now)


def at_time_of(delivery: Delivery, now: datetime) -> datetime:
    """Return the present as the delivery's item counts it."""
    return now - timedelta(seconds=delivery.shift_seconds)


def _end_items(connection: Connection, done: Sequence[Delivery]) -> dict[UUID | None, OutcomeKind]:
    """End the items none of whose effects is still to come; returns their outcomes."""
    found = rows(
        connection,
        """SELECT id FROM decisions d WHERE id = ANY(:ids) AND NOT EXISTS
               (SELECT 1 FROM deliveries v WHERE v.decision_id = d.id AND v.state IN ('waiting', 'sending'))""",
        ids=[delivery.decision_id for delivery in done],
    )
    complete = {row["id"] for row in found}
    ended = [(d, _OUTCOME_OF_REVIEW.get(d.review, "handed_off")) for d in done if d.decision_id in complete]
    for outcome in {outcome for _, outcome in ended}:
        mine = [delivery for delivery, found_outcome in ended if found_outcome == outcome]
        set_state(connection, [d.work_item_id for d in mine if d.work_item_id], "done", outcome)
        execute(
            connection,
            "UPDATE documents SET outcome = :outcome, attention = '' WHERE id = ANY(:ids)",
            ids=[d.document_id for d in mine if d.document_id],
            outcome=outcome,
        )
        execute(
            connection,
            "UPDATE tickets SET outcome = :outcome WHERE id = ANY(:ids)",
            ids=[d.ticket_id for d in mine if d.ticket_id],
            outcome=outcome,
        )
    return {delivery.work_item_id: outcome for delivery, outcome in ended}


def _happened(delivery: Delivery, at: datetime, outcome: OutcomeKind | None) -> list[Event]:
    common: dict[str, Any] = {
        "at": at,
        "tenant_id": delivery.tenant_id,
        "ticket_id": delivery.ticket_id,
        "document_id": delivery.document_id,
        "work_item_id": delivery.work_item_id,
    }
    data = {
        "key": str(delivery.id),
        "channel": delivery.channel,
        "effect": delivery.effect,
        "by": author_of(delivery),
        "attempts": delivery.attempts,
        "question": bool(delivery.payload.get("question")),
    }
    found = [Event(kind="delivery.sent", data=data, **common)]
    if delivery.repeated:
        again = {"key": str(delivery.id), "channel": delivery.channel}
        found.append(Event(kind="delivery.repeated", data=again, **common))
    if outcome:
        found.append(Event(kind="outcome.recorded", data={"outcome": outcome, "by": delivery.by}, **common))
    return found


def author_of(delivery: Delivery) -> str:
    """Return whose words a delivery carries: the agent's, or a member of staff's."""
    return "agent" if delivery.by == "agent" else "staff"


def _reply_in_thread(connection: Connection, replies: Sequence[Delivery], now: datetime) -> None:
    values = [
        {
            "id": new_id(),
            "tenant_id": delivery.tenant_id,
            "ticket_id": delivery.ticket_id,
            "author": author_of(delivery),
            "by": delivery.by,
            "body": delivery.payload["text"],
            "delivery_id": delivery.id,
            "at": at_time_of(delivery, now),
        }
        for delivery in replies
    ]
    execute_many(
        connection,
        """INSERT INTO messages (id, tenant_id, ticket_id, turn, author, by, body, delivery_id, at)
           SELECT :id, :tenant_id, id, turn, :author, :by, :body, :delivery_id, :at FROM tickets WHERE id = :ticket_id
           ON CONFLICT (delivery_id) DO NOTHING""",
        values,
    )
    execute_many(
        connection,
        """UPDATE tickets SET state = 'waiting', attention = '', first_reply_at = coalesce(first_reply_at, :at),
               updated_at = clock_timestamp() WHERE id = :ticket_id""",
        [{"ticket_id": value["ticket_id"], "at": value["at"]} for value in values],
    )


def stop(connection: Connection, delivery_id: UUID, why: str) -> None:
    """Keep an agent's delivery from going out, and give its item to a person unless a newer turn answers it."""
    row = maybe_row(
        connection,
        """UPDATE deliveries SET state = 'stopped', error = :why WHERE id = :id AND state IN ('waiting', 'sending')
           RETURNING decision_id, ticket_id""",
        id=delivery_id,
        why=why[:2000],
    )
    if row is None:
        return
    if why == SUPERSEDED:
        execute(
            connection,
            """UPDATE work_items SET state = 'superseded', finished_at = clock_timestamp()
               WHERE id = (SELECT work_item_id FROM decisions WHERE id = :id)""",
            id=row["decision_id"],
        )
        return
    execute(
        connection,
        "UPDATE decisions SET review = 'open' WHERE id = :id",
        id=row["decision_id"],
    )
    execute(connection, "UPDATE tickets SET attention = 'review' WHERE id = :id", id=row["ticket_id"])
    execute(
        connection,
        "UPDATE work_items SET state = 'held' WHERE id = (SELECT work_item_id FROM decisions WHERE id = :id)",
        id=row["decision_id"],
    )


def refuse(connection: Connection, delivery: Delivery, why: str) -> None:
    """Mark an action as refused by the system that was to be changed: the next run, or a person, deals with it."""
    execute(
        connection,
        "UPDATE deliveries SET state = 'refused', channel = :channel, error = :why WHERE id = :id",
        id=delivery.id,
        channel=delivery.channel,
        why=why[:2000],
    )
    now = datetime.now(UTC)
    events.append(
        connection,
        Event(
            kind="delivery.refused",
            at=at_time_of(delivery, now),
            tenant_id=delivery.tenant_id,
            ticket_id=delivery.ticket_id,
            work_item_id=delivery.work_item_id,
            data={"key": str(delivery.id), "channel": delivery.channel, "why": why[:500]},
        ),
    )
    if delivery.decision_id:
        start_next_runs(connection, [delivery.decision_id], now)


def fail(connection: Connection, delivery_id: UUID, error: str, *, final: bool = True) -> None:
    """Show the ticket of a delivery that failed to a person, and mark it as failed for good.

    An action whose attempts are used up has always failed for good: its reply must not go out, and who deals with the
    ticket next must not find it done by a replay later. Another effect that is not `final` is sent by such a replay.
    """
    row = maybe_row(
        connection,
        """UPDATE deliveries v SET error = :error, state = CASE WHEN :final OR v.effect = 'action' THEN 'failed'
               ELSE v.state END
           FROM deliveries o LEFT JOIN tickets t ON t.id = o.ticket_id LEFT JOIN decisions d ON d.id = o.decision_id
           WHERE v.id = :id AND o.id = v.id AND v.state IN ('waiting', 'sending')
           RETURNING v.tenant_id, v.ticket_id, v.channel, d.work_item_id, coalesce(t.shift_seconds, 0) AS shift""",
        id=delivery_id,
        final=final,
        error=error[:2000],
    )
    if row is None:
        return
    execute(
        connection,
        "UPDATE tickets SET attention = 'failed', updated_at = clock_timestamp() WHERE id = :id",
        id=row["ticket_id"],
    )
    events.append(
        connection,
        Event(
            kind="delivery.failed",
            at=datetime.now(UTC) - timedelta(seconds=row["shift"]),
            data={"key": str(delivery_id), "channel": row["channel"], "error": error[:500]},
            **{name: row[name] for name in ("tenant_id", "ticket_id", "work_item_id")},
        ),
    )
