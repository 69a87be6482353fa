"""A language model's proposals through the whole line: real workers, a real HTTP client, a scripted model server."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
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


stumbles: list[Callable[[], None]] = []  # what happens once, while a model has answered its first call


def turn(body: Mapping[str, Any]) -> dict[str, Any]:
    """Play a model that looks the orders up, cancels the one that the message names, and answers."""
    asked = sum(message["role"] == "assistant" for message in body["messages"])
    text = next(message["content"] for message in body["messages"] if message["role"] == "user")
    if "Send goods back" in str(body["messages"][0]["content"]):
        return return_turn(text, asked)
    if "overcharged" in text and asked == 0 and stumbles:
        stumbles.pop()()
    named = re.findall(r"SL-\d+", text)[-1]
    if asked == 0:
        return {"call": "find_orders"}
    if asked == 1:
        return {"call": "cancel_order", "arguments": {"order_id": named, "reason": "no longer needed"}}
    return {"answer": {"reply": f"We are cancelling {named}. Sao La Living", "language": "en", "sure": 0.9}}


def return_turn(text: str, asked: int) -> dict[str, Any]:
    """Play a model that needs one write's result for the next: it books a return and sends the label of that return."""
    if "ship_label" in text:
        return {"answer": {"reply": "Your label is on its way.", "language": "en", "sure": 0.9}}
    if "book_return" in text:
        booked = re.findall(r"RT-\d+", text)[0]
        steps: list[dict[str, Any]] = [{"call": "ship_label", "arguments": {"return_id": booked}}]
    else:
        steps = [{"call": "my_orders"}, {"call": "book_return", "arguments": {"order_id": "SL-70001"}}]
    return [*steps, {"answer": {"reply": "", "language": "en", "sure": 0.9}}][asked]


RETURNS = """\
name: returns
summary: Books returns and sends their labels, for tests
owner: tests@example.com
engine: llm
tools:
  - {name: my_orders, verified_customer: true}
  - {name: book_return, effect: write, verified_customer: true, sinks: [order_id]}
  - {name: ship_label, effect: write, verified_customer: true, sinks: [return_id]}
may: [book_return, ship_label]
"""
RETURNS_TOOLS = '''
from agents.tools.python_tools import tool
from core.contracts import Customer
from core.errors import Rejected

@tool
def my_orders(customer: Customer) -> list[str]:
    """List the customer's orders."""
    return ["SL-70001"]

@tool
def book_return(order_id: str, *, customer: Customer, key: str) -> dict[str, str]:
    """Book the return of an order."""
    return {"return_id": "RT-5150" if customer.name else "RT-9999"}

@tool
def ship_label(return_id: str, *, customer: Customer, key: str) -> str:
    """Send the label of a booked return."""
    if return_id != "RT-5150":
        raise Rejected(f"{return_id} is not booked")
    return f"label for {return_id}"
'''
RETURNS_EXAMPLES = """# Returns
## send_back
### examples
- [en] I want to send the lamp back
- [en] How do I return my parcel?
- [en] Please book a return for my order
- [en] I would like to give the chair back
"""


def write_returns_agent(folder: Path) -> None:
    folder.mkdir()
    (folder / "prompt.md").write_text("Send goods back.")
    (folder / "agent.py").write_text(RETURNS_TOOLS)
    (folder / "examples.md").write_text(RETURNS_EXAMPLES)
    (folder / "cases.yaml").write_text("[]")
    (folder / "agent.yaml").write_text(RETURNS)


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
    write_returns_agent(folder / "returns")
    copies = [
        "Please send me a copy of the invoice",
        "I need my invoice again",
        "Invoice as PDF please",
        "Copy of bill",
    ]
    write_agent(folder, "invoices", {"invoice_copy": (copies, "Die Rechnung liegt in Ihrem Konto.")})
    for name, old, new in (
        ("answers.md", "### answer en", "### answer de"),
        ("agent.yaml", "languages: [en]", "languages: [de]\notherwise: order_change"),
    ):
        file = folder / "invoices" / name
        file.write_text(file.read_text().replace(old, new))
    return folder


@pytest.fixture(scope="module")
def line(running_line: Line) -> Line:
    """One tenant for both tests: training its classifier takes longer than they do."""
    running_line.new_tenant()
    return running_line


