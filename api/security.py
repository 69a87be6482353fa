"""Who is calling: an API key in the header, or a session cookie of the pages; and what they may do."""

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyCookie, HTTPBearer

from core import keys
from core.db import app_database
from core.errors import Rejected
from core.store import accounts

Scope = Literal["staff", "ops", "developer", "admin"]
COOKIE = "saola_session"
SESSION_HOURS = 12
KEY_SECONDS = 5.0  # how long a looked-up key is believed; a revoked one is refused after that at the latest
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, description="An API key: sao_PREFIX_SECRET, made by `saola key new`.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="The session of the pages.")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, for which tenant. `name` goes into events and the journal as the actor."""

    tenant_id: UUID
    name: str
    scopes: frozenset[str]
    email: str = ""
    language: str = "en"
    user_id: UUID | None = None
    csrf: str = ""

    def may(self, *scopes: Scope) -> bool:
        """Return whether the caller has one of these scopes; admin has them all."""
        return "admin" in self.scopes or not self.scopes.isdisjoint(scopes)


class _Known(NamedTuple):
    digest: str
    caller: Caller
    until: float


_known_keys: dict[str, _Known] = {}


async def caller_of(
    request: Request, _key: Annotated[Any, Depends(_bearer)], _session: Annotated[Any, Depends(_cookie)]
) -> Caller:
    """Return the caller. Raises Rejected: no_key, bad_key, log_in or csrf."""
    given = request.headers.get("authorization", "")
    if given:
        word, _, key = given.partition(" ")
        if word.lower() != "bearer":
            raise Rejected("the Authorization header must read: Bearer sao_...", code="bad_key")
        return await _by_key(key.strip())
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise Rejected("this needs a key or a log-in", code="no_key")
    caller = await run_in_threadpool(session_of, cookie)
    if caller is None:
        raise Rejected("the session has ended", code="log_in", hint="Log in again at /login.")
    if request.method not in SAFE_METHODS:
        await check_csrf(request, caller)
    return caller


async def _by_key(key: str) -> Caller:
    prefix, digest, now = keys.key_prefix(key), keys.digest(key), time.monotonic()
    if prefix is None:
        raise Rejected("this is not a Saola key, or a character of it is missing", code="bad_key")
    known = _known_keys.get(prefix)
    if known is None or known.until < now:
        known = await run_in_threadpool(_look_up, prefix, now)
    if known is None or not keys.same(known.digest, digest):
        raise Rejected("the key is unknown or revoked", code="bad_key")
    return known.caller


def _look_up(prefix: str, now: float) -> _Known | None:
    with app_database().transaction() as connection:
        row = accounts.find_key(connection, prefix)
    if row is None:
        _known_keys.pop(prefix, None)
        return None
    with app_database().transaction(row["tenant_id"]) as connection:
        accounts.key_used(connection, prefix)
    name = f"key:{row['name'] or prefix}"
    caller = Caller(tenant_id=row["tenant_id"], name=name, scopes=frozenset(row["scopes"]))
    if len(_known_keys) > 10_000:
        _known_keys.clear()
    known = _known_keys[prefix] = _Known(row["digest"], caller, now + KEY_SECONDS)
    return known


def session_of(cookie: str) -> Caller | None:
    """Return the caller of a session cookie, None when the session has ended."""
    with app_database().transaction() as connection:
        row = accounts.find_session(connection, keys.digest(cookie))
    if row is None:
        return None
    return Caller(
        tenant_id=row["tenant_id"],
        name=row["email"],
        scopes=frozenset(row["scopes"]),
        email=row["email"],
        language=row["language"],
        user_id=row["user_id"],
        csrf=row["csrf"],
    )


def open_session(user_id: UUID, tenant_id: UUID) -> str:
    """Open a session of 12 hours and return the cookie's value; only its digest is stored."""
    cookie = secrets.token_urlsafe(32)
    with app_database().transaction(tenant_id) as connection:
        accounts.open_session(
            connection,
            tenant_id,
            digest=keys.digest(cookie),
            user_id=user_id,
            csrf=secrets.token_urlsafe(24),
            expires_at=datetime.now(UTC) + timedelta(hours=SESSION_HOURS),
        )
    return cookie


async def check_csrf(request: Request, caller: Caller) -> None:
    """Refuse a write by cookie that does not carry the session's token (X-CSRF-Token, or the form field csrf)."""
    token = request.headers.get("x-csrf-token", "")
    kind = request.headers.get("content-type", "")
    if not token and kind.startswith("application/x-www-form-urlencoded"):
        token = str((await request.form()).get("csrf", ""))
    if not caller.csrf or not keys.same(token, caller.csrf):
        hint = "Send the page's token in the header X-CSRF-Token, or reload the page."
        raise Rejected("the request did not come from one of our pages", code="csrf", hint=hint)


AnyCaller = Annotated[Caller, Depends(caller_of)]


def needs(*scopes: Scope) -> Callable[[Caller], Awaitable[Caller]]:
    """Return a dependency that lets only callers with one of these scopes pass (admin always does)."""

    async def check(caller: AnyCaller) -> Caller:
        if not caller.may(*scopes):
            names = " or ".join(scopes)
            raise Rejected(f"this needs the scope {names}", code="scope_missing", hint=f"Use a key with {names}.")
        return caller

    return check


Reader = Annotated[Caller, Depends(needs("staff", "ops", "developer"))]
Staff = Annotated[Caller, Depends(needs("staff", "ops"))]
Ops = Annotated[Caller, Depends(needs("ops"))]
Admin = Annotated[Caller, Depends(needs("admin"))]
Observer = Annotated[Caller, Depends(needs("ops", "developer"))]
