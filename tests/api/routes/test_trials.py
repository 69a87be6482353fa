"""Trying an agent: what waits for a worker, who may ask, and what becomes a case."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agents import case_file, own_folder
from agents.catalog import open_catalog
from core.db import app_database
from core.store import journal, trials
from core.store.sql import maybe_row, scalar
from tests.api.conftest import Desk, agents_in

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


@pytest.fixture
def own(desk: Desk, tmp_path: Path) -> Iterator[Path]:
    """The folder of a copy, of the operator's own, of a built-in agent."""
    made = own_folder.copy(open_catalog().get("order_change"), "our_orders", str(tmp_path))
    with agents_in(tmp_path):
        yield made.folder


def test_a_trial_is_kept_as_a_case_that_plays_what_the_model_said(desk: Desk, own: Path) -> None:
    client = desk.client("developer")
    waiting = client.post("/v1/agents/our_orders/trials", json={"text": "Cancel SL-1"}).json()
    assert "not done yet" in client.post(f"/v1/trials/{waiting['id']}/case").text
    said = {"step": "model", "said": "", "calls": [{"name": "find_orders", "arguments": {}}]}
    answer = {"reply": "Done soon.", "language": "en", "sure": 0.9}
    steps = [said, {"step": "tool"}, {**said, "calls": [{"name": "Answer", "arguments": answer}]}]
    with app_database().transaction(desk.tenant_id) as connection:
        trials.finish(connection, UUID(waiting["id"]), {**RESULT, "steps": steps})
    kept = client.post(f"/v1/trials/{waiting['id']}/case")
    assert (kept.status_code, kept.json()) == (201, {"agent": "our_orders", "case": "Cancel SL-1"})
    case = case_file.parse((own / "cases.yaml").read_text("utf-8"))[-1]
    assert case.script == ({"calls": [{"call": "find_orders", "arguments": {}}]}, {"answer": answer})
    assert (case.expect.kind, case.expect.actions) == (
        "reply",
        (case_file.ExpectedAction(name="send_link", arguments={"to": "a@b.com"}),),
    )
    with app_database().transaction(desk.tenant_id) as connection:
        assert journal.read(connection, 1)[0]["action"] == "agent.case_kept"


def test_what_cannot_be_tried_is_refused(desk: Desk) -> None:
    client = desk.client("developer")
    assert client.post("/v1/agents/nobody/trials", json={"text": "a"}).status_code == 404
    assert client.post("/v1/agents/account_access/trials", json={"text": " "}).status_code == 422
    assert client.get(f"/v1/trials/{uuid4()}").status_code == 404
    assert desk.client("staff").post("/v1/agents/account_access/trials", json={"text": "a"}).status_code == 403
