"""For administrators: API keys, shown once, and the tenant's name and time zone."""

from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter

from api.pages.people import AdminPage, Scopes
from api.pages.render import go, page
from api.problems import invalid
from api.routes import keys as key_routes
from api.routes import tenant as tenant_routes
from api.security import Caller
from api.words import Words
from core.db import app_database
from core.errors import Rejected
from core.store import accounts

router = APIRouter(include_in_schema=False)
_key: TypeAdapter[key_routes.KeyIn] = TypeAdapter(key_routes.KeyIn)
_tenant: TypeAdapter[tenant_routes.TenantChange] = TypeAdapter(tenant_routes.TenantChange)
Text = Annotated[str, Form()]


@router.get("/keys")
def keys_page(request: Request, caller: AdminPage) -> Response:
    return _keys(request, caller)


@router.post("/keys")
def add_key(request: Request, caller: AdminPage, name: Text = "", scopes: Scopes = None) -> Response:
    try:
        body = invalid(_key, {"name": name.strip(), "scopes": scopes or []})
    except RequestValidationError:
        return _keys(request, caller, notice={"tone": "bad", "text": Words(caller.language)("keys.invalid")})
    with app_database().transaction(caller.tenant_id) as connection:
        made = key_routes.add(connection, caller, body)
    return _keys(request, caller, key=made.key)


@router.post("/keys/{key_id}/revoke")
def revoke_key(request: Request, caller: AdminPage, key_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        key_routes.revoke(connection, caller, key_id)
    return go(request, "/keys")


def _keys(request: Request, caller: Caller, key: str = "", notice: dict[str, str] | None = None) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        found = accounts.list_keys(connection)
    return page(request, caller, "keys.html", keys=found, key=key, notice=notice, scopes=accounts.SCOPES)


@router.get("/tenant")
def tenant_page(request: Request, caller: AdminPage) -> Response:
    return _tenant_page(request, caller)


@router.post("/tenant")
def set_tenant(request: Request, caller: AdminPage, name: Text = "", timezone: Text = "") -> Response:
    words = Words(caller.language)
    try:
        body = invalid(_tenant, {"name": name.strip(), "timezone": timezone.strip()})
        with app_database().transaction(caller.tenant_id) as connection:
            tenant_routes.change(connection, caller, body)
    except (RequestValidationError, Rejected) as error:
        told = words.refusal(error) if isinstance(error, Rejected) else words("tenant.invalid")
        return _tenant_page(request, caller, {"tone": "bad", "text": told})
    return _tenant_page(request, caller, {"tone": "good", "text": words("tenant.saved")})


def _tenant_page(request: Request, caller: Caller, notice: dict[str, str] | None = None) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        tenant = tenant_routes.current(connection)
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/")))
    return page(request, caller, "tenant.html", tenant=tenant, zones=["UTC", *zones], notice=notice)
