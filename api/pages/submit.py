"""Taking in by hand: a ticket by a form, documents by drop, paste or choice (those go to the API with progress)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter

from api.pages.render import go, page
from api.pages.session import StaffPage
from api.pages.ticket import lines
from api.problems import in_one_line, invalid
from api.shapes import TicketIn
from core.db import app_database
from core.settings import settings
from core.store import intake

router = APIRouter(include_in_schema=False)
_ticket: TypeAdapter[TicketIn] = TypeAdapter(TicketIn)
EMPTY = {"name": "", "address": "", "subject": "", "text": ""}


@router.get("/submit")
def submit_page(request: Request, caller: StaffPage) -> Response:
    return page(request, caller, "submit.html", given=EMPTY, problem="", limit=settings().max_file_bytes)


@router.post("/submit")
def submit_ticket(
    request: Request,
    caller: StaffPage,
    text: Annotated[str, Form()] = "",
    subject: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    address: Annotated[str, Form()] = "",
) -> Response:
    given = {"name": name, "address": address, "subject": subject, "text": lines(text)}
    try:
        body = invalid(
            _ticket,
            {
                "text": given["text"],
                "subject": subject,
                "channel": "desk",
                "customer": {"name": name, "address": address},
            },
        )
    except RequestValidationError as error:
        told, limit = in_one_line(error), settings().max_file_bytes
        return page(request, caller, "submit.html", status=422, given=given, problem=told, limit=limit)
    new = body.to_new(may_backdate=False, now=datetime.now(UTC))
    with app_database().transaction(caller.tenant_id) as connection:
        ticket_id = intake.add_ticket(connection, caller.tenant_id, new)
    return go(request, f"/tickets/{ticket_id}")
