"""The same thing done to many tickets at once, over HTTP."""

from typing import Annotated, Literal, cast, get_args
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api import views
from api.routes.desk import Tag
from api.security import Caller, Staff
from api.shapes import Line, Shape
from core.contracts import Priority
from core.db import app_database
from core.errors import Rejected
from core.store import handling, history, reviews

router = APIRouter(prefix="/v1", tags=["desk"])
MOST = 200
What = Literal["assign", "prioritise", "tag", "close", "spam"]


class BulkIn(Shape):
    """What to do with which tickets. `value`: the address to assign to (empty: nobody), the priority, or the tag."""

    ids: list[UUID] = Field(min_length=1, max_length=MOST, examples=[["{ticket_id}"]])
    do: What = Field(examples=["tag"])
    value: Annotated[Line, Field(max_length=320)] | Tag = Field("", examples=["late parcel"])


class BulkDone(BaseModel):
    """How many tickets it was done to: those that are gone are left out, and with `close` those that are closed."""

    changed: int


@router.post("/tickets:handle", operation_id="handle_tickets", summary="Assign, tag, close or mark many tickets")
def handle_tickets(body: BulkIn, caller: Staff) -> BulkDone:
    """All in one transaction."""
    with app_database().transaction(caller.tenant_id) as connection:
        return BulkDone(changed=handle(connection, caller, body))


def handle(connection: Connection, caller: Caller, body: BulkIn) -> int:
    """Do it; returns to how many tickets. Raises Rejected: user_unknown, too_many_tags."""
    return sum(_one(connection, caller, ticket_id, body) for ticket_id in dict.fromkeys(body.ids))


def _one(connection: Connection, caller: Caller, ticket_id: UUID, body: BulkIn) -> bool:
    row = history.ticket(connection, ticket_id)
    if row is None:
        return False
    at, tenant, by = views.own_time(row["shift_seconds"]), caller.tenant_id, caller.name
    if body.do == "assign":
        handling.assign(connection, tenant, ticket_id, body.value or None, by=by, at=at)
    elif body.do == "prioritise":
        handling.set_priority(connection, tenant, ticket_id, _priority(body.value), by=by, at=at)
    elif body.do == "tag":
        handling.change_tags(connection, tenant, ticket_id, add=[body.value], by=by, at=at)
    elif body.do == "close":
        return reviews.close(connection, tenant, ticket_id, by="staff", at=at)
    else:
        handling.mark_spam(connection, tenant, ticket_id, by=by, at=at)
    return True


def _priority(value: str) -> Priority:
    for one in get_args(Priority):
        if one == value:
            return cast(Priority, one)
    hint = f"One of {', '.join(get_args(Priority))}."
    raise Rejected(f"there is no priority {value!r}", code="priority_unknown", hint=hint, where="/value")
