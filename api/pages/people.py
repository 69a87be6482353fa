"""People who may log in, for administrators; and one's own password."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter

from api.pages.render import go, page
from api.pages.session import Person, page_for
from api.problems import invalid
from api.routes import people as routes
from api.security import COOKIE, Caller
from api.words import Words
from core import keys
from core.db import app_database
from core.errors import Rejected
from core.passwords import SHORTEST, hash_password, verify_password
from core.store import accounts, journal

router = APIRouter(include_in_schema=False)
AdminPage = Annotated[Caller, page_for("admin")]
_user: TypeAdapter[routes.UserIn] = TypeAdapter(routes.UserIn)
_change: TypeAdapter[routes.UserChange] = TypeAdapter(routes.UserChange)
Text = Annotated[str, Form()]
Scopes = Annotated[list[str] | None, Form()]


@router.get("/people")
def people_page(request: Request, caller: AdminPage) -> Response:
    return _show(request, caller)


@router.post("/people")
def add(request: Request, caller: AdminPage, email: Text = "", name: Text = "", scopes: Scopes = None) -> Response:
    words = Words(caller.language)
    try:
        body = invalid(_user, {"email": email.strip().lower(), "name": name, "scopes": scopes or []})
        with app_database().transaction(caller.tenant_id) as connection:
            made = routes.add(connection, caller, body)
            link = routes.reset(connection, caller, made.id)
    except RequestValidationError:
        return _show(request, caller, {"tone": "bad", "text": words("people.invalid")})
    except Rejected as error:
        return _show(request, caller, {"tone": "bad", "text": words.refusal(error)})
    return _show(request, caller, link=link, whose=made.email)


@router.post("/people/{user_id}")
def change(request: Request, caller: AdminPage, user_id: UUID, scopes: Scopes = None, disabled: Text = "") -> Response:
    given: dict[str, Any] = {"disabled": disabled == "yes"} if disabled else {"scopes": scopes or []}
    words = Words(caller.language)
    try:
        body = invalid(_change, given)
        with app_database().transaction(caller.tenant_id) as connection:
            routes.change(connection, caller, user_id, body)
    except RequestValidationError:
        return _show(request, caller, {"tone": "bad", "text": words("people.invalid")})
    except Rejected as error:
        return _show(request, caller, {"tone": "bad", "text": words.refusal(error)})
    return go(request, "/people")


@router.post("/people/{user_id}/reset")
def reset(request: Request, caller: AdminPage, user_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        link = routes.reset(connection, caller, user_id)
        row = accounts.one_user(connection, user_id)
    return _show(request, caller, link=link, whose=row["email"] if row else "")


def _show(
    request: Request,
    caller: Caller,
    notice: dict[str, str] | None = None,
    link: routes.LogInLink | None = None,
    whose: str = "",
) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        people = accounts.list_users(connection)
    address = f"{str(request.base_url).rstrip('/')}{link.path}" if link else ""
    shown: dict[str, Any] = {"people": people, "link": address, "whose": whose, "scopes": accounts.SCOPES}
    return page(request, caller, "people.html", notice=notice, **shown)


@router.get("/account")
def account_page(request: Request, caller: Person) -> Response:
    return _account(request, caller)


@router.post("/account")
def set_password(request: Request, caller: Person, old: Text = "", new: Text = "") -> Response:
    """Set one's own password; who came by a link after a reset has none, and needs none."""
    assert caller.user_id is not None  # a person on a page has a session, and so an account
    with app_database().transaction(caller.tenant_id) as connection:
        row = accounts.one_user(connection, caller.user_id)
        stored = str(row["password_hash"]) if row else ""
    if stored and not verify_password(old, stored):
        return _account(request, caller, "account.wrong")
    try:
        hashed = hash_password(new)
    except Rejected:
        return _account(request, caller, "account.weak")
    with app_database().transaction(caller.tenant_id) as connection:
        accounts.set_password(connection, caller.user_id, hashed, keys.digest(request.cookies[COOKIE]))
        journal.write(
            connection, caller.tenant_id, actor=caller.name, action="user.password", object=caller.email, data={}
        )
    return _account(request, caller, "account.done", tone="good")


def _account(request: Request, caller: Caller, told: str = "", tone: str = "bad") -> Response:
    words = Words(caller.language)
    notice = (
        {"tone": tone, "text": words(told, n=SHORTEST) if told == "account.weak" else words(told)} if told else None
    )
    with app_database().transaction(caller.tenant_id) as connection:
        row = accounts.one_user(connection, caller.user_id) if caller.user_id else None
    status = 422 if told and tone == "bad" else 200
    has_password = bool(row and row["password_hash"])
    return page(
        request, caller, "account.html", status=status, notice=notice, has_password=has_password, shortest=SHORTEST
    )
