"""What people decide: approve, edit, reject, take over, reply, undo, close; each in one commit with its events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import FieldValue, Proposal, is_simulated
from core.errors import Rejected
from core.events import Event, EventKind
from core.store import events, senders
from core.store.items import set_state
from core.store.next_runs import answer_what_waits
from core.store.records import add_deliveries, effects_of
from core.store.sql import Jsonb, execute, maybe_row, rows, scalar


def find(connection: Connection, decision_id: UUID, *, lock: bool = False) -> RowMapping:
    """Return a decision with its run and item. Raises Rejected (code not_found)."""
    row = maybe_row(
        connection,
        f"""SELECT d.*, r.agent, r.agent_version, r.intent, r.language, r.proposal, r.route, r.family,
                w.ticket_id, w.document_id, w.kind AS item_kind, w.turn,
                coalesce(t.shift_seconds, x.shift_seconds, 0) AS shift_seconds
            FROM decisions d JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
            LEFT JOIN tickets t ON t.id = w.ticket_id LEFT JOIN documents x ON x.id = w.document_id
            WHERE d.id = :id {"FOR UPDATE OF d" if lock else ""}""",
        id=decision_id,
    )
    if row is None:
        raise Rejected("there is no such decision", code="not_found", hint="List what waits: GET /v1/reviews")
    return row


def _open(connection: Connection, decision_id: UUID) -> RowMapping:
    row = find(connection, decision_id, lock=True)
    if row["review"] != "open":
        state = row["review"] or "sent by the agent"
        raise Rejected(
            f"this decision is not open for review any more: it was {state}",
            code="already_reviewed",
            hint="Reload the ticket to see who decided.",
        )
    # What was stopped (pause, take-over) or refused makes room for the reviewer's own; what was done stays done.
    execute(
        connection,
        "DELETE FROM deliveries WHERE decision_id = :id AND state IN ('stopped', 'refused', 'failed')",
        id=decision_id,
    )
    return row


def _mark(
    connection: Connection, decision_id: UUID, review: str, by: str, *, note: str = "", final_text: str = ""
) -> None:
    execute(
        connection,
        """UPDATE decisions SET review = :review, reviewed_by = :by, reviewed_at = clock_timestamp(),
               review_note = :note, final_text = :final_text, final_fields = NULL WHERE id = :id""",
        id=decision_id,
        review=review,
        by=by,
        note=note,
        final_text=final_text,
    )


def _say(connection: Connection, tenant_id: UUID, row: RowMapping, kind: EventKind, at: datetime, **data: Any) -> None:
    events.append(
        connection,
        Event(
            kind=kind,
            at=at,
            tenant_id=tenant_id,
            ticket_id=row["ticket_id"],
            document_id=row["document_id"],
            work_item_id=row["work_item_id"],
            run_id=row["run_id"],
            data=data,
        ),
    )


def approve(
    connection: Connection,
    tenant_id: UUID,
    decision_id: UUID,
    *,
    by: str,
    at: datetime,
    undo_seconds: float,
    seconds: float | None = None,
) -> RowMapping:
    """Send the draft as it is, after the time in which it can be undone. Returns the decision as it was."""
    row = _open(connection, decision_id)
    proposal = Proposal(**row["proposal"])
    if proposal.kind == "abstain":
        raise Rejected("there is no draft to approve", code="no_draft", hint="Write a reply instead.")
    _mark(connection, decision_id, "approved", by)
    _say(connection, tenant_id, row, "review.approved", at, by=by, seconds=seconds, simulated=is_simulated(by))
    effects = effects_of(decision_id, row["ticket_id"], proposal, proposal.reply)
    add_deliveries(connection, tenant_id, effects, by=by, delay=undo_seconds)
    senders.to_learn(connection, tenant_id, row, at, undo_seconds)
    _settle(connection, row, "")
    return row


def edit(
    connection: Connection,
    tenant_id: UUID,
    decision_id: UUID,
    text: str,
    *,
    by: str,
    at: datetime,
    undo_seconds: float,
    seconds: float | None = None,
) -> RowMapping:
    """Send the reviewer's text instead of the draft; both are kept, the difference is a label."""
    row = _open(connection, decision_id)
    proposal = Proposal(**row["proposal"])
    _mark(connection, decision_id, "edited", by, final_text=text)
    _say(
        connection,
        tenant_id,
        row,
        "review.edited",
        at,
        by=by,
        seconds=seconds,
        before=proposal.reply,
        after=text,
        simulated=is_simulated(by),
    )
    effects = effects_of(decision_id, row["ticket_id"], proposal, text)
    add_deliveries(connection, tenant_id, effects, by=by, delay=undo_seconds)
    _settle(connection, row, "")
    return row


