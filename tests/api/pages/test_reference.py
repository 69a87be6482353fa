"""The API describes itself: every operation has a name and a summary, and its example is accepted."""

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from api.main import make_app
from api.pages import reference
from core.contracts import FieldValue
from core.db import app_database
from core.store import alarms, trials, versions
from core.store.versions import Version
from tests.api import made
from tests.api.conftest import Desk, agents_in
from tests.api.routes.test_documents import pdf
from tests.browser.test_hostile import trial_result

# What they are done to takes a line at work to come about; tests of their own call them.
ELSEWHERE = {"replay_one", "verify_certificate", "serve_triage", "retire_triage", "announce_look", "readyz"}
ELSEWHERE |= {"inherit_certificate"}
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in make_app().openapi()["paths"].items()
    for method, operation in methods.items()
]


def test_every_operation_has_its_own_id_a_summary_and_a_tag() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    assert [path for _, path, operation in OPERATIONS if not operation.get("summary")] == []
    assert [path for _, path, operation in OPERATIONS if not operation.get("tags")] == []
    assert {frozenset(operation["responses"]) & {"4XX", "5XX"} for _, _, operation in OPERATIONS} == {
        frozenset({"4XX", "5XX"})
    }


def test_the_page_lists_every_operation_and_needs_no_log_in(api_database: object) -> None:
    page = TestClient(make_app()).get("/docs")
    assert page.status_code == 200
    for _, _, operation in OPERATIONS:
        assert f'id="{operation["operationId"]}"' in page.text


def test_every_example_works_as_it_is_shown(world: dict[str, str], desk: Desk) -> None:
    """Each call of the reference, with ids that exist in the place of names in braces, as a reader puts them in."""
    client, schema, failed = desk.client(), make_app().openapi(), {}
    for method, path, operation in OPERATIONS:
        if path.endswith("/events") or operation["operationId"] in ELSEWHERE:
            continue
        shown = reference.example(method, path, operation, schema, "http://x")
        known = {**world, **fresh(desk, client, operation["operationId"])}
        call = shlex.split(known_ids(shown.replace("\\\n", ""), known))
        assert call[0] == "curl"
        words = dict(pairwise(call))
        body: dict[str, Any] = {"content": words["-d"]} if "-d" in words else {}
        body |= {"files": {"file": ("invoice.pdf", pdf())}} if "-F" in words else {}
        headers = {"Content-Type": "application/json"} if "-d" in words else {}
        url = next(word for word in call if word.startswith("http://x")).removeprefix("http://x")
        answer = client.request(words.get("-X", "GET"), url, headers=headers, **body)
        if answer.status_code >= 400:
            failed[operation["operationId"]] = (answer.status_code, url, words.get("-d"), answer.text[:300])
        client.post("/v1/pause", json={"paused": False})
    assert failed == {}, "\n".join(map(str, failed.items()))


def known_ids(call: str, known: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), call)


@pytest.fixture(scope="module")
def world(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the names in braces of addresses stand for, where one of it does for every operation."""
    folder = tmp_path_factory.mktemp("agents")
    with agents_in(folder, SAOLA_MODEL="openai:any"):
        client = desk.client()
        client.post("/v1/agents/warranty/copy", json={"name": "own_shop"}).raise_for_status()
        known = {"name": "own_shop", "agent": "own_shop", "intent": "warranty_claim", "figure": "accuracy"}
        client.post("/v1/users", json={"email": "lan@example.com", "scopes": ["staff"]}).raise_for_status()
        yield {**known, "processor": "invoice", "number": "1"}


def fresh(desk: Desk, client: TestClient, operation: str) -> dict[str, str]:
    """Make new items for one operation; many use up what they are done to."""
    fields = (FieldValue(name="total", type="money", value="5 EUR"), FieldValue(name="iban", type="iban", value="DE1"))
    is_document = operation == "correct_fields"
    customer = {"customer_name": "An", "customer_address": "an@mail.example"}
    known_run: dict[str, Any] = {"audited": True, "agent": "own_shop", **customer}
    item = made.document(desk.tenant_id, fields) if is_document else made.held(desk.tenant_id, **known_run)
    known: dict[str, Any] = {"decision_id": item.decision_id, "ticket_id": item.ticket_id}
    known["into"] = made.ticket(desk.tenant_id, **customer)
    if not is_document:
        found = client.get(f"/v1/tickets/{item.ticket_id}").json()
        client.post(f"/v1/tickets/{item.ticket_id}/messages", json={"text": "And another thing."})
        known |= {"customer_id": found["customer_id"], "message_id": found["messages"][0]["id"]}
        if operation == "undo_review":
            client.post(f"/v1/reviews/{item.decision_id}/approve").raise_for_status()
    known |= others(desk, client, operation)
    return {name: str(value) for name, value in known.items()}


def others(desk: Desk, client: TestClient, operation: str) -> dict[str, str]:
    """What else an operation is done to."""
    number = uuid4().hex[:8]
    known: dict[str, str] = {}
    if operation in ("set_canned_reply", "delete_canned_reply"):
        for one in client.get("/v1/canned-replies").json():
            client.delete(f"/v1/canned-replies/{one['id']}")
        known["reply_id"] = client.post("/v1/canned-replies", json={"title": number, "text": "a"}).json()["id"]
    if operation == "delete_view":
        known["view_id"] = client.post("/v1/views", json={"name": number, "filter": {"view": "all"}}).json()["id"]
    if operation in ("set_user", "reset_password"):
        user = client.post("/v1/users", json={"email": f"{number}@example.com", "scopes": ["staff"]})
        known["user_id"] = user.json()["id"]
    if operation == "revoke_key":
        known["key_id"] = client.post("/v1/keys", json={"name": number, "scopes": ["staff"]}).json()["id"]
    if operation == "judge_audit":
        known["audit_id"] = client.get("/v1/audits").json()["audits"][0]["id"]
    if "document" in operation:
        known["document_id"] = client.post("/v1/documents", files={"file": ("a.pdf", pdf(number))}).json()["id"]
    if "answer_draft" in operation and operation != "add_answer_draft":
        draft: dict[str, Any] = {"agent": "own_shop", "intent": f"i_{number}", "answers": {"en": "Yes."}}
        draft |= {"summary": "s", "examples": [{"language": "en", "text": f"Is it {number}?"}]}
        made_draft = client.post("/v1/answer-drafts", json=draft)
        assert made_draft.status_code == 201, made_draft.text
        known["draft_id"] = made_draft.json()["id"]
    if operation == "compare_versions":
        with app_database().transaction(desk.tenant_id) as connection:
            versions.keep(connection, desk.tenant_id, [Version("own_shop", "0", {})])
        found = client.get("/v1/agents/own_shop/versions").json()
        known |= {"first": "0", "second": next(one["version"] for one in found if one["serving"]).replace("+", "%2B")}
    if operation in ("get_trial", "keep_trial"):
        given = {"text": number, "subject": ""}
        with app_database().transaction(desk.tenant_id) as connection:
            trial = trials.add(connection, desk.tenant_id, agent="own_shop", given=given, by="", queue="tickets")
            trials.finish(connection, trial, trial_result("text"))
        known["trial_id"] = str(trial)
    if operation == "get_alarm":
        rang = alarms.NewAlarm("own_shop", "f", "signs", 2.0, 1.0, datetime.now(UTC), ["own_shop"], {})
        with app_database().transaction(desk.tenant_id) as connection:
            known["alarm_id"] = str(alarms.add(connection, desk.tenant_id, rang))
    return known
