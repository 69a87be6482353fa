from multiprocessing import get_context
from pathlib import Path

import pytest

from agents.llm.settings import ModelSettings
from agents.tools.carry_out import carry_out
from agents.tools.ledger import entries, write_once
from core.contracts import ActionProposal
from core.errors import Broken
from tests.agents.llm.making import make_agent, make_item

SETTINGS = ModelSettings()
LEDGER_TOOL = '''
from pathlib import Path
from agents.tools.ledger import entries, write_once
from agents.tools.python_tools import tool
from core.errors import Rejected, TryLater

@tool
def cancel(order_id: str, *, key: str) -> dict:
    """Cancel an order."""
    if order_id == "late":
        raise TryLater("not now")
    if order_id == "gone":
        raise Rejected("already shipped")
    write_once(Path({path!r}), key, {{"order_id": order_id}})
    return {{"order_id": order_id, "status": "cancelled"}}
'''
TOOL = {"name": "cancel", "effect": "write", "sinks": ["order_id"]}


def action(order_id: object = "A-1", name: str = "cancel") -> ActionProposal:
    return ActionProposal(name=name, arguments={"order_id": order_id})


def test_an_action_is_carried_out_once_for_one_key(tmp_path: Path) -> None:
    ledger = tmp_path / "made" / "ledger.jsonl"
    agent = make_agent(tmp_path, source=LEDGER_TOOL.format(path=str(ledger)), tools=[TOOL])
    outcomes = [carry_out(agent, action(), key, settings=SETTINGS) for key in ("k1", "k1", "k2")]
    assert [(o.status, o.result) for o in outcomes] == [("done", '{"order_id": "A-1", "status": "cancelled"}')] * 3
    assert [entry["key"] for entry in entries(ledger)] == ["k1", "k2"]


def test_a_refusal_is_an_outcome_with_its_reason(tmp_path: Path) -> None:
    agent = make_agent(tmp_path, source=LEDGER_TOOL.format(path="x"), tools=[TOOL])
    outcome = carry_out(agent, action("gone"), "k", settings=SETTINGS)
    assert (outcome.status, outcome.result) == ("refused", "already shipped")
    assert carry_out(agent, action(5), "k", settings=SETTINGS).status == "refused"


def test_what_was_not_let_through_is_not_carried_out(tmp_path: Path) -> None:
    agent = make_agent(tmp_path)
    with pytest.raises(Broken, match="no action"):
        carry_out(agent, action(name="read_page"), "k", settings=SETTINGS)
    with pytest.raises(Broken, match="idempotency key"):
        carry_out(agent, action(), "", settings=SETTINGS)


def test_the_customer_is_handed_to_a_tool_that_asks_for_one(tmp_path: Path) -> None:
    source = LEDGER_TOOL.format(path="x") + (
        "\n@tool\ndef greet(customer: object, *, key: str) -> str:\n    'Greet.'\n    return customer.name\n"
    )
    tool = {"name": "greet", "effect": "write"}
    agent = make_agent(tmp_path, source=source, tools=[tool], may=["greet"])
    greet = ActionProposal(name="greet")
    assert carry_out(agent, greet, "k", customer=make_item().customer, settings=SETTINGS).result == "Ana Ruiz"
    assert carry_out(agent, greet, "k", settings=SETTINGS).status == "refused"


def _write_all(path: Path) -> None:
    for number in range(25):
        write_once(path, f"key-{number}", {"number": number})


def test_processes_that_write_the_same_keys_at_once_write_each_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    workers = [get_context("fork").Process(target=_write_all, args=(path,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(entry["number"] for entry in entries(path)) == list(range(25))


def test_a_line_that_a_crash_cut_never_happened(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write_once(path, "a", {})
    with path.open("a") as file:
        file.write('{"key": "b", "hal')
    assert [entry["key"] for entry in entries(path)] == ["a"]
    assert write_once(path, "b", {"whole": True})
    assert [entry["key"] for entry in entries(path)] == ["a", "b"]
