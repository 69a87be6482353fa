"""API keys over HTTP, for administrators: made and shown once, listed, revoked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.security import Admin, Caller, Scope
from api.shapes import Line, Shape
from core.db import app_database
from core.errors import Rejected
from core.keys import make_key
from core.store import accounts, journal

router = APIRouter(prefix="/v1/keys", tags=["people"])


class KeyIn(Shape):
    """What a key is for, and what it may do."""

    name: Annotated[Line, Field(min_length=1, max_length=100)] = Field(examples=["web shop"])
    scopes: list[Scope] = Field(min_length=1, examples=[["staff"]])


class Key(BaseModel):
    """A key without its secret. `used_at` is right to a minute."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class NewKey(BaseModel):
    """A new key: `key` is shown this once, only its digest is kept."""

    id: UUID
    prefix: str
    key: str


@router.get("", operation_id="list_keys", summary="The tenant's keys, newest first")
def list_keys(caller: Admin) -> list[Key]:
    with app_database().transaction(caller.tenant_id) as connection:
        return [Key(**row) for row in accounts.list_keys(connection)]


@router.post("", operation_id="add_key", status_code=201, summary="Make a key; it is shown this once")
def add_key(body: KeyIn, caller: Admin) -> NewKey:
    with app_database().transaction(caller.tenant_id) as connection:
        return add(connection, caller, body)


@router.delete("/{key_id}", operation_id="revoke_key", summary="Revoke a key")
def revoke_key(key_id: UUID, caller: Admin) -> dict[str, UUID]:
    """It is refused from 5 seconds later on at the latest."""
    with app_database().transaction(caller.tenant_id) as connection:
        revoke(connection, caller, key_id)
    return {"revoked": key_id}


def add(connection: Connection, caller: Caller, body: KeyIn) -> NewKey:
    """Make a key, with its journal entry."""
    key, scopes, name = make_key(), sorted(set(body.scopes)), body.name.strip()
    key_id = accounts.add_key(
        connection, caller.tenant_id, name=name, prefix=key.prefix, digest=key.digest, scopes=scopes
    )
    data = {"name": name, "scopes": scopes}
    journal.write(connection, caller.tenant_id, actor=caller.name, action="key.made", object=key.prefix, data=data)
    return NewKey(id=key_id, prefix=key.prefix, key=key.text)


def revoke(connection: Connection, caller: Caller, key_id: UUID) -> None:
    """Revoke a key, with its journal entry. Raises Rejected (code not_found)."""
    found = next((row for row in accounts.list_keys(connection) if row["id"] == key_id), None)
    if found is None or not accounts.revoke_key(connection, key_id):
        raise Rejected("there is no such live key", code="not_found", hint="List them: GET /v1/keys")
    prefix = found["prefix"]
    journal.write(connection, caller.tenant_id, actor=caller.name, action="key.revoked", object=prefix, data={})
