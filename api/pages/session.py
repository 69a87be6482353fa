"""Logging in and out of the pages: password, one-time link, session cookie, language."""

from typing import Annotated
from urllib.parse import quote, urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api.pages.render import bare_page, go
from api.security import COOKIE, SAFE_METHODS, SESSION_HOURS, Caller, Scope, check_csrf, open_session, session_of
from api.words import LANGUAGES
from core import keys
from core.db import app_database
from core.errors import Rejected
from core.passwords import read_link_token, verify_password
from core.store import accounts, idempotency, journal

router = APIRouter(include_in_schema=False)
TRIES = 10  # wrong passwords for one account in WINDOW seconds, in all processes together
TRIES_OF_CLIENT = 100  # the same from one client's address, behind which a whole office may sit
WINDOW = 900.0


class LogIn(Exception):
    """Nobody is logged in: the browser goes to the log-in page and comes back."""


async def page_caller(request: Request) -> Caller:
    """Return who is logged in. Raises LogIn; and Rejected (csrf) for a write that did not come from our page."""
    cookie = request.cookies.get(COOKIE, "")
    caller = await run_in_threadpool(session_of, cookie) if cookie else None
    if caller is None:
        raise LogIn
    if request.method not in SAFE_METHODS:
        await check_csrf(request, caller)
    request.state.language = caller.language  # what goes wrong from here on is told in it
    return caller


def send_to_log_in(request: Request, _: Exception) -> Response:
    """Answer LogIn."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = "" if path == "/" or request.method not in SAFE_METHODS else f"?next={quote(path)}"
    return go(request, f"/login{wanted}")


def page_for(*scopes: Scope) -> object:
    """Return a dependency for pages that need one of these scopes."""

    async def check(caller: Annotated[Caller, Depends(page_caller)]) -> Caller:
        if not caller.may(*scopes):
            raise Rejected("your account does not have the scope for this page", code="scope_missing")
        return caller

    return Depends(check)


async def _posted(request: Request) -> FormData:
    return await request.form()


Person = Annotated[Caller, Depends(page_caller)]
Posted = Annotated[FormData, Depends(_posted)]  # a form whose fields are not known beforehand
StaffPage = Annotated[Caller, page_for("staff", "ops")]
OpsPage = Annotated[Caller, page_for("ops")]
TryPage = Annotated[Caller, page_for("developer", "ops")]
Next = Annotated[str, Query(alias="next")]  # where to go after the log-in
LookPage = Annotated[Caller, page_for("ops", "developer", "staff")]


@router.get("/login")
def log_in_page(request: Request, wanted: Next = "/") -> Response:
    return bare_page(request, "login.html", next=wanted, email="", problem="")


@router.post("/login")
def log_in(
    request: Request, email: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "", wanted: Next = "/"
) -> Response:
    if not _same_origin(request):
        raise Rejected("the log-in did not come from our page", code="csrf")
    address = email.strip().lower()[:320]
    account = keys.digest(address)
    if not _may_try(account, request):
        page = bare_page(request, "login.html", status=429, next=wanted, email=email, problem="login.too_often")
        page.headers["Retry-After"] = str(int(WINDOW))
        return page
    with app_database().transaction() as connection:
        user = accounts.find_user(connection, address) if "\x00" not in address else None
    if not verify_password(password, user["password_hash"] if user else "") or user is None:
        return bare_page(request, "login.html", status=401, next=wanted, email=email, problem="login.wrong")
    with app_database().transaction() as connection:
        accounts.forget_tries(connection, account)
    return _opened(request, user["id"], user["tenant_id"], wanted)


@router.get("/login/link/{token}")
def link_page(request: Request, token: str) -> Response:
    """Ask for a press of a button: programs that look at the links of mails must not use one up."""
    link = read_link_token(token)
    if link is None:
        return _link_used(request)
    return bare_page(request, "link.html", token=token)


@router.post("/login/link/{token}")
def log_in_by_link(request: Request, token: str) -> Response:
    if not _same_origin(request):
        raise Rejected("the log-in did not come from our page", code="csrf")
    link = read_link_token(token)
    if link is not None:
        with app_database().transaction(link.tenant_id) as connection:
            key = f"log-in-link:{link.number}"
            fresh = idempotency.lock(connection, link.tenant_id, key) and idempotency.find(connection, key) is None
            if fresh:
                idempotency.remember(connection, link.tenant_id, key, fingerprint="", status=303, headers={}, body=b"")
            user = accounts.one_user(connection, link.user_id)
        if fresh and user is not None and user["disabled_at"] is None:
            # Without a password the next log-in would need a link again, so they choose one first.
            return _opened(request, link.user_id, link.tenant_id, "/" if user["password_hash"] else "/account")
    return _link_used(request)


def _link_used(request: Request) -> Response:
    return bare_page(request, "login.html", status=401, next="/", email="", problem="login.link_used")


@router.post("/logout")
def log_out(request: Request, caller: Person) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        accounts.close_session(connection, keys.digest(request.cookies[COOKIE]))
    answer = go(request, "/login")
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/language")
def set_language(
    request: Request, caller: Person, language: Annotated[str, Form()], back: Annotated[str, Form()] = "/"
) -> Response:
    if language in LANGUAGES and caller.user_id:
        with app_database().transaction(caller.tenant_id) as connection:
            accounts.set_user_language(connection, caller.user_id, language)
    return go(request, local(back))


def _opened(request: Request, user_id: UUID, tenant_id: UUID, wanted: str) -> Response:
    cookie = open_session(user_id, tenant_id)
    with app_database().transaction(tenant_id) as connection:
        row = accounts.one_user(connection, user_id)
        who = row["email"] if row else ""
        journal.write(connection, tenant_id, actor=who, action="user.logged_in", data={})
    answer = RedirectResponse(local(wanted), 303)
    secure = request.url.scheme == "https"
    seconds = SESSION_HOURS * 3600
    answer.set_cookie(COOKIE, cookie, max_age=seconds, httponly=True, samesite="lax", secure=secure, path="/")
    return answer


def local(path: str) -> str:
    """Return a path of ours; anything that could lead elsewhere becomes the start page."""
    parts = urlsplit(path)
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and path.isprintable()
    return path if safe and "\\" not in path else "/"


def _same_origin(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _may_try(account: str, request: Request) -> bool:
    """Return whether another try is allowed for this account and this client, and count it."""
    client = keys.digest(request.client.host if request.client else "")
    with app_database().transaction() as connection:
        return accounts.may_try(connection, account, client, most=(TRIES, TRIES_OF_CLIENT), seconds=WINDOW)
