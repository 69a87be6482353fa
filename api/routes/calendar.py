"""The tenant's business calendar over HTTP: working hours, holidays, and by when a first answer is due."""

from fastapi import APIRouter
from pydantic import TypeAdapter
from sqlalchemy import Connection

from api.problems import invalid
from api.security import Caller, Ops, Reader
from core.calendar import Calendar, calendar_of
from core.db import app_database
from core.store import journal, tenants

router = APIRouter(prefix="/v1/calendar", tags=["desk"])
_calendar: TypeAdapter[Calendar] = TypeAdapter(Calendar)


@router.get("", operation_id="get_calendar", summary="Working hours and due times")
def get_calendar(caller: Reader) -> Calendar:
    """Hours are local to the tenant's time zone; `first_reply` is in working hours by priority."""
    with app_database().transaction(caller.tenant_id) as connection:
        return calendar_of(tenants.current(connection)["settings"])


@router.put("", operation_id="set_calendar", summary="Change working hours and due times")
def set_calendar(body: Calendar, caller: Ops) -> Calendar:
    with app_database().transaction(caller.tenant_id) as connection:
        keep(connection, caller, body)
    return body


def keep(connection: Connection, caller: Caller, calendar: Calendar) -> None:
    """Store the calendar, with its journal entry."""
    data = calendar.model_dump(mode="json")
    tenants.set_setting(connection, "calendar", data)
    journal.write(connection, caller.tenant_id, actor=caller.name, action="calendar.set", data=data)


def checked(value: object) -> Calendar:
    """Return a calendar that a form gave. Raises FastAPI's validation error."""
    return invalid(_calendar, value)
