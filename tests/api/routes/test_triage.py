"""Versions of triage over HTTP, and what staff say a ticket was about."""

from core.db import app_database
from core.store import journal, policies, triage_versions
from core.store.sql import scalar
from tests.api import made
from tests.api.conftest import Desk

COMPARED = {
    "messages": 60,
    "in_scope": 50,
    "before": {"right": 40, "score": -0.6},
    "now": {"right": 45, "score": -0.4},
    "better": True,
}


def test_versions_are_listed_served_by_hand_and_given_up(desk: Desk) -> None:
    figures = {"intents": 3, "examples": 12, "labelled": 0}
    with app_database().transaction(desk.tenant_id) as connection:
        first = policies.add_classifier(connection, desk.tenant_id, "triage", "f1", b"1", figures)
        triage_versions.serve(connection, desk.tenant_id, first, by="saola", reason="the first version")
        told = {**figures, "compared": COMPARED}
        second = policies.add_classifier(connection, desk.tenant_id, "triage", "f2", b"2", told)
        triage_versions.make_candidate(connection, desk.tenant_id, second, reason="better on later history")
    client = desk.client("ops")
    listed = client.get("/v1/triage").json()
    assert [(one["fingerprint"], one["state"]) for one in listed] == [("f2", "candidate"), ("f1", "serving")]
    assert listed[0]["compared"] == COMPARED and listed[1]["compared"] is None
    assert desk.client("staff").post(f"/v1/triage/{second}/serve", json={}).status_code == 403
    assert client.post(f"/v1/triage/{first}/serve", json={}).status_code == 409

    served = client.post(f"/v1/triage/{second}/serve", json={"reason": "two new agents"}).json()
    assert [one["state"] for one in served] == ["serving", "retired"]
    with app_database().transaction(desk.tenant_id) as connection:
        entry = journal.entry_of(connection, "triage.served", "reason", "two new agents")
    assert entry is not None and entry["object"] == "f2"
    assert client.post(f"/v1/triage/{second}/retire", json={}).status_code == 409  # it serves
    assert client.post(f"/v1/triage/{desk.tenant_id}/retire", json={}).status_code == 404


def test_training_is_asked_for_as_a_background_job(desk: Desk) -> None:
    assert desk.client("ops").post("/v1/triage/train").status_code == 202
    with app_database().transaction(desk.tenant_id) as connection:
        assert scalar(connection, "SELECT count(*) FROM outbox WHERE task = 'triage.train' AND queue = 'bulk'") == 1


def test_staff_say_what_a_ticket_was_about_and_the_next_version_learns_it(desk: Desk) -> None:
    held = made.held(desk.tenant_id)
    client = desk.client("staff")
    path = f"/v1/tickets/{held.ticket_id}/intent"
    unknown = client.put(path, json={"intent": "no_such_thing"})
    assert unknown.status_code == 422 and "no_such_thing" in unknown.json()["detail"]
    assert client.put(path, json={"intent": "how_to_return"}).json()["intent"] == "returns_policy/how_to_return"
    assert client.put(path, json={"intent": ""}).json()["intent"] == ""
    with app_database().transaction(desk.tenant_id) as connection:
        (label,) = [row for row in triage_versions.labelled(connection) if row["intent"] == ""]
    assert label["text"]
    assert client.put(f"/v1/tickets/{desk.tenant_id}/intent", json={"intent": ""}).status_code == 404
