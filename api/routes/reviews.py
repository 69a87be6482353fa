"""What people decide: approve, edit, reject, undo a draft; take over, hand back, answer, close a ticket."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection

from api import views
from api.security import Staff
from api.shapes import Body, Line, Shape, clean
from core.contracts import is_simulated
from core.db import app_database
from core.errors import Rejected
from core.settings import settings
from core.store import desk, history, reviews

router = APIRouter(prefix="/v1", tags=["reviews"])
Seconds = Annotated[float, Field(ge=0, le=86_400, description="How long the reviewer worked on it.")]


class Handled(Shape):
    """How long a person worked on it, if known."""

    seconds: Seconds | None = None


class EditIn(Handled):
    """The text to send instead of the draft."""

    text: Body = Field(examples=["Your card is blocked; a new one comes by post."])


class RejectIn(Handled):
    """Why the draft is no good; what the reviewer writes here teaches."""

    reason: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(clean)] = Field(
        examples=["it answers another question"]
    )


class CorrectIn(Handled):
    """Values of a document by field; fields that are not named stay as read, null: the document has no such value."""

    fields: dict[Line, Annotated[str, Field(max_length=10_000), AfterValidator(clean)] | None] = Field(
        examples=[{"total": "15,00 EUR", "iban": None}]
    )


class ReplyIn(Handled):
    """A person's own reply."""

    text: Body = Field(examples=["Hello, which card is it?"])


class Done(BaseModel):
    """It is recorded. `undo_seconds`: how long it can still be taken back; 0 where nothing was sent."""

    done: str
    ticket_id: UUID | None = None
    document_id: UUID | None = None
    undo_seconds: float = 0


class OpenReview(BaseModel):
    """A decision that waits for a person."""

    decision_id: UUID
    ticket_id: UUID | None
    document_id: UUID | None
    subject: str
    agent: str
    intent: str
    language: str
    kind: str
    action: str
    reply: str
    reasons: list[views.ReasonInWords]
    priority: str
    received_at: datetime


class OpenReviews(BaseModel):
    """The oldest decisions that wait, and how many there are in all."""

    reviews: list[OpenReview]
    waiting: int


