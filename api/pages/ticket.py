"""One ticket for a person: the thread, the draft with its reasons and sources, what happened, and what to do."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import TypeAdapter
from sqlalchemy import Connection

from api import views
from api.pages.passages import of_proposal
from api.pages.render import go, is_htmx, page
from api.pages.session import StaffPage
from api.pages.wording import words_marked
from api.problems import invalid
from api.routes import reviews
from api.security import Caller
from api.words import Words
from core.db import app_database
from core.errors import Rejected
from core.settings import settings
from core.store import accounts, canned, customers, handling, history, presence, translations

router = APIRouter(include_in_schema=False, prefix="/tickets/{ticket_id}")
Seconds = Annotated[str, Form()]
# What of an event is told in a line of the history, in this order.
_TOLD = ("agent", "outcome", "by", "channel", "reason", "error", "filename")
_WORDS_OF = {"agent": "agent", "outcome": "outcome", "by": "author", "channel": "channel"}


@router.get("")
def ticket_page(request: Request, caller: StaffPage, ticket_id: UUID) -> Response:
    return show(request, caller, ticket_id)


def show(request: Request, caller: Caller, ticket_id: UUID, notice: dict[str, str] | None = None) -> Response:
    """Return the page of a ticket, with a notice on what was just done. Raises Rejected (not_found)."""
    with app_database().transaction(caller.tenant_id) as connection:
        found = history.ticket_history(connection, ticket_id)
        if found is None:
            raise views.no_ticket()
        beside = _beside(connection, found["ticket"], caller)
    made = views.ticket_history(found, caller.language)
    draft = next((run for run in reversed(made.runs) if run.review == "open"), None)
    edited = [run for run in made.runs if run.review == "edited" and run.final_text]
    words = Words(caller.language)
    return page(
        request,
        caller,
        "ticket.html",
        ticket=found["ticket"],
        thread=sorted([*made.messages, *made.notes], key=lambda one: one["at"]),
        tags=made.tags,
        documents=made.documents,
        draft=draft,
        supported=of_proposal(draft.proposal) if draft else [],
        going=going_out(made.deliveries),
        events=[{**event, "told": told_of(event["data"], words)} for event in reversed(made.events)],
        edits=[(run, *words_marked(run.proposal.get("reply", ""), run.final_text or "")) for run in edited],
        notice=notice,
        **beside,
    )


def _beside(connection: Connection, ticket: views.Row, caller: Caller) -> dict[str, Any]:
    """What a person may choose from: staff, tags, canned replies, the customer's other tickets."""
    people = accounts.list_users(connection)
    me = next((one["name"] for one in people if one["email"] == caller.email), "")
    names = (ticket["customer_name"], me, ticket["subject"])
    slots = {name: str(value or "") for name, value in zip(canned.SLOTS, names, strict=True)}
    replies = [{**row, "text": canned.filled(row["text"], slots)} for row in canned.replies(connection)]
    customer = ticket["customer_id"]
    translated = translations.of_ticket(connection, ticket["id"], caller.language)
    return {
        "translations": {row["message_id"] or row["run_id"]: row for row in translated},
        "translatable": bool(settings().model),
        "staff": [one for one in people if one["disabled_at"] is None],
        "known_tags": handling.known_tags(connection),
        "lookers": presence.look(connection, caller.tenant_id, ticket["id"], caller.name),
        "canned": sorted(replies, key=lambda one: one["language"] not in ("", ticket["language"])),
        "others": customers.open_tickets(connection, customer, ticket["id"]) if customer else [],
    }


