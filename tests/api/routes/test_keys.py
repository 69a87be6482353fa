"""Keys are made, shown once, seen in use and revoked; the tenant's name and zone are its administrator's."""

from fastapi.testclient import TestClient

from api import security
from api.main import make_app
from core.db import app_database
from core.store import journal
from core.store.sql import execute, scalar
from tests.api.conftest import Desk


def test_a_key_is_shown_once_works_is_seen_in_use_and_ends_when_revoked(desk: Desk) -> None:
    admin = desk.client()
    made = admin.post("/v1/keys", json={"name": "web shop", "scopes": ["staff"]})
    assert made.status_code == 201
    text, key_id = made.json()["key"], made.json()["id"]
    assert text not in admin.get("/v1/keys").text
    shop = TestClient(make_app(), headers={"Authorization": f"Bearer {text}"})
    assert shop.get("/v1/tickets").status_code == 200
    found = {one["name"]: one for one in admin.get("/v1/keys").json()}
    assert found["web shop"]["used_at"] and found["web shop"]["scopes"] == ["staff"]
    assert admin.delete(f"/v1/keys/{key_id}").status_code == 200
    assert admin.delete(f"/v1/keys/{key_id}").status_code == 404
    security._known_keys.clear()  # as five seconds later
    assert shop.get("/v1/tickets").status_code == 401
    with app_database().transaction(desk.tenant_id) as connection:
        assert [row["action"] for row in journal.read(connection, 2)] == ["key.revoked", "key.made"]
        text_in_tables = "SELECT count(*) FROM api_keys WHERE digest = :text OR prefix = :text"
        assert scalar(connection, text_in_tables, text=text) == 0


def test_only_administrators_see_keys_and_tenant(desk: Desk) -> None:
    for scope in ("staff", "ops", "developer"):
        assert desk.client(scope).get("/v1/keys").status_code == 403
        assert desk.client(scope).get("/v1/tenant").status_code == 403
        assert desk.client(scope).post("/v1/keys", json={"name": "x", "scopes": ["admin"]}).status_code == 403


def test_a_key_of_another_tenant_is_neither_seen_nor_revoked(desk: Desk, other_desk: Desk) -> None:
    theirs = other_desk.client().post("/v1/keys", json={"name": "theirs", "scopes": ["staff"]}).json()
    assert theirs["prefix"] not in desk.client().get("/v1/keys").text
    assert desk.client().delete(f"/v1/keys/{theirs['id']}").status_code == 404


def test_the_tenants_name_and_time_zone_are_changed_and_nobody_elses(desk: Desk, other_desk: Desk) -> None:
    admin = desk.client()
    changed = admin.patch("/v1/tenant", json={"name": "Sao La", "timezone": "Asia/Ho_Chi_Minh"}).json()
    assert (changed["name"], changed["timezone"], changed["keys"] >= 4) == ("Sao La", "Asia/Ho_Chi_Minh", True)
    assert admin.patch("/v1/tenant", json={"timezone": "Mars/Olympus"}).json()["type"].endswith("timezone_unknown")
    assert other_desk.client().get("/v1/tenant").json()["name"] == "Other"
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "UPDATE tenants SET timezone = 'UTC'")
