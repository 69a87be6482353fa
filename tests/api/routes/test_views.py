"""Views that staff keep: one's own, shared ones, and nobody else's."""

from uuid import uuid4

from core.db import app_database
from core.store import saved_views
from tests.api.conftest import Desk


def test_a_view_is_kept_replaced_shared_and_deleted_by_its_owner_alone(desk: Desk) -> None:
    client, colleague = desk.client("staff"), desk.client("ops")
    body = {"name": " Late ", "filter": {"view": "all", "tag": "late parcel"}}
    kept = client.post("/v1/views", json=body).json()
    assert (kept["name"], kept["query"]) == ("Late", "view=all&tag=late+parcel")
    assert colleague.get("/v1/views").json() == []
    again = client.post("/v1/views", json={**body, "shared": True}).json()
    assert [one["id"] for one in colleague.get("/v1/views").json()] == [kept["id"]] == [again["id"]]
    assert colleague.delete(f"/v1/views/{kept['id']}").status_code == 404
    assert client.delete(f"/v1/views/{kept['id']}").status_code == 200
    assert client.get("/v1/views").json() == []


def test_who_has_as_many_views_as_one_may_still_replaces_one(desk: Desk) -> None:
    with app_database().transaction(desk.tenant_id) as connection:
        for number in range(saved_views.MOST):
            saved_views.save(connection, desk.tenant_id, owner="key:staff", name=f"n{number}", query="", shared=False)
    client = desk.client("staff")
    answers = [client.post("/v1/views", json={"name": name, "filter": {"q": "x"}}) for name in ("n7", "one more")]
    assert [answer.status_code for answer in answers] == [201, 422]
    assert answers[1].json()["type"].endswith(":too_many_views")


def test_a_bad_view_is_a_problem(desk: Desk) -> None:
    client = desk.client("staff")
    for body in ({"name": "", "filter": {}}, {"name": "a", "filter": {"origin": "x"}}, {"name": "a"}):
        assert client.post("/v1/views", json=body).status_code == 422
    assert client.delete(f"/v1/views/{uuid4()}").status_code == 404
