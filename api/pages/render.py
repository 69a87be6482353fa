"""Making pages: templates, the reader's words, what the frame around every page shows."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection

from api import views
from api.security import Caller
from api.words import LANGUAGES, Words
from core.calendar import Calendar, calendar_of, first_reply_due, received_before
from core.db import app_database
from core.events import EventKind
from core.store import desk, events, inbox, notices, saved_views, tenants

HERE = Path(__file__).parent.parent
# Customers' words stay out of caches, and a part of a page is never taken for the page.
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "HX-Request"}
SOON = timedelta(hours=1)  # so long before a first answer is due, its ticket is marked
KINDS = " ".join(get_args(EventKind))
_JOINT = re.compile(r"(?<=[@_/])(?=\w)")


@lru_cache
def templates() -> Environment:
    """Return the templates' environment; everything put into a page is escaped, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(breakable=_breakable, coded=_coded)
    made.globals.update(languages=LANGUAGES, kinds=KINDS, query=_query, rows_of=_rows_of, options=_options)
    made.globals["ui"] = made.get_template("macros.html").module
    made.globals["fig"] = made.get_template("figures.html").module
    return made


def htmx_folder() -> Path:
    """Return the folder of the installed htmx files; their Django package is found without being imported."""
    spec = find_spec("django_htmx")
    assert spec and spec.submodule_search_locations, "django-htmx carries htmx; it is among our dependencies"
    return Path(spec.submodule_search_locations[0]) / "static" / "django_htmx"


def page(request: Request, caller: Caller, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page for a person who is logged in. A request by htmx gets the template's block `part` alone."""
    with app_database().transaction(caller.tenant_id) as connection:
        context = {
            **frame(connection, request, caller),
            "cursor": events.newest_cursor(connection),
            "simulated_anywhere": desk.any_simulated(connection),
            "path_with_query": f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
            "notice": None,
            **values,
        }
    found = templates().get_template(template)
    if is_htmx(request) and "part" in found.blocks:
        return HTMLResponse("".join(found.blocks["part"](found.new_context(context))), status, PRIVATE)
    return HTMLResponse(found.render(context), status, PRIVATE)


def frame(connection: Connection, request: Request, caller: Caller) -> dict[str, Any]:
    """Return what the navigation shows, and the reader's words, zone and clock."""
    tenant, now = tenants.current(connection), datetime.now(UTC)
    words, calendar = Words(caller.language, tenant["timezone"]), calendar_of(tenant["settings"])
    return {
        "request": request,
        "caller": caller,
        "here": request.url.path,
        "t": words,
        "paused": tenant["paused"],
        "waiting": inbox.counts(connection),
        "due": inbox.due_count(connection, received_before(calendar, words.zone, now + SOON)),
        "unseen": notices.unseen(connection, caller.name, alarms=caller.may("ops")),
        "saved": saved_views.visible(connection, caller.name),
        "now": now,
        "soon": now + SOON,
        "due_of": partial(_due_of, calendar, words.zone),
    }


def _due_of(calendar: Calendar, zone: ZoneInfo, ticket: Mapping[Any, Any]) -> datetime | None:
    """Return when a person's first answer to a ticket is due; None where nobody waits for one."""
    if ticket["state"] != "open" or ticket["first_reply_at"] or not ticket["attention"]:
        return None
    wanted = {name: ticket[name] for name in ("received_at", "priority", "shift_seconds")}
    return first_reply_due(calendar, zone, **wanted)


def part(caller: Caller, template: str, **values: Any) -> Response:
    """Return a part of a page that is asked for by itself."""
    content = templates().get_template(template).render(caller=caller, t=Words(caller.language), **values)
    return HTMLResponse(content, headers=PRIVATE)


def bare_page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page without the frame: in the language of who is logged in, else in that of the browser."""
    language = values.pop("language", None) or getattr(request.state, "language", None) or views.language_of(request)
    context = {"t": Words(language), "request": request, "status": status, **values}
    return HTMLResponse(templates().get_template(template).render(context), status)


def is_htmx(request: Request) -> bool:
    """Return whether htmx asks for a part of the page (going back in history wants the whole)."""
    return request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in request.headers


def go(request: Request, path: str) -> Response:
    """Send the browser elsewhere, by htmx or by a plain redirect."""
    if is_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)


def _breakable(text: object) -> Markup:
    """Return a name or an address that may go on in the next line after its joints, and not within a word."""
    return Markup("<wbr>").join(_JOINT.split(str(text)))


def _coded(text: str) -> Markup:
    """Return a text of ours with what stands in ` as code."""
    code = Markup("<code>{}</code>")
    parts = text.split("`")
    return Markup("").join(code.format(part) if place % 2 else part for place, part in enumerate(parts))


def _options(words: Words, name: str, values: Iterable[str], chosen: object) -> Markup:
    """Return a choice's options with one of them chosen."""
    found, mark = _all_options(words.language, name, tuple(values)), Markup('value="{}"').format(chosen)
    return found.replace(f"{mark}>", mark + Markup(" selected>"))


@lru_cache(maxsize=64)
def _all_options(language: str, name: str, values: tuple[str, ...]) -> Markup:
    """Kept, as 1,500 agents take half of the time in which the inbox is made."""
    words, option = Words(language), Markup('<option value="{}">{}</option>')
    return Markup("").join(option.format(one, words.known(name, one)) for one in values)


def _rows_of(field: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of a value that is a table of a document, as it is kept: JSON; none of any other value."""
    text = field.get("normalised") or ""
    if not text.startswith("[{"):
        return []
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return found if all(isinstance(one, dict) for one in found) else []


def _query(request: Request, **changes: object) -> str:
    """Return the page's query string with some values changed; None takes one out, and the cursor always goes."""
    values = {**request.query_params, **changes}
    kept = {name: value for name, value in values.items() if value not in (None, "") and name != "cursor"}
    if "cursor" in changes:
        kept["cursor"] = changes["cursor"]
    return f"?{urlencode(kept)}" if kept else "?"