def submit(line: Line, text: str, *, name: str = "Oliver", drain: bool = True) -> UUID:
    ticket = NewTicket(
        text=text,
        received_at=datetime.now(UTC),
        customer_address=OLIVER if name else "lan@mail.example",
        customer_name=name,
        customer_verified=True,
        language="en",
    )
    with line.database.transaction(line.tenant) as connection:
        ticket_id = intake.add_ticket(connection, line.tenant, ticket)
    assert ticket_id is not None
    if drain:
        line.drain()
    return ticket_id


def run_of(line: Line, ticket_id: UUID) -> dict[str, Any]:
    with line.database.transaction(line.tenant) as connection:
        found = rows(
            connection,
            """SELECT r.agent, r.fingerprint, r.proposal, r.route, d.id AS decision, d.action, d.reasons,
                   (SELECT array_agg(effect || ' ' || state ORDER BY v.id) FROM deliveries v WHERE ticket_id = :id)
                       AS deliveries
               FROM runs r JOIN decisions d ON d.run_id = r.id JOIN work_items w ON w.id = r.work_item_id
               WHERE w.ticket_id = :id""",
            id=ticket_id,
        )
    assert len(found) == 1
    return dict(found[0])


def certify(line: Line, fingerprint: str, agent: str = "order_change") -> None:
    given = {"target": 0.95, "confidence": 0.95, "threshold": 0.0, "k": 300, "n": 300, "bound": 0.99}
    certificate = Certificate(id=new_id(), agent=agent, fingerprint=fingerprint, method="given by a test", **given)
    line.leave_certificates_alone()
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


def test_what_an_answers_agent_has_no_answer_to_goes_on_to_the_llm_agent_that_it_names(line: Line) -> None:
    found = run_of(line, submit(line, "Please send me a copy of the invoice for order SL-48895"))
    assert found["agent"] == "order_change"
    assert found["route"]["reason"] == "invoices: there is no approved answer in 'en' for 'invoice_copy'"


def test_what_a_failed_attempt_cost_is_counted_with_the_one_that_succeeds(line: Line, model: ScriptedServer) -> None:
    stumbles.append(lambda: model.faults.extend([{"status": 500}] * 3))
    ticket_id = submit(line, "Please cancel order SL-48895, I was overcharged and no longer need it")
    assert run_of(line, ticket_id)["proposal"]["usage"]["model_calls"] == 4
    with line.database.transaction(line.tenant) as connection:
        failed = rows(
            connection, "SELECT data FROM events WHERE kind = 'item.failed' AND ticket_id = :id", id=ticket_id
        )
    assert [row["data"]["model_calls"] for row in failed] == [1]
    assert failed[0]["data"]["input_tokens"] > 0
    calls = [(row["data"]["answered"], row["data"]["failed"]) for row in failed]
    assert calls == [({"openai:scripted": 1}, {"openai:scripted": 3})]  # told here, and not again by the run:
    with line.database.transaction(line.tenant) as connection:
        (ran,) = rows(
            connection, "SELECT data FROM events WHERE kind = 'run.recorded' AND ticket_id = :id", id=ticket_id
        )
    assert (ran["data"]["answered"], ran["data"].get("failed")) == ({"openai:scripted": 3}, None)


def turns_of(line: Line, ticket_id: UUID) -> list[dict[str, Any]]:
    """The turns of a ticket: their runs' actions, decisions and deliveries."""
    with line.database.transaction(line.tenant) as connection:
        found = rows(
            connection,
            """SELECT w.turn, w.state, d.action, d.id AS decision, r.fingerprint, r.route ->> 'agent' AS agent,
                   jsonb_path_query_array(r.proposal, '$.actions[*].name') AS actions,
                   (SELECT array_agg(effect || ' ' || v.state ORDER BY v.id) FROM deliveries v
                    WHERE v.decision_id = d.id) AS deliveries
               FROM work_items w LEFT JOIN runs r ON r.work_item_id = w.id LEFT JOIN decisions d ON d.run_id = r.id
               WHERE w.ticket_id = :id ORDER BY w.turn""",
            id=ticket_id,
        )
    return [dict(row) for row in found]