def correct(
    connection: Connection,
    tenant_id: UUID,
    decision_id: UUID,
    values: Mapping[str, str | None],
    *,
    by: str,
    at: datetime,
    undo_seconds: float,
    seconds: float | None = None,
) -> RowMapping:
    """Let a document's fields go on with the reviewer's values; what was read stays in the run, the difference is a
    label. Fields that are not named stay as they were read; a value of None says that the document has none.

    Raises Rejected (code field_unknown) for a field that the run does not have, no_draft where nothing was read.
    """
    row = _open(connection, decision_id)
    proposal = Proposal(**row["proposal"])
    read = {field.name: field for field in proposal.fields}
    if proposal.kind != "fields":
        raise Rejected("there are no values to correct", code="no_draft", hint="Reject it instead.")
    if unknown := sorted(set(values) - set(read)):
        told = f"no field is called {unknown[0]!r}"
        raise Rejected(told, code="field_unknown", hint=f"The fields are: {', '.join(read)}.", where="/fields")
    changed = {name: value for name, value in values.items() if value != read[name].value}
    if not changed:
        raise Rejected("no value is another one than was read", code="unchanged", hint="Approve the values instead.")
    fields = [_corrected(field, changed) for field in proposal.fields]
    _mark(connection, decision_id, "edited", by)
    execute(
        connection,
        "UPDATE decisions SET final_fields = :fields WHERE id = :id",
        id=decision_id,
        fields=Jsonb([field.model_dump(mode="json") for field in fields]),
    )
    before = {name: read[name].value for name in changed}
    simulated = is_simulated(by)
    told_of = {"by": by, "seconds": seconds, "before": before, "after": changed, "simulated": simulated}
    _say(connection, tenant_id, row, "review.edited", at, **told_of)
    add_deliveries(
        connection, tenant_id, effects_of(decision_id, row["ticket_id"], proposal, ""), by=by, delay=undo_seconds
    )
    senders.to_learn(connection, tenant_id, row, at, undo_seconds)
    _settle(connection, row, "")
    return row


def _corrected(field: FieldValue, changed: Mapping[str, str | None]) -> FieldValue:
    """A person's value has no canonical form of the agent's, and nobody doubts it; where it stands stays known."""
    if field.name not in changed:
        return field
    return field.model_copy(update={"value": changed[field.name], "normalised": None, "score": 1.0, "reason": ""})


def reject(
    connection: Connection,
    tenant_id: UUID,
    decision_id: UUID,
    *,
    by: str,
    at: datetime,
    reason: str,
    seconds: float | None = None,
) -> RowMapping:
    """Discard the draft; the ticket stays with people."""
    row = _open(connection, decision_id)
    _mark(connection, decision_id, "rejected", by, note=reason)
    _say(
        connection,
        tenant_id,
        row,
        "review.rejected",
        at,
        by=by,
        seconds=seconds,
        reason=reason,
        simulated=is_simulated(by),
    )
    _end(connection, tenant_id, row, "rejected", by, at)
    _settle(connection, row, "handoff")
    return row


def take_over(connection: Connection, tenant_id: UUID, ticket_id: UUID, *, by: str, at: datetime) -> None:
    """A person takes the ticket; agents are silent until it is handed back."""
    if not execute(
        connection,
        "UPDATE tickets SET taken_by = :by, attention = 'handoff', updated_at = clock_timestamp() WHERE id = :id",
        id=ticket_id,
        by=by,
    ):
        raise Rejected("there is no such ticket", code="not_found")
    for row in rows(
        connection,
        """SELECT d.id, d.run_id, d.work_item_id, w.ticket_id, w.document_id FROM decisions d
           JOIN work_items w ON w.id = d.work_item_id
           WHERE w.ticket_id = :id AND d.review = 'open' FOR UPDATE OF d""",
        id=ticket_id,
    ):
        _mark(connection, row["id"], "taken_over", by)
        _end(connection, tenant_id, row, "handed_off", by, at)
    events.append(
        connection,
        Event(
            kind="review.taken_over",
            at=at,
            tenant_id=tenant_id,
            ticket_id=ticket_id,
            data={"by": by, "simulated": is_simulated(by)},
        ),
    )


