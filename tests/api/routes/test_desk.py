"""Notes, tags, assignment, spam, merge and split of tickets; canned replies; a customer's record."""

from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from core.db import app_database
from core.settings import settings
from core.store import accounts, items
from core.store.sql import rows, scalar
from tests.api import made
from tests.api.conftest import Desk


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return desk.client("staff")


def shown(client: TestClient, ticket_id: UUID) -> dict[str, object]:
    found: dict[str, object] = client.get(f"/v1/tickets/{ticket_id}").json()
    return found


def code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]  # type: ignore[attr-defined] # a response


def test_a_note_is_kept_for_staff_and_is_no_message(desk: Desk, client: TestClient) -> None:
    ticket_id = made.ticket(desk.tenant_id)
    assert client.post(f"/v1/tickets/{ticket_id}/notes", json={"text": "Called twice"}).status_code == 201
    found = client.get(f"/v1/tickets/{ticket_id}").json()
    assert [(note["text"], note["by"]) for note in found["notes"]] == [("Called twice", "key:staff")]
    assert len(found["messages"]) == 1
    assert found["events"][-1]["kind"] == "ticket.noted"
    assert client.post(f"/v1/tickets/{ticket_id}/notes", json={"text": " "}).status_code == 422


def test_tags_are_cleaned_replaced_and_searched_for(desk: Desk, client: TestClient) -> None:
    first, second = made.ticket(desk.tenant_id), made.ticket(desk.tenant_id)
    path = f"/v1/tickets/{first}/tags"
    assert client.put(path, json={"tags": ["VIP", " vip ", "Phàn  nàn", ""]}).json() == {"tags": ["phàn nàn", "vip"]}
    client.put(f"/v1/tickets/{second}/tags", json={"tags": ["other"]})
    assert client.put(path, json={"tags": ["vip"]}).json() == {"tags": ["vip"]}
    listed = client.get("/v1/tickets?tag=vip").json()["tickets"]
    assert [(one["id"], one["tags"]) for one in listed] == [(str(first), ["vip"])]
    event = client.get(f"/v1/tickets/{first}").json()["events"][-1]
    assert (event["kind"], event["data"]["removed"]) == ("ticket.tagged", ["phàn nàn"])
    assert code(client.put(path, json={"tags": [str(n) for n in range(21)]})) == (422, "too_many_tags")


def test_a_ticket_is_assigned_to_somebody_of_the_tenant_only(desk: Desk, client: TestClient) -> None:
    with app_database().transaction(desk.tenant_id) as connection:
        accounts.add_user(
            connection, desk.tenant_id, email="lan@example.com", name="Lan", scopes=["staff"], password_hash=""
        )
    ticket_id = made.ticket(desk.tenant_id)
    path = f"/v1/tickets/{ticket_id}/assignee"
    assert client.put(path, json={"to": "Lan@example.com"}).status_code == 200
    listed = client.get("/v1/tickets?assigned_to=lan@example.com").json()["tickets"]
    assert [one["id"] for one in listed] == [str(ticket_id)]
    assert code(client.put(path, json={"to": "nobody@example.com"})) == (422, "user_unknown")
    client.put(path, json={"to": None})
    assert shown(client, ticket_id)["assigned_to"] is None


def test_spam_is_closed_and_its_draft_and_sends_are_stopped(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id)
    client.post(f"/v1/reviews/{held.decision_id}/approve")
    assert client.post(f"/v1/tickets/{held.ticket_id}/spam").status_code == 200
    found = shown(client, held.ticket_id)
    assert (found["state"], found["attention"]) == ("closed", "")
    with app_database().transaction(desk.tenant_id) as connection:
        sent = rows(connection, "SELECT state FROM deliveries WHERE ticket_id = :id", id=held.ticket_id)
    assert [row["state"] for row in sent] == ["stopped"]
    kinds = [event["kind"] for event in client.get(f"/v1/tickets/{held.ticket_id}").json()["events"]]
    assert kinds[-2:] == ["ticket.marked_spam", "ticket.closed"]


def test_what_an_agent_works_on_while_its_ticket_ends_as_spam_is_not_used(desk: Desk, client: TestClient) -> None:
    ticket_id = made.ticket(desk.tenant_id)
    with app_database().transaction(desk.tenant_id) as connection:
        sql = "SELECT id FROM work_items WHERE ticket_id = :id"
        (loaded,) = items.load(connection, [scalar(connection, sql, id=ticket_id)])
        assert items.still_newest(connection, [loaded.item]) == {loaded.item.id}
    client.post(f"/v1/tickets/{ticket_id}/spam")
    with app_database().transaction(desk.tenant_id) as connection:
        assert items.still_newest(connection, [loaded.item]) == set()


