"""What staff do around a ticket, from its page: notes, tags, assignment, spam, merge and split."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import TypeAdapter

from api.pages.render import go, part
from api.pages.session import StaffPage
from api.pages.ticket import done, lines
from api.problems import invalid
from api.routes import desk
from core.db import app_database
from core.store import presence, translations
from core.store.translations import What

router = APIRouter(include_in_schema=False, prefix="/tickets/{ticket_id}")
_note: TypeAdapter[desk.NoteIn] = TypeAdapter(desk.NoteIn)
_tags: TypeAdapter[desk.TagsIn] = TypeAdapter(desk.TagsIn)
_priority: TypeAdapter[desk.PriorityIn] = TypeAdapter(desk.PriorityIn)
_translate: TypeAdapter[desk.TranslateIn] = TypeAdapter(desk.TranslateIn)
_assign: TypeAdapter[desk.AssignIn] = TypeAdapter(desk.AssignIn)
Text = Annotated[str, Form()]


@router.post("/here")
def here(caller: StaffPage, ticket_id: UUID) -> Response:
    """Note that the caller has the ticket in front of them; returns who else does, as a part of the page."""
    with app_database().transaction(caller.tenant_id) as connection:
        lookers = presence.look(connection, caller.tenant_id, ticket_id, caller.name)
    return part(caller, "lookers.html", lookers=lookers)


@router.post("/away", status_code=204)
def away(caller: StaffPage, ticket_id: UUID) -> None:
    with app_database().transaction(caller.tenant_id) as connection:
        presence.leave(connection, ticket_id, caller.name)


@router.post("/note")
def note(request: Request, caller: StaffPage, ticket_id: UUID, text: Text = "") -> Response:
    body = invalid(_note, {"text": lines(text)})
    return done(request, caller, ticket_id, "noted", lambda: desk.add_note(ticket_id, body, caller))


@router.post("/tag")
def tag(request: Request, caller: StaffPage, ticket_id: UUID, add: Text = "", remove: Text = "") -> Response:
    """Add a tag, or several between commas, or take one off."""
    tags = invalid(_tags, {"tags": add.split(",")}).tags
    return done(request, caller, ticket_id, "tagged", lambda: desk.change_tags(ticket_id, tags, remove, caller))


@router.post("/assign")
def assign(request: Request, caller: StaffPage, ticket_id: UUID, to: Text = "") -> Response:
    body = invalid(_assign, {"to": to or None})
    return done(request, caller, ticket_id, "assigned", lambda: desk.assign(ticket_id, body, caller))


@router.post("/priority")
def prioritise(request: Request, caller: StaffPage, ticket_id: UUID, to: Text = "") -> Response:
    body = invalid(_priority, {"priority": to})
    return done(request, caller, ticket_id, "prioritised", lambda: desk.set_priority(ticket_id, body, caller))


@router.post("/translate/{what}/{of}")
def translate(request: Request, caller: StaffPage, ticket_id: UUID, what: What, of: UUID) -> Response:
    """Ask for a text in the reader's language; the page shows it as soon as it is there."""
    body = invalid(_translate, {f"{what}_id": of, "language": caller.language})
    return done(request, caller, ticket_id, "translating", lambda: desk.translate(ticket_id, body, caller))


@router.get("/translations/{translation_id}")
def translation(caller: StaffPage, ticket_id: UUID, translation_id: UUID) -> Response:
    """One translation as it is now: what the page asks for until it is there."""
    with app_database().transaction(caller.tenant_id) as connection:
        found = {row["id"]: row for row in translations.of_ticket(connection, ticket_id, caller.language)}
    return part(caller, "translation.html", ticket_id=ticket_id, translation=found.get(translation_id))


@router.post("/spam")
def spam(request: Request, caller: StaffPage, ticket_id: UUID) -> Response:
    return done(request, caller, ticket_id, "spam", lambda: desk.mark_spam(ticket_id, caller))


@router.post("/merge")
def merge(request: Request, caller: StaffPage, ticket_id: UUID, into: Annotated[UUID, Form()]) -> Response:
    desk.merge(ticket_id, desk.MergeIn(into=into), caller)
    return go(request, f"/tickets/{into}")


@router.post("/split/{message_id}")
def split(request: Request, caller: StaffPage, ticket_id: UUID, message_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        made = desk.split_off(connection, caller, ticket_id, message_id)
    return go(request, f"/tickets/{made}")
