"""Taking in by hand: a ticket by a form, documents by drop, paste or choice (those go to the API with progress)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter

from api.pages.render import go, page
from api.pages.session import StaffPage
from api.pages.ticket import lines
from api.problems import invalid
from api.security import Caller
from api.shapes import TicketIn
from api.words import Words
from core.db import app_database
from core.settings import settings
from core.store import intake

router = APIRouter(include_in_schema=False)
_ticket: TypeAdapter[TicketIn] = TypeAdapter(TicketIn)
REFUSED = ("file_empty", "file_too_large", "body_too_large", "bad_filename", "scope_missing", "csrf", "slow_down")
EMPTY = {"name": "", "address": "", "subject": "", "text": ""}


@router.get("/submit")
def submit_page(request: Request, caller: StaffPage) -> Response:
    return _form(request, caller, EMPTY)


def _form(request: Request, caller: Caller, given: dict[str, str], problem: str = "", status: int = 200) -> Response:
    words = Words(caller.language)
    known = {
        "given": given,
        "problem": problem,
        "limit": settings().max_file_bytes,
        "refused": {code: words(f"refused.{code}") for code in REFUSED},
    }
    return page(request, caller, "submit.html", status=status, **known)


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
        return _form(request, caller, given, Words(caller.language).faults(error.errors()), 422)
    new = body.to_new(may_backdate=False, now=datetime.now(UTC))
    with app_database().transaction(caller.tenant_id) as connection:
        ticket_id = intake.add_ticket(connection, caller.tenant_id, new)
    return go(request, f"/tickets/{ticket_id}")
