"""The inbox: what waits for people, what agents did, search; filters live in the URL."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import TypeAdapter

from api.agents_seen import catalog
from api.pages.render import SOON, frame, go, page, templates
from api.pages.session import Person, StaffPage, local
from api.problems import invalid
from api.routes import bulk as bulk_routes
from api.routes import views
from api.routes.tickets import checked
from api.words import LANGUAGES
from core.calendar import calendar_of, received_before
from core.db import app_database
from core.store import accounts, desk, handling, inbox, saved_views, tenants
from core.store.inbox import Filters

router = APIRouter(include_in_schema=False)
_bulk: TypeAdapter[bulk_routes.BulkIn] = TypeAdapter(bulk_routes.BulkIn)
_view: TypeAdapter[views.ViewIn] = TypeAdapter(views.ViewIn)
VIEWS = ("review", "handoff", "due", "mine", "all")
STATES = ("open", "waiting", "closed")
ATTENTION = {"review": "review", "handoff": "handed"}


@router.get("/")
def inbox_page(
    request: Request,
    caller: Person,
    view: str = "review",
    q: Annotated[str, Query(max_length=200)] = "",
    language: Annotated[str, Query(max_length=10)] = "",
    agent: Annotated[str, Query(max_length=70)] = "",
    state: Annotated[str, Query(max_length=10)] = "",
    tag: Annotated[str, Query(max_length=40)] = "",
    assigned_to: Annotated[str, Query(max_length=320)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    if not caller.may("staff", "ops"):
        return go(request, "/report")
    view = view if view in VIEWS else "review"
    filters = Filters(
        attention=ATTENTION.get(view),
        mine=caller.name if view == "mine" else None,
        q=checked(q, "q"),
        language=checked(language, "language"),
        agent=checked(agent, "agent"),
        state=checked(state, "state"),
        tag=checked(tag, "tag"),
        assigned_to=checked(assigned_to, "assigned_to"),
    )
    with app_database().transaction(caller.tenant_id) as connection:
        if view == "due":
            tenant = tenants.current(connection)
            calendar, zone = calendar_of(tenant["settings"]), ZoneInfo(tenant["timezone"])
            filters = filters._replace(due=received_before(calendar, zone, datetime.now(UTC) + SOON))
        found = inbox.tickets(connection, filters, cursor=cursor, oldest_first=view == "due")
        tags, staff = handling.known_tags(connection), accounts.list_users(connection)
        first = not found.rows and not desk.any_ticket(connection)
    return page(
        request,
        caller,
        "inbox.html",
        view=view,
        tickets=found.rows,
        next=found.next,
        filters=filters,
        first=first,
        searching=any((q, language, agent, state, tag, assigned_to)),
        choices={
            "language": sorted(LANGUAGES),
            "agent": sorted(catalog().manifests),
            "state": STATES,
            "tag": tags,
            "assigned_to": [one["email"] for one in staff],
        },
    )


@router.get("/next")
def next_ticket(request: Request, caller: StaffPage, after: UUID | None = None) -> Response:
    """Go to the draft that has waited longest."""
    with app_database().transaction(caller.tenant_id) as connection:
        found = desk.next_review(connection, after)
    return go(request, f"/tickets/{found}" if found else "/")


@router.get("/nav")
def navigation(request: Request, caller: Person, at: str = "/") -> Response:
    """The links with their counts as they are now, for a page that is open at `at`."""
    path, _, query = at.partition("?")
    seen = Request({**request.scope, "path": path, "query_string": query.encode()})
    with app_database().transaction(caller.tenant_id) as connection:
        values = frame(connection, seen, caller)
    return Response(templates().get_template("nav_links.html").render(values), media_type="text/html")


@router.post("/views")
def save_view(
    request: Request,
    caller: StaffPage,
    name: Annotated[str, Form()] = "",
    query: Annotated[str, Form()] = "",
    shared: Annotated[str, Form()] = "",
) -> Response:
    """Keep what the inbox shows under a name, and open it."""
    known = {key: value for key, value in parse_qsl(query[:4000]) if key in views.Filter.model_fields}
    body = invalid(_view, {"name": name, "filter": known, "shared": bool(shared)})
    with app_database().transaction(caller.tenant_id) as connection:
        _, kept = views.save(connection, caller, body)
    return go(request, f"/?{kept}")


@router.post("/views/{view_id}/delete")
def delete_view(request: Request, caller: StaffPage, view_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        saved_views.remove(connection, view_id, caller.name)
    return go(request, "/")


@router.post("/bulk")
def bulk(
    request: Request,
    caller: StaffPage,
    do: Annotated[str, Form()],
    ids: Annotated[list[UUID] | None, Form()] = None,
    to: Annotated[str, Form()] = "",
    priority: Annotated[str, Form()] = "",
    tag: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Do the same to all chosen tickets, and show the same list again."""
    body = invalid(
        _bulk, {"ids": ids or [], "do": do, "value": {"assign": to, "prioritise": priority, "tag": tag}.get(do, "")}
    )
    with app_database().transaction(caller.tenant_id) as connection:
        bulk_routes.handle(connection, caller, body)
    return go(request, local(back))
