"""Trying an agent: what waits for a worker, who may ask, and what becomes a case."""

from uuid import UUID, uuid4

from core.db import app_database
from core.store import trials
from core.store.sql import maybe_row, scalar
from tests.api.conftest import Desk

RESULT = {
    "triage": {"agent": "account_access", "intent": "password", "score": 0.9, "language": "en", "priority": "normal"},
    "proposal": {
        "kind": "reply",
        "intent": "password",
        "language": "en",
        "reply": "Click on Forgotten.",
        "actions": [{"name": "send_link", "arguments": {"to": "a@b.com"}, "provenance": {}}],
    },
    "decision": {"action": "hold", "reasons": []},
}


def test_a_trial_waits_for_a_worker_and_is_no_ticket(desk: Desk) -> None:
    client = desk.client("developer")
    body = {"text": "I forgot my password", "customer": {"address": "a@b.com", "verified": True}}
    accepted = client.post("/v1/agents/account_access/trials", json=body)
    assert accepted.status_code == 202
    trial = client.get(accepted.json()["url"]).json()
    assert (trial["state"], trial["agent"], trial["result"]) == ("waiting", "account_access", {})
    with app_database().transaction(desk.tenant_id) as connection:
        job = maybe_row(connection, "SELECT task, queue FROM outbox WHERE subject_id = :id", id=UUID(trial["id"]))
        assert scalar(connection, "SELECT count(*) FROM tickets") == 0
        trials.finish(connection, UUID(trial["id"]), RESULT)
    assert job is not None
    assert (job["task"], job["queue"]) == ("agent.try", "tickets")
    done = client.get(accepted.json()["url"]).json()
    assert (done["state"], done["result"]["proposal"]["reply"]) == ("done", "Click on Forgotten.")


def test_what_cannot_be_tried_is_refused(desk: Desk) -> None:
    client = desk.client("developer")
    assert client.post("/v1/agents/nobody/trials", json={"text": "a"}).status_code == 404
    assert client.post("/v1/agents/account_access/trials", json={"text": " "}).status_code == 422
    assert client.get(f"/v1/trials/{uuid4()}").status_code == 404
    assert desk.client("staff").post("/v1/agents/account_access/trials", json={"text": "a"}).status_code == 403
