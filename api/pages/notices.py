"""One's own notices: tickets given to one or due soon, and agents' alarms for operations; which of them are mailed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from api.gate_seen import alarm_of
from api.pages.render import go, page
from api.pages.session import StaffPage
from core.db import app_database
from core.store import alarms, notices

router = APIRouter(include_in_schema=False, prefix="/notices")


@router.get("")
def notices_page(request: Request, caller: StaffPage) -> Response:
    """Show them; from then on they count as seen."""
    with app_database().transaction(caller.tenant_id) as connection:
        found = notices.of(connection, caller.name)
        rang = alarms.newest(connection, 20) if caller.may("ops") else []
        wanted = notices.wanted_by(connection, caller.name)
        notices.seen(connection, caller.name)
    kinds = [kind for kind in notices.KINDS if kind != "alarm" or caller.may("ops")]
    return page(request, caller, "notices.html", notices=found, alarms=rang, wanted=wanted, kinds=kinds)


@router.get("/alarms/{alarm_id}")
def alarm_page(request: Request, caller: StaffPage, alarm_id: UUID) -> Response:
    """List what went out in the time of an alarm, for a look."""
    with app_database().transaction(caller.tenant_id) as connection:
        alarm = alarm_of(connection, alarm_id)
    return page(request, caller, "alarm.html", alarm=alarm, went=alarm.items)


@router.post("")
def choose(request: Request, caller: StaffPage, kinds: Annotated[list[str] | None, Form()] = None) -> Response:
    """Say which notices come by mail too."""
    with app_database().transaction(caller.tenant_id) as connection:
        notices.set_wanted(connection, caller.name, kinds or [])
    return go(request, "/notices")
