"""Views of the inbox that staff keep under a name, over HTTP."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection

from api.security import Caller, Staff
from api.shapes import Line, Shape, clean
from core.db import app_database
from core.errors import Rejected
from core.store import saved_views

router = APIRouter(prefix="/v1/views", tags=["desk"])
Value = Annotated[str, Field(max_length=320), AfterValidator(clean)]


class Filter(Shape):
    """What the inbox shows; empty leaves a filter out."""

    view: Value = ""
    q: Value = ""
    language: Value = ""
    agent: Value = ""
    state: Value = ""
    assigned_to: Value = ""
    tag: Value = ""


class ViewIn(Shape):
    """A view to keep. One of the same name is replaced. `shared`: everybody sees it."""

    name: Annotated[Line, Field(min_length=1, max_length=60)] = Field(examples=["Late parcels"])
    filter: Filter = Field(examples=[{"view": "all", "tag": "late parcel"}])
    shared: bool = False


class View(BaseModel):
    """A kept view: the inbox at /?QUERY."""

    id: UUID
    name: str
    query: str
    shared: bool
    owner: str


@router.get("", operation_id="list_views", summary="Your own views and those that others share")
def list_views(caller: Staff) -> list[View]:
    with app_database().transaction(caller.tenant_id) as connection:
        return [
            View(**{name: row[name] for name in View.model_fields})
            for row in saved_views.visible(connection, caller.name)
        ]


@router.post("", operation_id="save_view", status_code=201, summary="Keep a view of the inbox")
def save_view(body: ViewIn, caller: Staff) -> View:
    with app_database().transaction(caller.tenant_id) as connection:
        view_id, query = save(connection, caller, body)
    return View(id=view_id, name=body.name.strip(), query=query, shared=body.shared, owner=caller.name)


@router.delete("/{view_id}", operation_id="delete_view", summary="Delete one of your views")
def delete_view(view_id: UUID, caller: Staff) -> None:
    with app_database().transaction(caller.tenant_id) as connection:
        if not saved_views.remove(connection, view_id, caller.name):
            raise Rejected("you have no such view", code="not_found", hint="List yours: GET /v1/views")


def save(connection: Connection, caller: Caller, body: ViewIn) -> tuple[UUID, str]:
    """Keep a view; returns its id and query. Raises Rejected (code too_many_views)."""
    query = urlencode({name: value for name, value in body.filter.model_dump().items() if value})
    name = body.name.strip()
    view_id = saved_views.save(
        connection, caller.tenant_id, owner=caller.name, name=name, query=query, shared=body.shared
    )
    return view_id, query