def test_a_chain_of_writes_passes_the_gate_link_by_link(line: Line) -> None:
    first = submit(line, "Please book a return for my order")
    [held] = turns_of(line, first)
    assert (held["agent"], held["action"], held["actions"]) == ("returns", "hold", ["book_return"])
    with line.database.transaction(line.tenant) as connection:
        reviews.approve(connection, line.tenant, held["decision"], by="mai", at=datetime.now(UTC), undo_seconds=0)
    line.drain()
    _, held = turns_of(line, first)
    assert (held["action"], held["actions"], held["state"]) == ("hold", ["ship_label"], "held")

    certify(line, held["fingerprint"], "returns")
    links = turns_of(line, submit(line, "I want to send the lamp back"))
    assert [(link["action"], link["actions"], link["deliveries"]) for link in links] == [
        ("automate", ["book_return"], ["action sent"]),
        ("automate", ["ship_label"], ["action sent"]),
        ("automate", [], ["reply sent"]),
    ]

    refused = turns_of(line, submit(line, "I would like to give the chair back", name=""))
    assert [(link["action"], link["deliveries"]) for link in refused] == [
        ("automate", ["action sent"]),
        ("automate", ["action refused"]),
        ("automate", ["reply sent"]),
    ]


@pytest.fixture(scope="module")
def certified_returns(line: Line) -> None:
    """What the agent of returns proposes goes out alone, whether or not a test before has seen to it."""
    first = turns_of(line, submit(line, "How do I return my parcel?"))[0]
    if first["action"] == "hold":
        certify(line, first["fingerprint"], "returns")


def while_the_model_is_asked(line: Line, model: ScriptedServer, text: str) -> UUID:
    """Submit a ticket and return while its model call is under way, for two seconds more."""
    asked = len(model.requests)
    model.faults.append({"hang": 2.0})
    ticket_id = submit(line, text, drain=False)
    line.wait(lambda: len(model.requests) > asked, 20, "the model is asked")
    return ticket_id


def replies(line: Line, ticket_id: UUID) -> int:
    return line.count("SELECT count(*) FROM messages WHERE ticket_id = :id AND author = 'agent'", id=ticket_id)


@pytest.mark.usefixtures("certified_returns")
def test_two_messages_while_a_run_is_under_way_lead_to_one_reply(line: Line, model: ScriptedServer) -> None:
    ticket_id = while_the_model_is_asked(line, model, "I want to send the lamp back")
    for text in ("How do I return my parcel?", "Please book a return for my order"):
        with line.database.transaction(line.tenant) as connection:
            intake.add_customer_message(connection, line.tenant, ticket_id, text, datetime.now(UTC))
    line.drain()
    turns = turns_of(line, ticket_id)
    assert [turn["state"] for turn in turns[:2]] == ["superseded", "superseded"]
    assert [turn["turn"] for turn in turns if turn["decision"]] == [3, 4, 5]
    assert replies(line, ticket_id) == 1
    told = """SELECT r.kind, r.proposal ->> 'reply' AS reply, (e.data ->> 'input_tokens')::int > 0 AS spent
              FROM events e JOIN runs r ON r.id = e.run_id JOIN work_items w ON w.id = r.work_item_id
              WHERE e.kind = 'run.recorded' AND w.ticket_id = :id AND w.turn = 1"""
    with line.database.transaction(line.tenant) as connection:
        spent = [dict(row) for row in rows(connection, told, id=ticket_id)]
    assert spent == [{"kind": "abstain", "reply": "", "spent": True}], "what the superseded run cost is counted"


@pytest.mark.usefixtures("certified_returns")
def test_a_person_who_takes_over_during_a_run_is_not_talked_over(line: Line, model: ScriptedServer) -> None:
    ticket_id = while_the_model_is_asked(line, model, "I want to send the lamp back")
    now = datetime.now(UTC)
    with line.database.transaction(line.tenant) as connection:
        reviews.take_over(connection, line.tenant, ticket_id, by="mai", at=now)
        intake.add_customer_message(connection, line.tenant, ticket_id, "Hello?", now)
    line.drain()
    assert line.count("SELECT count(*) FROM deliveries WHERE ticket_id = :id", id=ticket_id) == 0
    with line.database.transaction(line.tenant) as connection:
        reviews.hand_back(connection, line.tenant, ticket_id, by="mai", at=now)
        intake.add_customer_message(connection, line.tenant, ticket_id, "Please book a return for my order", now)
    line.drain()
    assert replies(line, ticket_id) == 1, "one reply to what waited and to what came at once after it"
