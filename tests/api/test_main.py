"""The whole application against odd characters: whatever a caller or a form sends is answered, never a crash."""

import gc
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pkgutil import iter_modules
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api import pages
from api.main import make_app
from tests.api.conftest import Desk
from tests.api.pages.test_session import signed_in, users

__all__ = ["users"]
SOME = "01a20935-3d3b-7578-b036-c09f56d81688"
ODD = "a\x00b"  # no text for PostgreSQL
HUGE = "9" * 30
IDS = {"name": "store_information", "figure": "accuracy", "intent": "opening_hours", "number": "1"}
SCHEMA = make_app().openapi()


def operations() -> list[tuple[str, str]]:
    """Every operation of the API that ends by itself."""
    found = [(method, path) for path, methods in SCHEMA["paths"].items() for method in methods]
    return [(method, path) for method, path in found if not path.endswith("/events")]


@pytest.fixture(scope="module")
def admin(desk: Desk) -> TestClient:
    return desk.client()


@pytest.fixture(scope="module")
def person(desk: Desk, users: dict[str, Any]) -> tuple[TestClient, str]:
    return signed_in(desk, users, "admin")


@pytest.mark.parametrize(("method", "path"), operations())
def test_no_text_makes_an_operation_fail(admin: TestClient, method: str, path: str) -> None:
    for filled, query, body in _variants(path, SCHEMA["paths"][path][method]):
        answer = admin.request(method, filled, params=query, json=body)
        assert answer.status_code < 500, (filled, query, body, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", (filled, query, body)


def _variants(path: str, operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, str], Any]]:
    """The operation with one odd text at a time, in a part of the path, a query value or a text of its body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = _example(content["schema"]) if content else None
    queries = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    needed = {one["name"]: "a" for one in queries if one.get("required")}
    for name in re.findall(r"{(\w+)}", path):
        yield _filled(path, {name: ODD}), needed, body
    for one, odd in product(queries, (ODD, HUGE)):
        yield _filled(path), {**needed, one["name"]: odd}, body
    for changed in _changed(body):
        yield _filled(path), needed, changed


def _filled(path: str, values: dict[str, str] | None = None) -> str:
    known = {**IDS, **(values or {})}
    return re.sub(r"{(\w+)}", lambda name: quote(known.get(name[1], SOME), safe=""), path)


def _example(part: dict[str, Any]) -> Any:
    """A small body with every member of its schema."""
    if "$ref" in part:
        return _example(SCHEMA["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]])
    for choice in part.get("anyOf", ()):
        if choice.get("type") != "null":
            return _example(choice)
    if part.get("examples") or part.get("enum"):
        return (part.get("examples") or part["enum"])[0]
    if part.get("type") == "object":
        return {name: _example(inner) for name, inner in part.get("properties", {}).items()}
    if part.get("type") == "array":
        return [_example(part["items"])] if part.get("items") else []
    if part.get("format") in ("uuid", "date-time"):
        return SOME if part["format"] == "uuid" else "2026-01-01T00:00:00Z"
    return {"boolean": True, "integer": 1, "number": 0.5}.get(part.get("type", ""), "abc")


def _changed(value: Any) -> Iterator[Any]:
    """The value with one of its texts, or the name of one of its members, replaced."""
    if isinstance(value, str):
        yield ODD
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from ([*value[:at], changed, *value[at + 1 :]] for changed in _changed(part))
    elif isinstance(value, dict):
        yield {**value, ODD: ODD}
        for name, part in value.items():
            yield from ({**value, name: changed} for changed in _changed(part))


def page_routes() -> list[APIRoute]:
    """Every page and every form of the pages; logging in and out has tests of its own."""
    modules = [import_module(f"api.pages.{found.name}") for found in iter_modules(pages.__path__)]
    routes = [route for module in modules if hasattr(module, "router") for route in module.router.routes]
    return [one for one in routes if isinstance(one, APIRoute) and not one.path.startswith("/log")]


@pytest.mark.parametrize("route", page_routes(), ids=lambda route: f"{min(route.methods)} {route.path}")
def test_no_text_makes_a_page_fail(person: tuple[TestClient, str], route: APIRoute) -> None:
    client, csrf = person
    fields = {one.alias: "x" for one in route.dependant.body_params} or dict.fromkeys(("draft", "do", "high"), "x")
    path, methods = _filled(route.path), route.methods or {"GET"}
    sent: list[tuple[str, dict[str, str], dict[str, str]]] = []
    sent += [(_filled(route.path, {name: ODD}), {}, fields) for name in re.findall(r"{(\w+)}", route.path)]
    sent += [(path, {one.alias: odd}, fields) for one, odd in product(route.dependant.query_params, (ODD, HUGE))]
    if "POST" in methods:
        sent += [(path, {}, {**fields, name: ODD}) for name in fields]
    for where, query, form in sent:
        answer = client.request(min(methods), where, params=query, data={**form, "csrf": csrf})
        assert answer.status_code < 500, (where, query, form)


def test_what_the_server_has_loaded_is_left_out_of_collections() -> None:
    gc.unfreeze()  # what another test has left out
    with TestClient(make_app()):
        assert gc.get_freeze_count() > 50_000
    assert gc.get_freeze_count() == 0
