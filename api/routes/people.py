"""Who may log in to the pages, over HTTP: for administrators."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.security import Admin, Caller, Scope
from api.shapes import Line, Shape
from core.db import app_database
from core.errors import Rejected
from core.passwords import LINK_SECONDS, make_link_token
from core.store import accounts, journal

router = APIRouter(prefix="/v1/users", tags=["people"])
Address = Annotated[Line, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]


class UserIn(Shape):
    """A person who is to log in; they choose their own password after the first log-in by a link."""

    email: Address = Field(examples=["minh@example.com"])
    name: Annotated[Line, Field(max_length=200)] = Field("", examples=["Minh Le"])
    scopes: list[Scope] = Field(min_length=1, examples=[["staff"]])


class UserChange(Shape):
    """What is to be changed; what is left out stays."""

    scopes: list[Scope] | None = Field(None, min_length=1, examples=[["ops", "staff"]])
    disabled: bool | None = None


class User(BaseModel):
    """A person who may log in."""

    id: UUID
    email: str
    name: str
    scopes: list[str]
    disabled: bool


class LogInLink(BaseModel):
    """A path that logs its user in once, within so many seconds."""

    path: str
    seconds: int


@router.get("", operation_id="list_users", summary="Who may log in")
def list_users(caller: Admin) -> list[User]:
    with app_database().transaction(caller.tenant_id) as connection:
        return [_user(row) for row in accounts.list_users(connection)]


@router.post("", operation_id="add_user", status_code=201, summary="Let a person log in")
def add_user(body: UserIn, caller: Admin) -> User:
    with app_database().transaction(caller.tenant_id) as connection:
        return add(connection, caller, body)


@router.patch("/{user_id}", operation_id="set_user", summary="Change what a person may do")
def set_user(user_id: UUID, body: UserChange, caller: Admin) -> User:
    with app_database().transaction(caller.tenant_id) as connection:
        return change(connection, caller, user_id, body)


@router.post("/{user_id}/reset", operation_id="reset_password", summary="Take the password away, give a log-in link")
def reset_password(user_id: UUID, caller: Admin) -> LogInLink:
    """Their sessions end; after the log-in by the link they choose a new password."""
    with app_database().transaction(caller.tenant_id) as connection:
        return reset(connection, caller, user_id)


def add(connection: Connection, caller: Caller, body: UserIn) -> User:
    """Add a user without a password. Raises Rejected (code address_taken)."""
    scopes = sorted(set(body.scopes))
    user_id = accounts.add_user(
        connection, caller.tenant_id, email=body.email, name=body.name.strip(), scopes=scopes, password_hash=""
    )
    if user_id is None:
        raise Rejected(f"{body.email} is taken", code="address_taken", hint="Change that user.", where="/email")
    _note(connection, caller, "user.made", body.email, scopes=scopes)
    return _found(connection, user_id)


def change(connection: Connection, caller: Caller, user_id: UUID, body: UserChange) -> User:
    """Change a user. Raises Rejected: not_found, not_yourself, last_admin."""
    before = _found(connection, user_id)
    if caller.user_id == user_id:
        raise Rejected("nobody changes what they may do themselves", code="not_yourself", hint="Ask a colleague.")
    stays = "admin" in (before.scopes if body.scopes is None else body.scopes) and not body.disabled
    if not stays and accounts.live_admins(connection) == [user_id]:
        hint = "Make another administrator first."
        raise Rejected(f"{before.email} is the last administrator who may log in", code="last_admin", hint=hint)
    if body.scopes is not None:
        accounts.set_scopes(connection, user_id, sorted(set(body.scopes)))
    if body.disabled is not None:
        accounts.set_disabled(connection, user_id, body.disabled)
    _note(connection, caller, "user.set", before.email, **body.model_dump(exclude_none=True))
    return _found(connection, user_id)


def reset(connection: Connection, caller: Caller, user_id: UUID) -> LogInLink:
    """Take a user's password away and make a link that logs them in. Raises Rejected: not_found, user_disabled."""
    user = _found(connection, user_id)
    if user.disabled:
        raise Rejected(f"{user.email} may not log in", code="user_disabled", hint="Let them in again first.")
    accounts.set_password(connection, user_id, "")
    _note(connection, caller, "user.reset", user.email)
    return LogInLink(path=f"/login/link/{make_link_token(user_id, caller.tenant_id)}", seconds=LINK_SECONDS)


def _note(connection: Connection, caller: Caller, action: str, email: str, **data: object) -> None:
    journal.write(connection, caller.tenant_id, actor=caller.name, action=action, object=email, data=data)


def _found(connection: Connection, user_id: UUID) -> User:
    row = accounts.one_user(connection, user_id)
    if row is None:
        raise Rejected("there is no such user", code="not_found", hint="List them: GET /v1/users")
    return _user(row)


def _user(row: Mapping[Any, Any]) -> User:
    known = {name: row[name] for name in ("id", "email", "name", "scopes")}
    return User(**known, disabled=row["disabled_at"] is not None)
