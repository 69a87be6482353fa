"""A knowledge gap becomes a draft, the draft an answer that the agent gives from then on; the library never changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.answers_file import parse
from agents.catalog import LIBRARY
from core.db import app_database
from core.store import journal, versions
from core.store.sql import execute
from tests.api import made
from tests.api.conftest import Desk, agents_in

EXAMPLES = [{"language": "en", "text": "Do you sell gift cards?"}, {"language": "de", "text": "Gibt es Gutscheine?"}]
BODY = {
    "summary": "Gift cards.",
    "examples": EXAMPLES,
    "answers": {"en": "Yes, at the till.", "de": "Ja, an der Kasse."},
}


@pytest.fixture
def own(desk: Desk, tmp_path: Path) -> Iterator[Path]:
    """A folder of the operator's, with a copy of a built-in agent."""
    root = tmp_path / "agents"
    root.mkdir()
    with agents_in(root):
        answer = desk.client("ops").post("/v1/agents/store_information/copy", json={"name": "our_store"})
        assert answer.status_code == 201, answer.text
        yield root
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "DELETE FROM agent_settings")
        execute(connection, "DELETE FROM answer_drafts")


def test_a_copy_takes_the_place_of_the_built_in_agent(desk: Desk, own: Path) -> None:
    client = desk.client("ops")
    found = {one["name"]: one for one in client.get("/v1/agents").json()["agents"]}
    assert (found["store_information"]["tier"], found["our_store"]["tier"]) == ("off", "automated")
    assert (own / "our_store" / "agent.yaml").exists()
    assert client.post("/v1/agents/warranty/copy", json={"name": "our_store"}).status_code == 409
    assert client.post("/v1/agents/warranty/copy", json={"name": "../x"}).status_code == 422
    assert desk.client("staff").post("/v1/agents/warranty/copy", json={"name": "other"}).status_code == 403


def test_a_draft_of_staff_is_approved_by_operations_and_lies_in_the_operators_folder(desk: Desk, own: Path) -> None:
    staff, ops = desk.client("staff"), desk.client("ops")
    before = ops.get("/v1/agents/our_store").json()["version"]
    made_draft = staff.post("/v1/answer-drafts", json={"agent": "our_store", "intent": "gift_cards", **BODY})
    assert made_draft.status_code == 201, made_draft.text
    draft = made_draft.json()["id"]
    assert "gift_cards" not in (own / "our_store" / "answers.md").read_text()
    assert staff.post(f"/v1/answer-drafts/{draft}/approve").status_code == 403
    approved = ops.post(f"/v1/answer-drafts/{draft}/approve")
    assert approved.status_code == 200, approved.text
    kept = parse((own / "our_store" / "answers.md").read_text()).intents["gift_cards"]
    assert kept.answers == BODY["answers"]
    assert approved.json()["version"] == ops.get("/v1/agents/our_store").json()["version"] != before
    assert ops.post(f"/v1/answer-drafts/{draft}/approve").status_code == 409
    assert staff.get("/v1/answer-drafts").json() == []
    with app_database().transaction(desk.tenant_id) as connection:
        (entry, *_) = journal.read(connection, 1)
        found = {row["version"]: row["by"] for row in versions.of_agent(connection, "our_store")}
    assert entry["action"] == "answers.approved" and entry["data"]["before"] == before
    assert found == {before: "", approved.json()["version"]: "key:ops"}


def test_a_draft_is_taken_right_after_another_process_changed_the_folder(desk: Desk, own: Path) -> None:
    staff = desk.client("staff")
    staff.get("/v1/agents/our_store").raise_for_status()
    with (own / "our_store" / "answers.md").open("a", encoding="utf-8") as file:
        file.write("\n")
    answer = staff.post("/v1/answer-drafts", json={"agent": "our_store", "intent": "gift_cards", **BODY})
    assert answer.status_code == 201, answer.text


def test_answers_written_for_another_version_are_refused(desk: Desk, own: Path) -> None:
    ops = desk.client("ops")
    version = ops.get("/v1/agents/our_store").json()["version"]
    path = "/v1/agents/our_store/answers/gift_cards"
    assert ops.put(path, json={**BODY, "read_as": version}).status_code == 200
    assert ops.put(path, json={**BODY, "read_as": version}).status_code == 409
    bad = {**BODY, "answers": {"en": "# A heading"}}
    assert ops.put(path, json=bad).json()["type"].endswith("answers_invalid")


def test_a_built_in_agent_is_never_changed(desk: Desk, own: Path) -> None:
    before = (LIBRARY / "warranty" / "answers.md").read_bytes()
    answer = desk.client("ops").put("/v1/agents/warranty/answers/gift_cards", json=BODY)
    assert answer.json()["type"].endswith("agent_built_in")
    assert (LIBRARY / "warranty" / "answers.md").read_bytes() == before


def test_the_suggestion_is_what_staff_answered(desk: Desk, own: Path) -> None:
    held = made.held(desk.tenant_id, "I lost my gold card", customer_name="Mai Nguyen", customer_address="m@x.example")
    desk.client("staff").post(f"/v1/reviews/{held.decision_id}/reject", json={"reason": "no"})
    with app_database().transaction(desk.tenant_id) as connection:
        sql = "INSERT INTO messages (id, tenant_id, ticket_id, turn, author, by, body, at) SELECT gen_random_uuid(), "
        sql += (
            "tenant_id, id, 1, 'staff', 'x', 'Dear Mai Nguyen, it is blocked.', received_at FROM tickets WHERE id = :id"
        )
        execute(connection, sql, id=held.ticket_id)
    found = desk.client("staff").get("/v1/intents/lost_card/suggestion").json()
    assert {"language": "en", "text": "I lost my gold card"} in found["examples"]
    assert found["answers"] == {"en": "Dear {customer.name}, it is blocked."}
