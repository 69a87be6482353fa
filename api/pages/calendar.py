"""The business calendar for people: a line of hours for each day, holidays, and due times by priority."""

import re
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError

from api.pages.render import go, page
from api.pages.session import LookPage, OpsPage, Posted
from api.routes import calendar as routes
from api.words import Words
from core.calendar import DAYS, Calendar, calendar_of
from core.db import app_database
from core.store import tenants

router = APIRouter(include_in_schema=False, prefix="/calendar")
PRIORITIES = ("high", "normal", "low")


@router.get("")
def calendar_page(request: Request, caller: LookPage) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        tenant = tenants.current(connection)
    return page(request, caller, "calendar.html", **_shown(calendar_of(tenant["settings"])), zone=tenant["timezone"])


@router.post("")
def set_calendar(request: Request, caller: OpsPage, form: Posted) -> Response:
    given = {name: str(value) for name, value in form.items()}
    try:
        calendar = routes.checked(_read(given))
    except RequestValidationError as error:
        with app_database().transaction(caller.tenant_id) as connection:
            zone = tenants.current(connection)["timezone"]
        shown = {
            "given": given,
            "days": DAYS,
            "priorities": PRIORITIES,
            "problem": Words(caller.language).faults(error.errors()),
            "zone": zone,
        }
        return page(request, caller, "calendar.html", status=422, **shown)
    with app_database().transaction(caller.tenant_id) as connection:
        routes.keep(connection, caller, calendar)
    return go(request, "/calendar")


def _shown(calendar: Calendar) -> dict[str, Any]:
    given = {day: ", ".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in calendar.hours.get(day, ())) for day in DAYS}
    given["holidays"] = "\n".join(sorted(day.isoformat() for day in calendar.holidays))
    given |= {name: f"{hours:g}" for name, hours in calendar.first_reply.items()}
    return {"given": given, "days": DAYS, "priorities": PRIORITIES, "problem": ""}


def _read(given: dict[str, str]) -> dict[str, Any]:
    """Make what the shape checks of what people type: 8:00-12:00, 13:00–17:30."""
    hours = {}
    for day in DAYS:
        spans = [re.split(r"\s*[-–]\s*", part.strip()) for part in given.get(day, "").split(",") if part.strip()]
        if spans:
            hours[day] = [[f"{moment:0>5}" for moment in span] for span in spans]
    first = {name: given[name].replace(",", ".") for name in PRIORITIES if given.get(name, "").strip()}
    return {"hours": hours, "holidays": given.get("holidays", "").split(), "first_reply": first}