def going_out(deliveries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sends that have not left yet; those of a person may be undone until their time."""
    now = datetime.now(UTC)
    waiting = [one for one in deliveries if one["state"] in ("waiting", "sending")]
    return [{**one, "undo": one["decision_id"] and one["by"] != "agent" and one["send_after"] > now} for one in waiting]


def told_of(data: dict[str, Any], words: Words) -> str:
    """Return what a line of the history says of an event's values."""
    told = [
        words.known(_WORDS_OF[name], data[name]) if name in _WORDS_OF else words.phrase(words.reading(str(data[name])))
        for name in _TOLD
        if data.get(name)
    ]
    return " · ".join(str(one)[:160] for one in dict.fromkeys(told))


def done(request: Request, caller: Caller, ticket_id: UUID, key: str, work: Callable[[], object]) -> Response:
    """Do something with the ticket and show it again, with what was done or why it could not be."""
    words = Words(caller.language)
    try:
        work()
        notice = {"tone": "good", "text": words(f"done.{key}")}
    except Rejected as error:
        if error.code == "not_found":
            raise
        notice = {"tone": "bad", "text": words.refusal(error)}
    if is_htmx(request):
        return show(request, caller, ticket_id, notice)
    return go(request, f"/tickets/{ticket_id}")


@router.post("/approve/{decision_id}")
def approve(request: Request, caller: StaffPage, ticket_id: UUID, decision_id: UUID, seconds: Seconds = "") -> Response:
    body = reviews.Handled(seconds=number(seconds))
    return done(request, caller, ticket_id, "approved", lambda: reviews.approve(decision_id, caller, body))


_edit: TypeAdapter[reviews.EditIn] = TypeAdapter(reviews.EditIn)
_reject: TypeAdapter[reviews.RejectIn] = TypeAdapter(reviews.RejectIn)
_reply: TypeAdapter[reviews.ReplyIn] = TypeAdapter(reviews.ReplyIn)


@router.post("/edit/{decision_id}")
def edit(
    request: Request,
    caller: StaffPage,
    ticket_id: UUID,
    decision_id: UUID,
    text: Annotated[str, Form()] = "",
    seconds: Seconds = "",
) -> Response:
    body = invalid(_edit, {"text": lines(text), "seconds": number(seconds)})
    return done(request, caller, ticket_id, "edited", lambda: reviews.edit(decision_id, body, caller))


@router.post("/reject/{decision_id}")
def reject(
    request: Request,
    caller: StaffPage,
    ticket_id: UUID,
    decision_id: UUID,
    reason: Annotated[str, Form()] = "",
    seconds: Seconds = "",
) -> Response:
    body = invalid(_reject, {"reason": reason, "seconds": number(seconds)})
    return done(request, caller, ticket_id, "rejected", lambda: reviews.reject(decision_id, body, caller))


@router.post("/undo/{decision_id}")
def undo(request: Request, caller: StaffPage, ticket_id: UUID, decision_id: UUID) -> Response:
    return done(request, caller, ticket_id, "undone", lambda: reviews.undo(decision_id, caller))


@router.post("/take-over")
def take_over(request: Request, caller: StaffPage, ticket_id: UUID) -> Response:
    return done(request, caller, ticket_id, "taken_over", lambda: reviews.take_over(ticket_id, caller))


@router.post("/hand-back")
def hand_back(request: Request, caller: StaffPage, ticket_id: UUID) -> Response:
    return done(request, caller, ticket_id, "handed_back", lambda: reviews.hand_back(ticket_id, caller))


@router.post("/close")
def close(request: Request, caller: StaffPage, ticket_id: UUID) -> Response:
    return done(request, caller, ticket_id, "closed", lambda: reviews.close(ticket_id, caller))


@router.post("/reply")
def reply(
    request: Request, caller: StaffPage, ticket_id: UUID, text: Annotated[str, Form()] = "", seconds: Seconds = ""
) -> Response:
    body = invalid(_reply, {"text": lines(text), "seconds": number(seconds)})
    return done(request, caller, ticket_id, "replied", lambda: reviews.reply(ticket_id, body, caller))


def number(text: str) -> float | None:
    """The seconds that the page measured; what is no number of a day's length is not known."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 86_400 else None


def lines(text: str) -> str:
    """Browsers send forms with CRLF; texts are kept with LF."""
    return text.replace("\r\n", "\n")
