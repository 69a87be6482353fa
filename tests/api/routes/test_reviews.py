"""What a reviewer does over HTTP, and that each of it can be done once and undone in time."""

from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from core.contracts import SIMULATED_REVIEWER, Evidence, FieldValue
from core.db import app_database
from core.keys import make_key
from core.store import accounts, items
from core.store.sql import execute, rows, scalar
from tests.api import made
from tests.api.conftest import Desk


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return desk.client("staff")


def deliveries(desk: Desk, ticket_id: object) -> list[tuple[str, str]]:
    with app_database().transaction(desk.tenant_id) as connection:
        found = rows(connection, "SELECT payload, by FROM deliveries WHERE ticket_id = :id", id=ticket_id)
    return [(row["payload"]["text"], row["by"]) for row in found]


def test_an_approved_draft_is_sent_as_it_is(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id)
    waiting = client.get("/v1/reviews?limit=200").json()["reviews"]
    mine = next(one for one in waiting if one["decision_id"] == str(held.decision_id))
    assert mine["reply"] == "We have blocked your card."
    answer = client.post(f"/v1/reviews/{held.decision_id}/approve", json={"seconds": 12.5})
    assert answer.json() == {
        "done": "approved",
        "ticket_id": str(held.ticket_id),
        "document_id": None,
        "undo_seconds": 10.0,
    }
    assert deliveries(desk, held.ticket_id) == [("We have blocked your card.", "key:staff")]
    again = client.post(f"/v1/reviews/{held.decision_id}/approve")
    assert (again.status_code, again.json()["type"]) == (409, "urn:saola:problem:already_reviewed")


def test_what_a_demos_reviewer_approves_goes_out_at_once(desk: Desk) -> None:
    held, key = made.held(desk.tenant_id), make_key()
    with app_database().transaction(desk.tenant_id) as connection:
        named = {"name": SIMULATED_REVIEWER, "prefix": key.prefix, "digest": key.digest}
        accounts.add_key(connection, desk.tenant_id, scopes=["staff"], **named)
    reviewer = desk.client("staff")
    reviewer.headers["authorization"] = f"Bearer {key.text}"
    assert reviewer.post(f"/v1/reviews/{held.decision_id}/approve").json()["undo_seconds"] == 0


def test_an_edited_draft_keeps_both_texts(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id)
    client.post(f"/v1/reviews/{held.decision_id}/edit", json={"text": "Your card is blocked, Mai."})
    assert deliveries(desk, held.ticket_id) == [("Your card is blocked, Mai.", "key:staff")]
    event = client.get(f"/v1/tickets/{held.ticket_id}").json()["events"][-1]
    assert (event["kind"], event["data"]["before"]) == ("review.edited", "We have blocked your card.")
    assert event["data"]["after"] == "Your card is blocked, Mai."


def test_a_rejected_draft_is_sent_by_nobody(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id)
    assert client.post(f"/v1/reviews/{held.decision_id}/reject", json={}).status_code == 422
    client.post(f"/v1/reviews/{held.decision_id}/reject", json={"reason": "wrong card"})
    assert deliveries(desk, held.ticket_id) == []
    shown = client.get(f"/v1/tickets/{held.ticket_id}").json()
    assert (shown["attention"], shown["outcome"]) == ("handoff", "rejected")
    assert shown["runs"][0]["review_note"] == "wrong card"


def test_an_approval_is_undone_before_it_goes_out_and_not_after(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id)
    assert client.post(f"/v1/reviews/{held.decision_id}/undo").status_code == 409
    client.post(f"/v1/reviews/{held.decision_id}/approve")
    assert client.post(f"/v1/reviews/{held.decision_id}/undo").json()["done"] == "undone"
    assert deliveries(desk, held.ticket_id) == []
    assert client.get(f"/v1/tickets/{held.ticket_id}").json()["attention"] == "review"
    client.post(f"/v1/reviews/{held.decision_id}/approve")
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "UPDATE deliveries SET state = 'sent' WHERE ticket_id = :id", id=held.ticket_id)
    late = client.post(f"/v1/reviews/{held.decision_id}/undo")
    assert (late.status_code, late.json()["type"]) == (409, "urn:saola:problem:too_late")


def test_there_is_nothing_to_approve_where_no_agent_wrote(desk: Desk, client: TestClient) -> None:
    declined = made.held(desk.tenant_id, reply="", action="decline")
    answer = client.post(f"/v1/reviews/{declined.decision_id}/approve")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:saola:problem:no_draft")


