"""Keys, scopes, tenants: nobody gets in without a key, does what its scopes do not allow, or sees another tenant."""

import re

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api import security
from api.main import make_app
from core import keys
from core.db import app_database
from core.store import accounts
from core.store.accounts import SCOPES
from tests.api import made
from tests.api.conftest import Desk

OPEN = {"/healthz", "/readyz"}


def routes() -> list[tuple[str, str]]:
    """Every operation of the API by method and path, with ids filled in."""
    some = "01a20935-3d3b-7578-b036-c09f56d81688"
    found = []
    for path, methods in make_app().openapi()["paths"].items():
        if path not in OPEN:
            filled = re.sub(r"{(\w+_id)}", some, path).replace("{number}", "1").replace("{name}", "account_access")
            found += [(method.upper(), filled.replace("{figure}", "accuracy")) for method in methods]
    return found


@pytest.mark.parametrize(("method", "path"), routes())
def test_no_route_answers_without_a_key(api_database: object, method: str, path: str) -> None:
    client = TestClient(make_app(), raise_server_exceptions=False)
    answer = client.request(method, path, json={})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "given",
    ["Basic x", "Bearer", "Bearer x", "Bearer sao_aaaaaaaa_" + "a" * 38, "Bearer " + keys.make_key().text, "sao_x"],
    ids=["other scheme", "nothing", "too short", "wrong checksum", "never issued", "no scheme"],
)
def test_a_key_that_is_none_or_unknown_is_refused(desk: Desk, given: str) -> None:
    client = TestClient(make_app(), raise_server_exceptions=False)
    assert client.get("/v1/tickets", headers={"Authorization": given}).status_code == 401


def test_a_key_with_another_secret_of_the_same_prefix_is_refused(desk: Desk) -> None:
    client = desk.client("staff")
    assert client.get("/v1/tickets").status_code == 200
    prefix = desk.keys["staff"].split("_")[1]
    body = f"sao_{prefix}_{'x' * 32}"
    forged = body + keys._checksum(body)
    assert keys.key_prefix(forged) == prefix
    assert client.get("/v1/tickets", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/journal", "/v1/tickets/no-id", "/login"])
def test_no_cache_keeps_what_is_not_the_same_for_everybody(desk: Desk, path: str) -> None:
    answer = desk.client().get(path)
    assert answer.headers["cache-control"] == "private, no-store"
    assert "cache-control" not in desk.client().get("/static/base.css").headers


def test_a_revoked_key_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "KEY_SECONDS", 0.0)
    key = keys.make_key()
    with app_database().transaction(desk.tenant_id) as connection:
        made_key = accounts.add_key(
            connection, desk.tenant_id, name="x", prefix=key.prefix, digest=key.digest, scopes=["staff"]
        )
    client = TestClient(make_app(), headers={"Authorization": f"Bearer {key.text}"})
    assert client.get("/v1/tickets").status_code == 200
    with app_database().transaction(desk.tenant_id) as connection:
        accounts.revoke_key(connection, made_key)
    assert client.get("/v1/tickets").status_code == 401


ALLOWED = {
    "staff": {"POST /v1/tickets", "GET /v1/tickets", "GET /v1/reviews", "GET /v1/audits", "GET /v1/agents"},
    "developer": {"POST /v1/tickets", "GET /v1/tickets", "GET /v1/agents", "GET /v1/dead-letters", "GET /metrics"},
}
ALLOWED["ops"] = ALLOWED["staff"] | ALLOWED["developer"] | {"POST /v1/pause", "GET /v1/journal"}
ALLOWED["admin"] = ALLOWED["ops"]


@pytest.mark.parametrize("scope", sorted(ALLOWED))
def test_a_scope_allows_what_it_says_and_nothing_else(desk: Desk, scope: str) -> None:
    client = desk.client(scope)
    bodies = {"POST /v1/tickets": {"text": "a"}, "POST /v1/pause": {"paused": False}}
    found = set()
    for name in sorted(ALLOWED["admin"]):
        method, path = name.split()
        answer = client.request(method, path, json=bodies.get(name))
        assert answer.status_code in (200, 202, 403), (name, answer.text)
        if answer.status_code != 403:
            found.add(name)
    assert found == ALLOWED[scope]