def hand_back(connection: Connection, tenant_id: UUID, ticket_id: UUID, *, by: str, at: datetime) -> None:
    """Give the ticket back to the agents; they answer the customer's message that waits, and what comes after it."""
    execute(
        connection,
        "UPDATE tickets SET taken_by = NULL, attention = '', updated_at = clock_timestamp() WHERE id = :id",
        id=ticket_id,
    )
    events.append(
        connection,
        Event(kind="review.handed_back", at=at, tenant_id=tenant_id, ticket_id=ticket_id, data={"by": by}),
    )
    answer_what_waits(connection, tenant_id, ticket_id, at)


def reply(
    connection: Connection,
    tenant_id: UUID,
    ticket_id: UUID,
    text: str,
    *,
    by: str,
    at: datetime,
    undo_seconds: float,
    seconds: float | None = None,
) -> None:
    """A person writes to the customer; an open draft of the ticket is thereby not used."""
    take_over(connection, tenant_id, ticket_id, by=by, at=at)
    events.append(
        connection,
        Event(
            kind="staff.replied",
            at=at,
            tenant_id=tenant_id,
            ticket_id=ticket_id,
            data={"by": by, "seconds": seconds, "simulated": is_simulated(by)},
        ),
    )
    add_deliveries(connection, tenant_id, effects_of(None, ticket_id, None, text), by=by, delay=undo_seconds)
    execute(connection, "UPDATE tickets SET attention = '', outcome = 'handed_off' WHERE id = :id", id=ticket_id)


def undo(connection: Connection, tenant_id: UUID, decision_id: UUID, *, by: str, at: datetime) -> bool:
    """Take back an approval or edit whose deliveries have not gone out; False when it is too late."""
    row = find(connection, decision_id, lock=True)
    waiting = rows(
        connection,
        "SELECT id, state FROM deliveries WHERE decision_id = :id AND by <> 'agent' FOR UPDATE",
        id=decision_id,
    )
    if not waiting or any(delivery["state"] != "waiting" for delivery in waiting):
        return False
    ids = [delivery["id"] for delivery in waiting]
    execute(connection, "DELETE FROM outbox WHERE subject_id = ANY(:ids) AND task = 'delivery.send'", ids=ids)
    execute(connection, "DELETE FROM deliveries WHERE id = ANY(:ids)", ids=ids)
    _mark(connection, decision_id, "open", "")
    _say(connection, tenant_id, row, "review.undone", at, by=by)
    _settle(connection, row, "review")
    return True


def close(connection: Connection, tenant_id: UUID, ticket_id: UUID, *, by: str, at: datetime) -> bool:
    """Close a ticket; `by` is customer, staff, agent or silence. False when it is closed already."""
    changed = execute(
        connection,
        """UPDATE tickets SET state = 'closed', closed_at = :at, closed_by = :by, attention = '',
               updated_at = clock_timestamp() WHERE id = :id AND state <> 'closed'""",
        id=ticket_id,
        at=at,
        by=by,
    )
    if changed:
        events.append(
            connection, Event(kind="ticket.closed", at=at, tenant_id=tenant_id, ticket_id=ticket_id, data={"by": by})
        )
    return bool(changed)


def waiting_count(connection: Connection) -> int:
    """Return how many decisions wait for a reviewer."""
    return int(scalar(connection, "SELECT count(*) FROM decisions WHERE review = 'open'") or 0)


def _end(connection: Connection, tenant_id: UUID, row: RowMapping, outcome: str, by: str, at: datetime) -> None:
    set_state(connection, [row["work_item_id"]], "done", outcome)
    table = "documents" if row["document_id"] else "tickets"
    execute(
        connection,
        f"UPDATE {table} SET outcome = :outcome WHERE id = :id",
        id=row["document_id"] or row["ticket_id"],
        outcome=outcome,
    )
    _say(connection, tenant_id, row, "outcome.recorded", at, outcome=outcome, by=by)


def _settle(connection: Connection, row: RowMapping, attention: str) -> None:
    table = "documents" if row["document_id"] else "tickets"
    execute(
        connection,
        f"UPDATE {table} SET attention = :attention WHERE id = :id",
        id=row["document_id"] or row["ticket_id"],
        attention=attention,
    )
