"""Around a ticket: notes, tags, assignment, spam, merge, split; canned replies; a customer's record."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection

from api import views
from api.security import Caller, Reader, Staff
from api.shapes import Body, Line, Shape, clean
from core.contracts import Priority
from core.db import app_database
from core.errors import Rejected
from core.settings import settings
from core.store import canned, customers, handling, history, translations

router = APIRouter(prefix="/v1", tags=["desk"])
Tag = Annotated[str, Field(max_length=100), AfterValidator(clean)]


class NoteIn(Shape):
    """A note for other staff; customers and agents never see it."""

    text: Body = Field(examples=["I called the carrier: the parcel is in Da Nang."])


class TagsIn(Shape):
    """All the tags that the ticket is to have."""

    tags: list[Tag] = Field(max_length=100, examples=[["vip", "late parcel"]])


class AssignIn(Shape):
    """Who is to deal with it: a user's address, or null for nobody."""

    to: Line | None = Field(examples=["lan@example.com"])


class PriorityIn(Shape):
    """How soon it is to be answered; the first answer is due by the working hours for it."""

    priority: Priority


class TranslateIn(Shape):
    """Which text, into which language: a customer's message or a run's draft of the ticket."""

    message_id: UUID | None = Field(None, examples=["{message_id}"])
    run_id: UUID | None = None
    language: str = Field("en", pattern=r"^[a-z]{2,3}$", description="ISO 639.")


class MergeIn(Shape):
    """The ticket that takes in this one's messages, documents and notes."""

    into: UUID


class SplitIn(Shape):
    """The customer's message that becomes a ticket of its own."""

    message_id: UUID


class CannedIn(Shape):
    """A text that is sent often. Slots: {customer.name}, {staff.name}, {ticket.subject}."""

    title: Annotated[Line, Field(min_length=1, max_length=200)] = Field(examples=["Apology for a late parcel"])
    language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="ISO 639; empty: any.")
    text: Body = Field(examples=["Dear {customer.name}, we are sorry that your parcel is late."])


class CannedReply(CannedIn):
    """A canned reply, and who changed it last."""

    id: UUID
    updated_by: str
    updated_at: datetime


class Made(BaseModel):
    """What was made or changed."""

    id: UUID


class CustomerRecord(BaseModel):
    """A customer with all their tickets and documents, newest first (200 of each at most)."""

    id: UUID
    name: str
    address: str
    verified: bool
    since: datetime
    tickets: list[dict[str, Any]]
    documents: list[dict[str, Any]]


@router.post("/tickets/{ticket_id}/notes", operation_id="add_note", status_code=201, summary="Leave a note for staff")
def add_note(ticket_id: UUID, body: NoteIn, caller: Staff) -> Made:
    with app_database().transaction(caller.tenant_id) as connection:
        at = ticket_time(connection, ticket_id)
        note = handling.add_note(connection, caller.tenant_id, ticket_id, body.text.strip(), by=caller.name, at=at)
    return Made(id=note)


@router.put("/tickets/{ticket_id}/tags", operation_id="set_tags", summary="Give the ticket these tags and no others")
def set_tags(ticket_id: UUID, body: TagsIn, caller: Staff) -> TagsIn:
    with app_database().transaction(caller.tenant_id) as connection:
        at = ticket_time(connection, ticket_id)
        tags = handling.set_tags(connection, caller.tenant_id, ticket_id, body.tags, by=caller.name, at=at)
    return TagsIn(tags=tags)


def change_tags(ticket_id: UUID, add: list[Tag], remove: str, caller: Caller) -> None:
    """Add tags to those of the ticket, or take one off. Raises Rejected: not_found, too_many_tags."""
    with app_database().transaction(caller.tenant_id) as connection:
        at = ticket_time(connection, ticket_id)
        handling.change_tags(connection, caller.tenant_id, ticket_id, add=add, remove=remove, by=caller.name, at=at)


@router.put("/tickets/{ticket_id}/assignee", operation_id="assign_ticket", summary="Say who is to deal with the ticket")
def assign(ticket_id: UUID, body: AssignIn, caller: Staff) -> AssignIn:
    """Agents go on working on it; to silence them, take it over."""
    with app_database().transaction(caller.tenant_id) as connection:
        at = ticket_time(connection, ticket_id)
        handling.assign(connection, caller.tenant_id, ticket_id, body.to, by=caller.name, at=at)
    return body


@router.put("/tickets/{ticket_id}/priority", operation_id="set_priority", summary="Say how soon it is to be answered")
def set_priority(ticket_id: UUID, body: PriorityIn, caller: Staff) -> PriorityIn:
    """Triage does not change it any more."""
    with app_database().transaction(caller.tenant_id) as connection:
        at = ticket_time(connection, ticket_id)
        handling.set_priority(connection, caller.tenant_id, ticket_id, body.priority, by=caller.name, at=at)
    return body