def test_one_tenant_sees_and_changes_nothing_of_another(desk: Desk, other_desk: Desk) -> None:
    held = made.held(desk.tenant_id, "SECRET-4711 my card", audited=True)
    document = made.document(desk.tenant_id, (), filename="SECRET-4711.pdf")
    stranger = other_desk.client()
    tries = [
        ("GET", f"/v1/tickets/{held.ticket_id}", None),
        ("GET", f"/v1/tickets/{held.ticket_id}/events", None),
        ("POST", f"/v1/tickets/{held.ticket_id}/messages", {"text": "a"}),
        ("POST", f"/v1/tickets/{held.ticket_id}/reply", {"text": "a"}),
        ("POST", f"/v1/tickets/{held.ticket_id}/take-over", None),
        ("POST", f"/v1/tickets/{held.ticket_id}/close", None),
        ("POST", f"/v1/reviews/{held.decision_id}/approve", None),
        ("POST", f"/v1/reviews/{held.decision_id}/edit", {"text": "a"}),
        ("GET", f"/v1/documents/{document.document_id}", None),
        ("GET", f"/v1/documents/{document.document_id}/file", None),
        ("GET", f"/v1/documents/{document.document_id}/pages/1.png", None),
    ]
    for method, path, body in tries:
        assert stranger.request(method, path, json=body).status_code == 404, path
    attached = stranger.post("/v1/documents", files={"file": ("a", b"a")}, data={"ticket_id": str(held.ticket_id)})
    assert attached.status_code == 404
    for path in ("/v1/tickets?q=secret", "/v1/documents", "/v1/reviews", "/v1/audits", "/v1/dead-letters"):
        assert "4711" not in stranger.get(path).text, path
    owner = desk.client().get(f"/v1/tickets/{held.ticket_id}").json()
    assert (owner["attention"], owner["turn"]) == ("review", 1)


def test_every_answer_carries_its_safe_headers(desk: Desk) -> None:
    for path in ("/v1/tickets", "/v1/nothing", "/healthz"):
        headers = desk.client().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]


# Who may use each route, page or part of one, by the first pattern that its "METHOD /path" matches.
WHO: list[tuple[str, set[str]]] = [
    (r"\w+ /(v1/)?(keys|people|users|tenant)\b", {"admin"}),
    (r"\w+ /(v1/)?(dead-letters/|journal|pause|gate/looks)", {"ops", "admin"}),
    (r"(POST|PUT|DELETE) /v1/(triage|gate/(judge|known-bad|blind)|certificates/inherit)\b", {"ops", "admin"}),
    (r"GET /dead-letters$", {"ops", "admin"}),
    (r"(POST|PUT) /(v1/)?calendar$", {"ops", "admin"}),
    (r"POST /agents/{name}/cases$|POST /v1/agents/{name}/trials$", {"ops", "developer", "admin"}),
    (r"(POST|PATCH|PUT) /(v1/)?agents/|POST /v1/answer-drafts/{draft_id}/approve$", {"ops", "admin"}),
    (r"\w+ /(playground|v1/trials)\b|GET /(metrics|v1/dead-letters)$", {"ops", "developer", "admin"}),
    (r"GET /v1/(audits|reviews|views)$", {"staff", "ops", "admin"}),
    (r"GET /v1/|POST /v1/(tickets|tickets/{ticket_id}/messages|tickets:batch|documents)$", set(SCOPES)),
    (r"GET /(nav|gaps|calendar|agents|report|docs|healthz|readyz)?(\.csv|/.*)?$", set(SCOPES)),
    (r"\w+ /(login|account|language)\b", set(SCOPES)),
    (r"(GET|POST) /(answers|audits|bulk|canned|documents|notices|submit|views)\b", {"staff", "ops", "admin"}),
    (r"GET /(customers/{customer_id}|next|tickets/.*)$|POST /tickets/", {"staff", "ops", "admin"}),
    (r"(POST|PUT|DELETE) /v1/", {"staff", "ops", "admin"}),
]
ELSEWHERE = {"POST /logout", "GET /v1/events"}  # the one ends the session, the other never ends


def every_route() -> list[str]:
    """Every operation of the application, pages and their parts too."""
    routers = [one.original_router for one in make_app().routes if hasattr(one, "original_router")]
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return sorted({f"{method} {route.path}" for route in routes for method in route.methods or ()} - ELSEWHERE)


def may_use(operation: str) -> set[str]:
    return next((who for pattern, who in WHO if re.match(pattern, operation)), set())


@pytest.mark.parametrize("scope", SCOPES)
def test_each_role_is_let_into_its_routes_and_pages_and_no_others(desk: Desk, scope: str) -> None:
    with app_database().transaction(desk.tenant_id) as connection:
        user = accounts.add_user(
            connection, desk.tenant_id, email=f"role-{scope}@example.com", name="", scopes=[scope], password_hash=""
        )
    assert user is not None
    client = TestClient(make_app(), raise_server_exceptions=False, follow_redirects=False)
    client.cookies.set(security.COOKIE, security.open_session(user, desk.tenant_id))
    token = client.get("/agents").text.split('data-csrf="')[1].split('"')[0]
    operations = every_route()
    assert len(operations) > 170 and {"GET /journal", "POST /tickets/{ticket_id}/reply"} <= set(operations)
    wrong = []
    for operation in operations:
        method, path = operation.split()
        path = re.sub(r"{(\w+_id|of)}", "01a20935-3d3b-7578-b036-c09f56d81688", path)
        path = path.replace("{number}", "1").replace("{name}", "account_access").replace("{figure}", "accuracy")
        path = re.sub(r"{(token|intent|what)}", "run", path)
        answer = client.request(method, path, headers={"X-CSRF-Token": token, "Accept": "application/json"})
        let_in = answer.status_code != 403
        if answer.status_code == 500 or let_in != (scope in may_use(operation)):
            wrong.append((operation, answer.status_code))
    assert wrong == []