def test_a_ticket_is_taken_over_answered_handed_back_and_closed(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id)
    path = f"/v1/tickets/{held.ticket_id}"
    assert client.post(f"{path}/take-over").json()["done"] == "taken_over"
    assert client.get(path).json()["taken_by"] == "key:staff"
    assert client.post(f"/v1/reviews/{held.decision_id}/approve").status_code == 409
    assert client.post(f"{path}/reply", json={"text": "Hello Mai"}).json()["undo_seconds"] == 10.0
    assert deliveries(desk, held.ticket_id) == [("Hello Mai", "key:staff")]
    assert client.post(f"{path}/hand-back").json()["done"] == "handed_back"
    assert client.get(path).json()["taken_by"] is None
    assert client.post(f"{path}/close").json()["done"] == "closed"
    assert client.post(f"{path}/close").json()["type"] == "urn:saola:problem:ticket_closed"


@pytest.mark.parametrize("path", ["take-over", "hand-back", "reply", "close"])
def test_what_is_no_ticket_is_not_found(client: TestClient, path: str) -> None:
    body = {"text": "a"} if path == "reply" else None
    assert client.post(f"/v1/tickets/{uuid4()}/{path}", json=body).status_code == 404


@pytest.mark.parametrize("path", ["approve", "edit", "reject", "undo"])
def test_what_is_no_decision_is_not_found(client: TestClient, path: str) -> None:
    body = {"edit": {"text": "a"}, "reject": {"reason": "a"}}.get(path)
    assert client.post(f"/v1/reviews/{uuid4()}/{path}", json=body).status_code == 404


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "\x00"}, {"text": "a", "seconds": -1}, {}, {"txt": "a"}])
def test_a_bad_edit_is_a_problem(desk: Desk, client: TestClient, body: dict[str, object]) -> None:
    held = made.held(desk.tenant_id)
    answer = client.post(f"/v1/reviews/{held.decision_id}/edit", json=body)
    assert answer.status_code == 422
    assert client.get(f"/v1/tickets/{held.ticket_id}").json()["attention"] == "review"


READ = (
    FieldValue(name="total", type="money", value="5,00", score=0.4, evidence=Evidence(kind="page", page=1)),
    FieldValue(name="date", type="date", value="2026-01-02", normalised="2026-01-02", score=0.9),
)


def test_a_corrected_value_goes_on_and_what_was_read_is_kept(desk: Desk, client: TestClient) -> None:
    held = made.document(desk.tenant_id, READ)
    body = {"fields": {"total": "15,00", "date": None}, "seconds": 4}
    answer = client.post(f"/v1/reviews/{held.decision_id}/correct", json=body)
    assert answer.json()["done"] == "edited"
    shown = client.get(f"/v1/documents/{held.document_id}").json()
    assert [field["value"] for field in shown["runs"][0]["proposal"]["fields"]] == ["5,00", "2026-01-02"]
    assert [field["value"] for field in shown["runs"][0]["final_fields"]] == ["15,00", None]
    assert shown["runs"][0]["final_fields"][0]["evidence"]["page"] == 1
    event = shown["events"][-1]
    assert (event["kind"], event["data"]["before"]) == ("review.edited", {"total": "5,00", "date": "2026-01-02"})
    with app_database().transaction(desk.tenant_id) as connection:
        sql = "SELECT id FROM work_items WHERE document_id = :id"
        (loaded,) = items.load(connection, [scalar(connection, sql, id=held.document_id)])
    assert [field.value for field in loaded.item.documents[0].fields] == ["15,00", None]
    client.post(f"/v1/reviews/{held.decision_id}/undo")
    again = client.get(f"/v1/documents/{held.document_id}").json()
    assert (again["attention"], again["runs"][0]["final_fields"]) == ("review", None)


def test_a_correction_names_fields_of_the_document_and_changes_something(desk: Desk, client: TestClient) -> None:
    held, ticket = made.document(desk.tenant_id, READ), made.held(desk.tenant_id)
    codes = []
    for decision_id, fields in (
        (held.decision_id, {"totl": "1"}),
        (held.decision_id, {"total": "5,00"}),
        (ticket.decision_id, {"total": "1"}),
    ):
        answer = client.post(f"/v1/reviews/{decision_id}/correct", json={"fields": fields})
        codes.append((answer.status_code, answer.json()["type"].rpartition(":")[2]))
    assert codes == [(422, "field_unknown"), (409, "unchanged"), (409, "no_draft")]
