"""People who may log in: added, changed, reset and let in no more, by administrators alone; one's own password."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from api.security import COOKIE, open_session
from tests.api.conftest import Desk
from tests.api.pages.test_session import signed_in, users, visitor

__all__ = ["users", "visitor"]
NEW = {"email": "lan@example.com", "name": "Lan", "scopes": ["staff"]}


def code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]  # type: ignore[attr-defined] # a response


def test_a_person_is_added_changed_and_let_in_no_more(desk: Desk) -> None:
    client = desk.client("admin")
    user = client.post("/v1/users", json=NEW).json()
    assert (user["scopes"], user["disabled"]) == (["staff"], False)
    assert code(client.post("/v1/users", json=NEW)) == (409, "address_taken")
    changed = client.patch(f"/v1/users/{user['id']}", json={"scopes": ["ops", "staff"], "disabled": True}).json()
    assert (changed["scopes"], changed["disabled"]) == (["ops", "staff"], True)
    assert code(client.post(f"/v1/users/{user['id']}/reset")) == (409, "user_disabled")
    entries = client.get("/v1/journal").json()["entries"]
    assert [one["action"] for one in entries[:2]] == ["user.set", "user.made"]


@pytest.mark.parametrize("fault", [{"email": "nobody"}, {"scopes": []}, {"scopes": ["king"]}, {"nme": "a"}])
def test_a_person_without_sense_is_refused(desk: Desk, fault: dict[str, object]) -> None:
    assert desk.client("admin").post("/v1/users", json={**NEW, **fault}).status_code == 422


def test_only_administrators_may(desk: Desk) -> None:
    for scope in ("staff", "ops", "developer"):
        assert desk.client(scope).get("/v1/users").status_code == 403
    assert desk.client("admin").patch(f"/v1/users/{uuid4()}", json={"disabled": True}).status_code == 404


def test_a_reset_ends_the_sessions_and_its_link_leads_to_a_new_password(
    desk: Desk, users: dict[str, UUID], visitor: TestClient
) -> None:
    before, _ = signed_in(desk, users, "staff")
    link = desk.client("admin").post(f"/v1/users/{users['staff']}/reset").json()
    assert before.get("/").status_code == 303  # to the log-in
    assert visitor.post(link["path"]).status_code == 303
    token = visitor.get("/account").text.split('data-csrf="')[1].split('"')[0]
    assert visitor.post("/account", data={"csrf": token, "new": "short"}).status_code == 422
    assert visitor.post("/account", data={"csrf": token, "new": "a brand new one"}).status_code == 200
    wrong = visitor.post("/account", data={"csrf": token, "old": "not this", "new": "another new one"})
    assert wrong.status_code == 422
    answer = visitor.post("/login", data={"email": "staff@example.com", "password": "a brand new one"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_page_adds_a_person_and_nobody_changes_themselves(desk: Desk, users: dict[str, UUID]) -> None:
    client, token = signed_in(desk, users, "admin")
    page = client.post("/people", data={"csrf": token, "email": "Minh@Example.com", "scopes": ["ops"]})
    assert "/login/link/" in page.text
    assert "minh@example.com" in page.text
    again = client.post("/people", data={"csrf": token, "email": "minh@example.com", "scopes": ["ops"]})
    assert "This address is taken." in again.text
    own = client.post(f"/people/{users['admin']}", data={"csrf": token, "disabled": "yes"})
    assert "themselves" in own.text
    assert signed_in(desk, users, "ops")[0].get("/people").status_code == 403
    assert client.cookies[COOKIE] and open_session(users["admin"], desk.tenant_id)


def test_the_last_administrator_stays_one(other_desk: Desk) -> None:
    client = other_desk.client("admin")
    first, second = (
        client.post("/v1/users", json={"email": f"{name}@example.com", "scopes": ["admin", "staff"]}).json()["id"]
        for name in ("an", "binh")
    )
    assert client.patch(f"/v1/users/{first}", json={"disabled": True}).status_code == 200
    for change in ({"disabled": True}, {"scopes": ["staff"]}, {"scopes": ["staff"], "disabled": True}):
        assert code(client.patch(f"/v1/users/{second}", json=change)) == (409, "last_admin"), change
    assert client.patch(f"/v1/users/{second}", json={"scopes": ["admin"]}).status_code == 200
    assert client.patch(f"/v1/users/{first}", json={"disabled": False}).status_code == 200
    with ThreadPoolExecutor(2) as pool:
        taken = pool.map(lambda one: client.patch(f"/v1/users/{one}", json={"scopes": ["staff"]}), (first, second))
    assert sorted(one.status_code for one in taken) == [200, 409]
