"""A language model's proposals through the whole line: real workers, a real HTTP client, a scripted model server."""

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from agents.llm.scripted_server import ScriptedServer
from agents.tools.ledger import entries
from core.contracts import Certificate
from core.ids import new_id
from core.store import intake, policies, reviews
from core.store.intake import NewTicket
from core.store.sql import rows
from tests.journeys.conftest import INTENTS
from tests.journeys.line import ROOT, Line, write_agent

OLIVER = "oliver.hughes@mail.example"


def turn(body: Mapping[str, Any]) -> dict[str, Any]:
    """Play a model that looks the orders up, cancels the one that the message names, and answers."""
    asked = sum(message["role"] == "assistant" for message in body["messages"])
    text = next(message["content"] for message in body["messages"] if message["role"] == "user")
    named = re.findall(r"SL-\d+", text)[-1]
    if asked == 0:
        return {"call": "find_orders"}
    if asked == 1:
        return {"call": "cancel_order", "arguments": {"order_id": named, "reason": "no longer needed"}}
    return {"answer": {"reply": f"We are cancelling {named}. Sao La Living", "language": "en", "sure": 0.9}}


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedServer]:
    with ScriptedServer(turn) as server:
        yield server


@pytest.fixture(scope="module")
def line_settings(model: ScriptedServer) -> dict[str, str]:
    return {"SAOLA_MODEL": "openai:scripted", "SAOLA_MODEL_BASE_URL": model.base_url}


@pytest.fixture(scope="module")
def line_workers() -> tuple[str, ...]:
    return ("tickets", "llm")


@pytest.fixture(scope="module")
def agents_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agents")
    write_agent(folder, "shop", INTENTS)
    shutil.copytree(ROOT / "agents" / "library" / "order_change", folder / "order_change")
    return folder


@pytest.fixture(scope="module")
def line(running_line: Line) -> Line:
    """One tenant for both tests: training its classifier takes longer than they do."""
    running_line.new_tenant()
    return running_line


def submit(line: Line, text: str) -> UUID:
    ticket = NewTicket(
        text=text, received_at=datetime.now(UTC), customer_address=OLIVER, customer_verified=True, language="en"
    )
    with line.database.transaction(line.tenant) as connection:
        ticket_id = intake.add_ticket(connection, line.tenant, ticket)
    assert ticket_id is not None
    line.drain()
    return ticket_id


def run_of(line: Line, ticket_id: UUID) -> dict[str, Any]:
    with line.database.transaction(line.tenant) as connection:
        found = rows(
            connection,
            """SELECT r.agent, r.fingerprint, r.proposal, d.id AS decision, d.action, d.reasons,
                   (SELECT array_agg(effect || ' ' || state ORDER BY v.id) FROM deliveries v WHERE ticket_id = :id)
                       AS deliveries
               FROM runs r JOIN decisions d ON d.run_id = r.id JOIN work_items w ON w.id = r.work_item_id
               WHERE w.ticket_id = :id""",
            id=ticket_id,
        )
    assert len(found) == 1
    return dict(found[0])


def certify(line: Line, fingerprint: str) -> None:
    given = {"target": 0.95, "confidence": 0.95, "threshold": 0.0, "k": 300, "n": 300, "bound": 0.99}
    certificate = Certificate(
        id=new_id(), agent="order_change", fingerprint=fingerprint, method="given by a test", **given
    )
    with line.database.transaction(line.tenant) as connection:
        policies.add_certificate(
            connection, line.tenant, certificate, window=None, code_version="test", digest="", evidence={}
        )
    time.sleep(1.2)  # workers keep a tenant's certificates for a second


def test_a_models_write_is_held_approved_and_carried_out_once(line: Line, model: ScriptedServer) -> None:
    ledger = line.home / "demo_shop.jsonl"
    first = submit(line, "Please cancel order SL-48895, I no longer need the rug")
    held = run_of(line, first)
    assert (held["agent"], held["action"], held["deliveries"]) == ("order_change", "hold", None)
    assert [reason["code"] for reason in held["reasons"]] == ["no_certificate"]
    proposal = held["proposal"]
    assert proposal["actions"][0]["provenance"] == {"order_id": "customer", "reason": "manifest"}
    assert proposal["usage"]["model_calls"] == 3
    assert entries(ledger) == []

    with line.database.transaction(line.tenant) as connection:
        reviews.approve(connection, line.tenant, held["decision"], by="mai", at=datetime.now(UTC), undo_seconds=0)
    line.drain()
    assert run_of(line, first)["deliveries"] == ["action sent", "reply sent"]
    assert [entry["order_id"] for entry in entries(ledger)] == ["SL-48895"]

    certify(line, held["fingerprint"])
    second = submit(line, "Please cancel my order SL-48940, ordered by mistake")
    automated = run_of(line, second)
    assert (automated["action"], automated["deliveries"]) == ("automate", ["action sent", "reply sent"])
    assert [entry["order_id"] for entry in entries(ledger)] == ["SL-48895", "SL-48940"]

    foreign = run_of(line, submit(line, "Please cancel order SL-48990, I no longer need it"))
    assert foreign["action"] == "hold"
    assert [reason["code"] for reason in foreign["reasons"]] == ["untrusted_argument"]
    assert foreign["reasons"][0]["values"] == {"action": "cancel_order", "argument": "order_id", "source": "ticket"}
    assert len(entries(ledger)) == 2
    assert all("authorization" in headers for headers, _ in model.requests)


def test_a_model_server_that_fails_leaves_the_ticket_to_a_person_without_its_words(
    line: Line, model: ScriptedServer
) -> None:
    secret = "sk-live-4242424242424242"
    body = {"error": {"message": f"invalid key {secret}", "code": "invalid_api_key"}}
    model.faults.extend([{"status": 401, "body": body}] * 20)
    try:
        ticket_id = submit(line, "Please cancel order SL-48914, I no longer need it")
    finally:
        model.faults.clear()
    attention = "SELECT count(*) FROM tickets WHERE id = :id AND attention <> ''"
    assert line.count(attention, id=ticket_id) == 1
    assert line.count("SELECT count(*) FROM deliveries WHERE ticket_id = :id", id=ticket_id) == 0
    with line.database.transaction(line.tenant) as connection:
        told = json.dumps([dict(row)["data"] for row in rows(connection, "SELECT data FROM events")], default=str)
    logs = "".join(path.read_text() for path in line.home.glob("*.log"))
    assert "refused the key" in told
    assert secret not in told + logs
