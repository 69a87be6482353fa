"""Canned replies, to look at and to change; a customer's record."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import TypeAdapter

from api.pages.render import go, page
from api.pages.session import StaffPage
from api.pages.ticket import lines
from api.problems import invalid
from api.routes import desk
from api.security import Caller
from api.words import Words
from core.db import app_database
from core.errors import Rejected
from core.store import canned

router = APIRouter(include_in_schema=False)
_canned: TypeAdapter[desk.CannedIn] = TypeAdapter(desk.CannedIn)
Field = Annotated[str, Form()]


@router.get("/customers/{customer_id}")
def customer_page(request: Request, caller: StaffPage, customer_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        record = desk.customer_record(connection, customer_id)
    both = [{**one, "what": "ticket"} for one in record.tickets] + [
        {**one, "what": "document"} for one in record.documents
    ]
    timeline = sorted(both, key=lambda one: one["received_at"], reverse=True)
    return page(request, caller, "customer.html", customer=record, timeline=timeline)


@router.get("/canned")
def canned_page(request: Request, caller: StaffPage) -> Response:
    return _show(request, caller)


def _show(request: Request, caller: Caller, notice: dict[str, str] | None = None) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        replies = canned.replies(connection)
    return page(request, caller, "canned.html", replies=replies, slots=canned.SLOTS, notice=notice)


@router.post("/canned")
def add(request: Request, caller: StaffPage, title: Field = "", language: Field = "", text: Field = "") -> Response:
    return _save(request, caller, None, title, language, text)


@router.post("/canned/{reply_id}")
def change(
    request: Request, caller: StaffPage, reply_id: UUID, title: Field = "", language: Field = "", text: Field = ""
) -> Response:
    return _save(request, caller, reply_id, title, language, text)


def _save(request: Request, caller: Caller, reply_id: UUID | None, title: str, language: str, text: str) -> Response:
    body = invalid(_canned, {"title": title, "language": language, "text": lines(text)})
    try:
        with app_database().transaction(caller.tenant_id) as connection:
            desk.save_canned(connection, caller, reply_id, body)
    except Rejected as error:
        return _show(request, caller, {"tone": "bad", "text": Words(caller.language).refusal(error)})
    return go(request, "/canned")


@router.post("/canned/{reply_id}/delete")
def delete(request: Request, caller: StaffPage, reply_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        canned.remove(connection, reply_id)
    return go(request, "/canned")
