"""Tickets over HTTP: taking in, following up, listing, the whole history."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from api import views
from api.idempotency import BodyDigest, IdempotencyKey, once
from api.problems import pointer
from api.security import AnyCaller, Caller, Reader
from api.shapes import BatchIn, MessageIn, Past, TicketAccepted, TicketIn, Word, clean
from core.db import app_database
from core.errors import Rejected
from core.store import handling, history, inbox, intake
from core.store.inbox import Filters

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])
_tickets: TypeAdapter[TicketIn] = TypeAdapter(TicketIn)
_KEY_NOTE = "Takes the header Idempotency-Key."


@router.post(
    "",
    operation_id="create_ticket",
    status_code=202,
    responses={202: {"model": TicketAccepted}},
    summary="Take in a ticket",
    description=f"Answers 202 only after the ticket and its work are committed. {_KEY_NOTE}",
)
def create_ticket(body: TicketIn, caller: AnyCaller, key: IdempotencyKey, digest: BodyDigest) -> Response:
    new = body.to_new(may_backdate=caller.may("ops"), now=datetime.now(UTC))

    def work(connection: Connection) -> Response:
        ticket_id = intake.add_ticket(connection, caller.tenant_id, new)
        if ticket_id is None:
            raise _duplicate(new.external_id)
        return _accepted(ticket_id)

    return once(caller.tenant_id, key, digest, work)


@router.post(
    ":batch",
    operation_id="create_tickets",
    status_code=202,
    summary="Take in up to 500 tickets",
    description=f"`all` takes every one or none; `each` reports one result per ticket, in order. {_KEY_NOTE}",
)
def create_tickets(body: BatchIn, caller: AnyCaller, key: IdempotencyKey, digest: BodyDigest) -> Response:
    now, backdate = datetime.now(UTC), caller.may("ops")
    wanted: list[intake.NewTicket | dict[str, Any]] = []
    faults: list[Any] = []
    for number, item in enumerate(body.tickets):
        try:
            wanted.append(_tickets.validate_python(item).to_new(may_backdate=backdate, now=now))
        except ValidationError as error:
            faults += [
                {**one, "loc": ("body", "tickets", number, *one["loc"])} for one in error.errors(include_url=False)
            ]
            wanted.append(_refusal(422, "invalid", "; ".join(_told(one) for one in error.errors(include_url=False))))
    if faults and body.mode == "all":
        raise RequestValidationError(faults)

    def work(connection: Connection) -> Response:
        results = _take_in(connection, caller, wanted, body.mode)
        taken = sum(1 for one in results if one["status"] == 202)
        return _json({"accepted": taken, "refused": len(results) - taken, "results": results}, 202)

    return once(caller.tenant_id, key, digest, work)


@router.post(
    "/{ticket_id}/messages",
    operation_id="add_message",
    status_code=202,
    responses={202: {"model": TicketAccepted}},
    summary="Take in a customer's follow-up",
    description=f"The ticket's next turn: it is worked on again, and reopened if it was closed. {_KEY_NOTE}",
)
def add_message(
    ticket_id: UUID, body: MessageIn, caller: AnyCaller, key: IdempotencyKey, digest: BodyDigest
) -> Response:
    if body.received_at and not caller.may("ops"):
        raise Rejected("received_at is for imports: it needs the scope ops", code="scope_missing")

    def work(connection: Connection) -> Response:
        home = handling.home_of(connection, ticket_id)  # a merged ticket's thread goes on where it is now
        at = body.received_at or _now_of(connection, home)
        if intake.add_customer_message(connection, caller.tenant_id, home, body.text.strip(), at) is None:
            raise views.no_ticket()
        return _accepted(home)

    return once(caller.tenant_id, key, digest, work)


@router.get("/{ticket_id}", operation_id="get_ticket", summary="A ticket with its whole history")
def get_ticket(ticket_id: UUID, request: Request, caller: Reader) -> views.TicketHistory:
    """Messages, documents, runs with decisions and their reasons in words, deliveries, outcome, events.

    The score of a run is left out while an audit of it is open: reviewers judge without it.
    """
    with app_database().transaction(caller.tenant_id) as connection:
        found = history.ticket_history(connection, ticket_id)
    if found is None:
        raise views.no_ticket()
    return views.ticket_history(found, views.language_of(request))


Attention = Literal["any", "review", "handoff", "failed"]


@router.get("", operation_id="list_tickets", summary="List tickets, newest first")
def list_tickets(
    caller: Reader,
    state: Literal["open", "waiting", "closed"] | None = None,
    attention: Annotated[Attention | None, Query(description="Which ones a person should look at.")] = None,
    language: Word | None = None,
    agent: Word | None = None,
    intent: Annotated[str | None, Query(max_length=100)] = None,
    channel: Word | None = None,
    outcome: Word | None = None,
    tag: Annotated[str | None, Query(max_length=40)] = None,
    assigned_to: Annotated[str | None, Query(max_length=320, description="A user's address.")] = None,
    since: Past | None = None,
    until: Past | None = None,
    q: Annotated[str | None, Query(max_length=200, description="Words in any of the texts, accents ignored.")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> views.TicketList:
    filters = Filters(
        state=state,
        attention=attention,
        language=language,
        agent=agent,
        intent=checked(intent, "intent"),
        channel=channel,
        outcome=outcome,
        tag=checked(tag, "tag"),
        assigned_to=checked(assigned_to, "assigned_to"),
        since=since,
        until=until,
        q=checked(q, "q"),
    )
    with app_database().transaction(caller.tenant_id) as connection:
        page = inbox.tickets(connection, filters, cursor=cursor, limit=limit)
    return views.TicketList(tickets=[views.TicketSummary.of(row) for row in page.rows], next=page.next)


def checked(text: str | None, name: str) -> str | None:
    """Return a query value, refusing characters that are no text."""
    if text is None:
        return None
    try:
        return clean(text)
    except ValueError as error:
        raise RequestValidationError([{"loc": ("query", name), "msg": str(error), "type": "value_error"}]) from error


def _now_of(connection: Connection, ticket_id: UUID) -> datetime:
    """Now on the ticket's own clock: a back-dated ticket's follow-ups are dated back by as much."""
    found = history.ticket(connection, ticket_id)
    if found is None:
        raise views.no_ticket()
    return views.own_time(found["shift_seconds"])


def _take_in(
    connection: Connection, caller: Caller, wanted: list[intake.NewTicket | dict[str, Any]], mode: str
) -> list[dict[str, Any]]:
    """Add the tickets among `wanted`, where refusals stand already; returns one result for each, in order."""
    news = [one for one in wanted if isinstance(one, intake.NewTicket)]
    ids = iter(intake.add_tickets(connection, caller.tenant_id, news))
    results = []
    for one in wanted:
        if isinstance(one, dict):
            results.append(one)
        elif ticket_id := next(ids):
            results.append({"status": 202, "id": str(ticket_id), "url": f"/v1/tickets/{ticket_id}"})
        elif mode == "all":
            raise _duplicate(one.external_id)
        else:
            results.append(_refusal(409, "duplicate_external_id", str(_duplicate(one.external_id))))
    return results


def _duplicate(external_id: str | None) -> Rejected:
    told = f"a ticket with the external id {external_id!r} is there already"
    return Rejected(told, code="duplicate_external_id", hint="Nothing needs to be done if it is the same ticket.")


def _refusal(status: int, code: str, detail: str) -> dict[str, Any]:
    return {"status": status, "type": f"urn:saola:problem:{code}", "detail": detail}


def _told(error: Any) -> str:
    return f"{pointer(('body', *error['loc']))} {error['msg']}"


def _accepted(ticket_id: UUID) -> Response:
    url = f"/v1/tickets/{ticket_id}"
    return _json({"id": str(ticket_id), "state": "accepted", "url": url}, 202, {"Location": url})


def _json(content: object, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(content).encode(), status, headers, "application/json")
