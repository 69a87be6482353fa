from pathlib import Path

import pytest

from agents.tools.bind import bind, write_tool
from agents.tools.bound import Caller
from core.contracts import Customer
from core.errors import Broken, NeedsHuman, Rejected
from tests.agents.llm.making import TOOLS, make_agent, make_item

HEAD = "from agents.tools.python_tools import tool\n\n"


def call(folder: Path, name: str, arguments: dict[str, object], caller: Caller | None = None) -> object:
    agent = make_agent(folder)
    declared = next(tool for tool in agent.manifest.tools if tool.name == name)
    return bind(agent, declared, {}).call(dict(arguments), caller or Caller())


def customer() -> Customer:
    found = make_item().customer
    assert found is not None
    return found


def test_the_customer_and_the_key_are_filled_in_and_hidden_from_the_model(tmp_path: Path) -> None:
    agent = make_agent(tmp_path)
    schemas = {tool.name: bind(agent, tool, {}).schema for tool in agent.manifest.tools}
    assert schemas["my_orders"]["properties"] == {}
    assert set(schemas["cancel"]["properties"]) == {"order_id", "note"}
    assert call(tmp_path, "cancel", {"order_id": "A-1"}, Caller(key="k1")) == "cancelled A-1 under k1"
    assert "orders" in str(call(tmp_path, "my_orders", {}, Caller(customer=customer())))


def test_a_model_cannot_fill_in_the_customer_itself(tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        call(tmp_path, "my_orders", {"customer": {"address": "victim@mail.example"}}, Caller(customer=customer()))
    with pytest.raises(NeedsHuman):
        call(tmp_path, "my_orders", {})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def cancel(:", r"agent\.py:1: SyntaxError"),
        (HEAD + "1 / 0", r"agent\.py:3: ZeroDivisionError"),
        (HEAD + "def cancel(order_id: str, *, key: str) -> str:\n    'doc'", "no function 'cancel' marked with @tool"),
        (HEAD + "@tool\ndef cancel(order_id: str) -> str:\n    'doc'", "must take `key: str`"),
        (HEAD + "@tool\ndef cancel(order_id, *, key: str) -> str:\n    'doc'", "'order_id' of cancel has no type"),
        (HEAD + "@tool\ndef cancel(order_id: str, *, key: str) -> str:\n    return ''", "has no docstring"),
    ],
)
def test_a_wrong_agent_py_is_refused_with_file_and_reason(tmp_path: Path, source: str, words: str) -> None:
    agent = make_agent(tmp_path, source=source)
    with pytest.raises(Broken, match=words) as caught:
        bind(agent, agent.manifest.tools[2], {})
    assert str(tmp_path) in str(caught.value)


def test_two_versions_of_one_agent_do_not_share_their_module(tmp_path: Path) -> None:
    old, new = make_agent(tmp_path), make_agent(tmp_path, source=TOOLS.replace("cancelled", "annulled"))
    results = [bind(a, a.manifest.tools[2], {}).call({"order_id": "A"}, Caller(key="k")) for a in (new, old)]
    assert results == ["annulled A under k", "cancelled A under k"]


def test_nothing_is_left_beside_the_agents_files(tmp_path: Path) -> None:
    call(tmp_path, "cancel", {"order_id": "A-1"}, Caller(key="k1"))
    assert list(tmp_path.iterdir()) == []


def test_a_sink_that_the_tool_does_not_have_is_a_mistake_in_the_manifest(tmp_path: Path) -> None:
    agent = make_agent(tmp_path, tools=[{"name": "cancel", "effect": "write", "sinks": ["order"]}])
    with pytest.raises(Broken, match="no argument 'order', named as a sink"):
        bind(agent, agent.manifest.tools[0], {})


def test_an_action_that_the_agent_may_not_propose_has_no_tool(tmp_path: Path) -> None:
    for agent, name in ((make_agent(tmp_path, may=[]), "cancel"), (make_agent(tmp_path), "read_page")):
        with pytest.raises(Broken, match="no action"):
            write_tool(agent, name, {})