@router.get("/reviews", operation_id="list_reviews", summary="What waits for a reviewer, oldest first")
def list_reviews(request: Request, caller: Staff, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> OpenReviews:
    language = views.language_of(request)
    with app_database().transaction(caller.tenant_id) as connection:
        rows = desk.open_reviews(connection, limit)
        waiting = reviews.waiting_count(connection)
    found = [_open_review(row, language) for row in rows]
    return OpenReviews(reviews=found, waiting=waiting)


@router.post("/reviews/{decision_id}/approve", operation_id="approve_draft", summary="Send the draft as it is")
def approve(decision_id: UUID, caller: Staff, body: Handled | None = None) -> Done:
    """It goes out after the time in which it can be undone."""
    with app_database().transaction(caller.tenant_id) as connection:
        row = reviews.approve(
            connection,
            caller.tenant_id,
            decision_id,
            by=caller.name,
            at=_at(connection, decision_id),
            undo_seconds=_undo_seconds(caller),
            seconds=body.seconds if body else None,
        )
    return _done("approved", row, _undo_seconds(caller))


@router.post("/reviews/{decision_id}/edit", operation_id="edit_draft", summary="Send another text instead of the draft")
def edit(decision_id: UUID, body: EditIn, caller: Staff) -> Done:
    """Draft and text are both kept; the difference is a label to learn from."""
    with app_database().transaction(caller.tenant_id) as connection:
        row = reviews.edit(
            connection,
            caller.tenant_id,
            decision_id,
            body.text.strip(),
            by=caller.name,
            at=_at(connection, decision_id),
            undo_seconds=_undo_seconds(caller),
            seconds=body.seconds,
        )
    return _done("edited", row, _undo_seconds(caller))


@router.post(
    "/reviews/{decision_id}/correct", operation_id="correct_fields", summary="Let a document's fields go on corrected"
)
def correct(decision_id: UUID, body: CorrectIn, caller: Staff) -> Done:
    """What was read and what is right are both kept; the difference is a label to learn from."""
    values = {name: (value or "").strip() or None for name, value in body.fields.items()}
    with app_database().transaction(caller.tenant_id) as connection:
        row = reviews.correct(
            connection,
            caller.tenant_id,
            decision_id,
            values,
            by=caller.name,
            at=_at(connection, decision_id),
            undo_seconds=_undo_seconds(caller),
            seconds=body.seconds,
        )
    return _done("edited", row, _undo_seconds(caller))


@router.post("/reviews/{decision_id}/reject", operation_id="reject_draft", summary="Throw the draft away")
def reject(decision_id: UUID, body: RejectIn, caller: Staff) -> Done:
    """The ticket stays with people."""
    with app_database().transaction(caller.tenant_id) as connection:
        row = reviews.reject(
            connection,
            caller.tenant_id,
            decision_id,
            by=caller.name,
            at=_at(connection, decision_id),
            reason=body.reason,
            seconds=body.seconds,
        )
    return _done("rejected", row)


@router.post("/reviews/{decision_id}/undo", operation_id="undo_review", summary="Take back an approval or edit")
def undo(decision_id: UUID, caller: Staff) -> Done:
    """Only while nothing has gone out: 10 seconds by default."""
    with app_database().transaction(caller.tenant_id) as connection:
        row = reviews.find(connection, decision_id)
        at = views.own_time(row["shift_seconds"])
        if not reviews.undo(connection, caller.tenant_id, decision_id, by=caller.name, at=at):
            raise Rejected("it has gone out, or there is nothing to take back", code="too_late", hint=_WRITE_AGAIN)
    return _done("undone", row)


_WRITE_AGAIN = "Write to the customer again: POST /v1/tickets/ID/reply"


@router.post("/tickets/{ticket_id}/take-over", operation_id="take_over", summary="Take the ticket from the agents")
def take_over(ticket_id: UUID, caller: Staff) -> Done:
    """Agents are silent on it until it is handed back."""
    with app_database().transaction(caller.tenant_id) as connection:
        at = _ticket_time(connection, ticket_id)
        reviews.take_over(connection, caller.tenant_id, ticket_id, by=caller.name, at=at)
    return Done(done="taken_over", ticket_id=ticket_id)


@router.post("/tickets/{ticket_id}/hand-back", operation_id="hand_back", summary="Give the ticket back to the agents")
def hand_back(ticket_id: UUID, caller: Staff) -> Done:
    """They answer the customer's message that waits, if there is one, and what comes after it."""
    with app_database().transaction(caller.tenant_id) as connection:
        at = _ticket_time(connection, ticket_id)
        reviews.hand_back(connection, caller.tenant_id, ticket_id, by=caller.name, at=at)
    return Done(done="handed_back", ticket_id=ticket_id)


@router.post("/tickets/{ticket_id}/reply", operation_id="reply", summary="Write to the customer")
def reply(ticket_id: UUID, body: ReplyIn, caller: Staff) -> Done:
    """The writer takes the ticket over; an open draft of it is not used."""
    with app_database().transaction(caller.tenant_id) as connection:
        reviews.reply(
            connection,
            caller.tenant_id,
            ticket_id,
            body.text.strip(),
            by=caller.name,
            at=_ticket_time(connection, ticket_id),
            undo_seconds=_undo_seconds(caller),
            seconds=body.seconds,
        )
    return Done(done="replied", ticket_id=ticket_id, undo_seconds=_undo_seconds(caller))


@router.post("/tickets/{ticket_id}/close", operation_id="close_ticket", summary="Close the ticket")
def close(ticket_id: UUID, caller: Staff) -> Done:
    """A customer's next message opens it again."""
    with app_database().transaction(caller.tenant_id) as connection:
        at = _ticket_time(connection, ticket_id)
        if not reviews.close(connection, caller.tenant_id, ticket_id, by="staff", at=at):
            raise Rejected("the ticket is closed already", code="ticket_closed", hint="Nothing needs to be done.")
    return Done(done="closed", ticket_id=ticket_id)


def _at(connection: Connection, decision_id: UUID) -> datetime:
    return views.own_time(reviews.find(connection, decision_id)["shift_seconds"])


def _ticket_time(connection: Connection, ticket_id: UUID) -> datetime:
    row = history.ticket(connection, ticket_id)
    if row is None:
        raise views.no_ticket()
    return views.own_time(row["shift_seconds"])


def _undo_seconds(caller: Staff) -> float:
    """How long it can be taken back: a demo's reviewers change their minds about nothing."""
    return 0.0 if is_simulated(caller.name) else settings().undo_seconds


def _done(what: str, row: Any, undo_seconds: float = 0) -> Done:
    return Done(done=what, ticket_id=row["ticket_id"], document_id=row["document_id"], undo_seconds=undo_seconds)


def _open_review(row: views.Row, language: str) -> OpenReview:
    blind = row["audit_open"]
    known = {name: row[name] for name in OpenReview.model_fields if name in row and name != "reasons"}
    return OpenReview(
        **{**known, "action": "" if blind else row["action"]},
        reasons=[] if blind else views.in_words(row["reasons"], language),
    )