@router.post(
    "/tickets/{ticket_id}/translations", operation_id="translate", status_code=202, summary="Translate a text for staff"
)
def translate(ticket_id: UUID, body: TranslateIn, caller: Staff) -> Made:
    """By the configured model; it is shown beside the text and never sent."""
    if not settings().model:
        hint = "Set SAOLA_MODEL, and start workers of the queue llm."
        raise Rejected("no language model is configured", code="no_model", hint=hint)
    with app_database().transaction(caller.tenant_id) as connection:
        found: tuple[translations.What, UUID] | None = None
        if body.message_id is not None:
            found = ("message", body.message_id)
        elif body.run_id is not None:
            found = ("run", body.run_id)
        if found is None or not translations.belongs(connection, *found, ticket_id):
            hint = "Name one of its messages or runs: GET /v1/tickets/ID"
            raise Rejected("the ticket has no such text", code="not_found", hint=hint)
        asked = translations.ask(connection, caller.tenant_id, *found, body.language, caller.name)
    return Made(id=asked)


@router.post("/tickets/{ticket_id}/spam", operation_id="mark_spam", summary="Close the ticket as spam")
def mark_spam(ticket_id: UUID, caller: Staff) -> Made:
    """Nothing goes out for it any more, and figures leave it out."""
    with app_database().transaction(caller.tenant_id) as connection:
        at = ticket_time(connection, ticket_id)
        handling.mark_spam(connection, caller.tenant_id, ticket_id, by=caller.name, at=at)
    return Made(id=ticket_id)


@router.post("/tickets/{ticket_id}/merge", operation_id="merge_ticket", summary="Merge the ticket into another one")
def merge(ticket_id: UUID, body: MergeIn, caller: Staff) -> Made:
    """The other ticket gets its messages, documents and notes, and a person looks at it; this one is closed."""
    with app_database().transaction(caller.tenant_id) as connection:
        at = ticket_time(connection, ticket_id)
        handling.merge(connection, caller.tenant_id, ticket_id, body.into, by=caller.name, at=at)
    return Made(id=body.into)


@router.post(
    "/tickets/{ticket_id}/split", operation_id="split_ticket", status_code=201, summary="Make a message its own ticket"
)
def split(ticket_id: UUID, body: SplitIn, caller: Staff) -> Made:
    """The new ticket is worked on like any other; the message also stays where it was."""
    with app_database().transaction(caller.tenant_id) as connection:
        return Made(id=split_off(connection, caller, ticket_id, body.message_id))


def split_off(connection: Connection, caller: Caller, ticket_id: UUID, message_id: UUID) -> UUID:
    """Make a ticket of one message of another; returns its id. Raises Rejected (code not_found)."""
    at = ticket_time(connection, ticket_id)
    return handling.split(connection, caller.tenant_id, ticket_id, message_id, by=caller.name, at=at)


@router.get("/canned-replies", operation_id="list_canned_replies", summary="Texts that staff send often")
def list_canned(caller: Reader) -> list[CannedReply]:
    with app_database().transaction(caller.tenant_id) as connection:
        return [CannedReply(**row) for row in canned.replies(connection)]


@router.post("/canned-replies", operation_id="add_canned_reply", status_code=201, summary="Add a canned reply")
def add_canned(body: CannedIn, caller: Staff) -> Made:
    with app_database().transaction(caller.tenant_id) as connection:
        return Made(id=save_canned(connection, caller, None, body))


@router.put("/canned-replies/{reply_id}", operation_id="set_canned_reply", summary="Change a canned reply")
def set_canned(reply_id: UUID, body: CannedIn, caller: Staff) -> Made:
    with app_database().transaction(caller.tenant_id) as connection:
        return Made(id=save_canned(connection, caller, reply_id, body))


@router.delete("/canned-replies/{reply_id}", operation_id="delete_canned_reply", summary="Delete a canned reply")
def delete_canned(reply_id: UUID, caller: Staff) -> Made:
    with app_database().transaction(caller.tenant_id) as connection:
        if not canned.remove(connection, reply_id):
            hint = "List them: GET /v1/canned-replies"
            raise Rejected("there is no such canned reply", code="not_found", hint=hint)
    return Made(id=reply_id)


def save_canned(connection: Connection, caller: Caller, reply_id: UUID | None, body: CannedIn) -> UUID:
    """Add or change a canned reply. Raises Rejected: not_found, title_taken."""
    return canned.save(
        connection,
        caller.tenant_id,
        reply_id,
        title=body.title.strip(),
        language=body.language,
        text=body.text.strip(),
        by=caller.name,
    )


@router.get("/customers/{customer_id}", operation_id="get_customer", summary="A customer's record")
def get_customer(customer_id: UUID, caller: Reader) -> CustomerRecord:
    with app_database().transaction(caller.tenant_id) as connection:
        return customer_record(connection, customer_id)


def customer_record(connection: Connection, customer_id: UUID) -> CustomerRecord:
    """Return a customer's record. Raises Rejected (code not_found)."""
    row = customers.find(connection, customer_id)
    if row is None:
        raise Rejected("there is no such customer", code="not_found", hint="Open it from one of their tickets.")
    return CustomerRecord(
        **row,
        tickets=views.plain(customers.tickets(connection, customer_id)),
        documents=views.plain(customers.documents(connection, customer_id)),
    )


def ticket_time(connection: Connection, ticket_id: UUID) -> datetime:
    """Return now on the ticket's own clock. Raises Rejected (code not_found)."""
    row = history.ticket(connection, ticket_id)
    if row is None:
        raise views.no_ticket()
    return views.own_time(row["shift_seconds"])
