"""The caller's tenant over HTTP: its name, time zone and what is in it. No caller sees another tenant."""

from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.security import Admin, Caller
from api.shapes import Line, Shape
from core.db import app_database
from core.errors import Rejected
from core.store import journal, tenants

router = APIRouter(prefix="/v1/tenant", tags=["people"])


class TenantChange(Shape):
    """What is to be changed; what is left out stays."""

    name: Annotated[Line, Field(min_length=1, max_length=200)] | None = None
    timezone: str | None = Field(None, max_length=60, examples=["Asia/Ho_Chi_Minh"])


class Tenant(BaseModel):
    """A tenant, and how much is in it."""

    id: UUID
    name: str
    timezone: str
    paused: bool
    users: int
    keys: int
    tickets: int
    documents: int


@router.get("", operation_id="get_tenant", summary="The caller's tenant")
def get_tenant(caller: Admin) -> Tenant:
    with app_database().transaction(caller.tenant_id) as connection:
        return current(connection)


@router.patch("", operation_id="set_tenant", summary="Change the tenant's name or time zone")
def set_tenant(body: TenantChange, caller: Admin) -> Tenant:
    """Days and due times are the time zone's; figures are added up anew in it."""
    with app_database().transaction(caller.tenant_id) as connection:
        change(connection, caller, body)
        return current(connection)


def current(connection: Connection) -> Tenant:
    """Return the transaction's tenant."""
    return Tenant(**tenants.with_counts(connection))


def change(connection: Connection, caller: Caller, body: TenantChange) -> None:
    """Change the tenant, with its journal entry. Raises Rejected (code timezone_unknown)."""
    changes = body.model_dump(exclude_none=True)
    if not changes:
        return
    if body.timezone is not None:
        if body.timezone not in available_timezones():
            told = f"there is no time zone {body.timezone!r}"
            raise Rejected(told, code="timezone_unknown", hint="Such as Asia/Ho_Chi_Minh.", where="/timezone")
        tenants.set_timezone(connection, body.timezone)
    if body.name is not None:
        tenants.set_name(connection, body.name.strip())
    journal.write(connection, caller.tenant_id, actor=caller.name, action="tenant.set", data=changes)