def test_a_merged_ticket_gives_its_messages_and_notes_to_the_other(desk: Desk, client: TestClient) -> None:
    first = made.ticket(desk.tenant_id, "My parcel is late", customer_address="an@example.com")
    second = made.held(desk.tenant_id, "The number is 4711", customer_address="an@example.com")
    client.post(f"/v1/tickets/{second.ticket_id}/notes", json={"text": "Same parcel"})
    answer = client.post(f"/v1/tickets/{second.ticket_id}/merge", json={"into": str(first)})
    assert answer.json() == {"id": str(first)}
    into = client.get(f"/v1/tickets/{first}").json()
    assert [one["text"] for one in into["messages"]] == ["My parcel is late", "The number is 4711"]
    assert (into["attention"], [one["text"] for one in into["notes"]]) == ("handoff", ["Same parcel"])
    gone = shown(client, second.ticket_id)
    assert (gone["state"], gone["merged_into"], gone["messages"]) == ("closed", str(first), [])
    assert [one["id"] for one in client.get("/v1/tickets?q=4711").json()["tickets"]].count(str(first)) == 1
    assert code(client.post(f"/v1/reviews/{second.decision_id}/approve")) == (409, "already_reviewed")
    later = client.post(f"/v1/tickets/{second.ticket_id}/messages", json={"text": "Any news?"}).json()
    assert later["id"] == str(first)
    assert client.get(f"/v1/tickets/{first}").json()["messages"][-1]["text"] == "Any news?"
    assert shown(client, second.ticket_id)["state"] == "closed"
    again = client.post(f"/v1/tickets/{second.ticket_id}/merge", json={"into": str(first)})
    assert code(again) == (409, "merged_already")
    assert code(client.post(f"/v1/tickets/{first}/merge", json={"into": str(first)})) == (409, "same_ticket")
    assert code(client.post(f"/v1/tickets/{first}/merge", json={"into": str(uuid4())})) == (404, "not_found")


def test_a_message_becomes_a_ticket_of_its_own_that_is_worked_on(desk: Desk, client: TestClient) -> None:
    ticket_id = made.ticket(desk.tenant_id, "Two things", customer_address="bo@example.com", customer_name="Bo")
    message = client.get(f"/v1/tickets/{ticket_id}").json()["messages"][0]
    answer = client.post(f"/v1/tickets/{ticket_id}/split", json={"message_id": message["id"]})
    assert answer.status_code == 201
    new = client.get(f"/v1/tickets/{answer.json()['id']}").json()
    assert (new["messages"][0]["text"], new["customer_name"], new["items"][0]["job"]) == ("Two things", "Bo", "ready")
    assert client.get(f"/v1/tickets/{ticket_id}").json()["events"][-1]["data"]["into"] == new["id"]
    other = client.post(f"/v1/tickets/{ticket_id}/split", json={"message_id": str(uuid4())})
    assert code(other) == (404, "not_found")


def test_a_customers_record_has_all_their_tickets_and_documents(desk: Desk, client: TestClient) -> None:
    ids = [made.ticket(desk.tenant_id, f"n {n}", customer_address="chi@example.com") for n in range(2)]
    customer = client.get(f"/v1/tickets/{ids[0]}").json()["customer_id"]
    record = client.get(f"/v1/customers/{customer}").json()
    assert [one["id"] for one in record["tickets"]] == [str(one) for one in reversed(ids)]
    assert (record["address"], record["documents"]) == ("chi@example.com", [])
    assert client.get(f"/v1/customers/{uuid4()}").status_code == 404


def test_canned_replies_are_kept_by_title_and_language(client: TestClient) -> None:
    body = {"title": "Sorry", "language": "en", "text": "Dear {customer.name}, we are sorry."}
    reply_id = client.post("/v1/canned-replies", json=body).json()["id"]
    assert code(client.post("/v1/canned-replies", json=body)) == (409, "title_taken")
    client.put(f"/v1/canned-replies/{reply_id}", json={**body, "text": "We are sorry."})
    assert [one["text"] for one in client.get("/v1/canned-replies").json()] == ["We are sorry."]
    assert client.delete(f"/v1/canned-replies/{reply_id}").status_code == 200
    assert client.delete(f"/v1/canned-replies/{reply_id}").status_code == 404


def test_a_tag_and_words_narrow_together(desk: Desk, client: TestClient) -> None:
    ids = [made.ticket(desk.tenant_id, f"zebra {n % 2}") for n in range(4)]
    for ticket_id in ids[:2]:
        client.put(f"/v1/tickets/{ticket_id}/tags", json={"tags": ["striped"]})
    for limit in (1, 50):  # from the newest tickets alone, and by the indexes
        found = client.get(f"/v1/tickets?q=zebra&tag=striped&limit={limit}").json()["tickets"]
        assert [one["id"] for one in found] == [str(one) for one in reversed(ids[:2])][:limit]
    assert [one["id"] for one in client.get("/v1/tickets?q=zebra+0&tag=striped").json()["tickets"]] == [str(ids[0])]


def test_a_priority_chosen_by_a_person_is_not_changed_by_triage(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id)
    answer = client.put(f"/v1/tickets/{held.ticket_id}/priority", json={"priority": "high"})
    assert (answer.status_code, answer.json()) == (200, {"priority": "high"})
    found = client.get(f"/v1/tickets/{held.ticket_id}").json()
    assert (found["priority"], found["events"][-1]["kind"]) == ("high", "ticket.prioritised")
    made.run_again(desk.tenant_id, held.ticket_id)
    assert client.get(f"/v1/tickets/{held.ticket_id}").json()["priority"] == "high"
    assert client.put(f"/v1/tickets/{held.ticket_id}/priority", json={"priority": "now"}).status_code == 422


def test_a_translation_needs_a_model_and_a_text_of_the_ticket(
    desk: Desk, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, other = made.held(desk.tenant_id), made.held(desk.tenant_id)
    path = f"/v1/tickets/{held.ticket_id}/translations"
    assert code(client.post(path, json={"run_id": str(held.run_id)}))[1] == "no_model"
    monkeypatch.setenv("SAOLA_MODEL", "openai:any")
    settings.cache_clear()
    assert client.post(path, json={"run_id": str(held.run_id), "language": "de"}).status_code == 202
    assert client.post(path, json={"run_id": str(other.run_id)}).status_code == 404
    assert client.post(path, json={}).status_code == 404
    with app_database().transaction(desk.tenant_id) as connection:
        assert scalar(connection, "SELECT count(*) FROM outbox WHERE task = 'text.translate'") == 1
    monkeypatch.undo()
    settings.cache_clear()
