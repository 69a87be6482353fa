"""Views that staff keep: one's own, shared ones, and nobody else's."""

from uuid import uuid4

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


def test_a_bad_view_is_a_problem(desk: Desk) -> None:
    client = desk.client("staff")
    for body in ({"name": "", "filter": {}}, {"name": "a", "filter": {"origin": "x"}}, {"name": "a"}):
        assert client.post("/v1/views", json=body).status_code == 422
    assert client.delete(f"/v1/views/{uuid4()}").status_code == 404
