"""Many tickets at once: assigned, tagged, closed, marked; all or none where a value is wrong."""

from uuid import uuid4

import pytest

from core.db import app_database
from core.store import accounts
from tests.api import made
from tests.api.conftest import Desk


def test_many_tickets_are_tagged_assigned_and_closed(desk: Desk) -> None:
    client = desk.client("staff")
    with app_database().transaction(desk.tenant_id) as connection:
        accounts.add_user(
            connection, desk.tenant_id, email="lan@example.com", name="Lan", scopes=["staff"], password_hash=""
        )
    ids = [str(made.ticket(desk.tenant_id, f"n{n}")) for n in range(3)]
    client.put(f"/v1/tickets/{ids[0]}/tags", json={"tags": ["late"]})
    given = {"do": "prioritise", "value": "high"}
    assert client.post("/v1/tickets:handle", json={"ids": ids, **given}).json() == {"changed": 3}
    for do, value, changed in [("tag", "vip", 3), ("assign", "lan@example.com", 3), ("close", "", 3), ("close", "", 0)]:
        answer = client.post("/v1/tickets:handle", json={"ids": [*ids, str(uuid4())], "do": do, "value": value})
        assert answer.json() == {"changed": changed}, do
    listed = client.get("/v1/tickets?tag=vip&assigned_to=lan@example.com&state=closed").json()["tickets"]
    assert sorted(one["id"] for one in listed) == sorted(ids)
    assert client.get(f"/v1/tickets/{ids[0]}").json()["tags"] == ["late", "vip"]


def test_nothing_is_changed_where_a_value_is_wrong(desk: Desk) -> None:
    client = desk.client("staff")
    ids = [str(made.ticket(desk.tenant_id)) for _ in range(2)]
    body = {"ids": ids, "do": "assign", "value": "nobody@example.com"}
    assert client.post("/v1/tickets:handle", json=body).status_code == 422
    assert client.get(f"/v1/tickets/{ids[0]}").json()["assigned_to"] is None
    unknown = client.post("/v1/tickets:handle", json={"ids": ids, "do": "prioritise", "value": "now"})
    assert unknown.json()["type"].endswith(":priority_unknown")


@pytest.mark.parametrize("fault", [{"ids": []}, {"do": "delete"}, {"ids": ["x"]}, {"ids": [str(uuid4())] * 201}])
def test_a_bad_wish_is_a_problem(desk: Desk, fault: dict[str, object]) -> None:
    body = {"ids": [str(uuid4())], "do": "close", **fault}
    assert desk.client("staff").post("/v1/tickets:handle", json=body).status_code == 422
