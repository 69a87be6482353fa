"""MCP tools against a real MCP server over HTTP, of the reference SDK."""

import io
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mcp.server.mcpserver import Context, MCPServer

from agents.contract import Agent
from agents.engines.llm import LlmEngine
from agents.llm.scripted import scripted_chain
from agents.llm.settings import ModelSettings
from agents.tools import mcp_tools
from agents.tools.bind import bind
from agents.tools.bound import Caller
from agents.tools.carry_out import carry_out
from core.contracts import ActionProposal
from core.errors import Broken, Rejected, TryLater
from tests.agents.llm.making import answer, make_agent, make_context, make_item

CALLS: list[tuple[Any, ...]] = []


def make_server() -> MCPServer:
    server = MCPServer("shop")

    @server.tool()
    def stock(sku: str) -> dict[str, int]:
        """How many there are."""
        if sku == "none":
            raise ValueError("no such sku")
        return {"left": 17}

    @server.tool()
    def reserve(sku: str, idempotency_key: str) -> str:
        """Reserve one."""
        CALLS.append((sku, idempotency_key))
        return f"reserved {sku}"

    @server.tool()
    def note(text: str, context: Context[Any, Any]) -> str:
        """Write a note."""
        meta = context.request_context.meta or {}
        CALLS.append((text, dict(meta).get("idempotency_key")))
        return "noted"

    return server


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = make_server().streamable_http_app()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + 10
    while not server.started and time.monotonic() < ends:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/mcp"
    server.should_exit = True
    thread.join(5)


def mcp_agent(folder: Path, url: str) -> Agent:
    tools = [
        {"name": "stock", "source": f"mcp:{url}"},
        {"name": "reserve_item", "effect": "write", "source": f"mcp:{url}#reserve", "sinks": ["sku"]},
        {"name": "note", "effect": "write", "source": f"mcp:{url}"},
    ]
    return make_agent(folder, tools=tools, may=["reserve_item", "note"])


def test_a_read_runs_and_a_write_is_proposed_then_carried_out_once(tmp_path: Path, url: str) -> None:
    agent = mcp_agent(tmp_path, url)
    script = [
        {"call": "stock", "arguments": {"sku": "LAMP-2041"}},
        {"call": "reserve_item", "arguments": {"sku": "LAMP-2041"}},
        answer("There are 17 left; we reserve one."),
    ]
    engine = LlmEngine(ModelSettings(), chain=lambda *_: scripted_chain(script))
    proposal = engine.run(agent, make_item("Reserve LAMP-2041"), make_context())
    assert CALLS == []
    assert proposal.signals["support"] == 1.0
    assert [(a.name, a.provenance) for a in proposal.actions] == [("reserve_item", {"sku": "ticket"})]
    outcome = carry_out(agent, proposal.actions[0], "delivery-7", settings=ModelSettings())
    assert (outcome.status, outcome.result) == ("done", '{"result": "reserved LAMP-2041"}')
    carry_out(agent, ActionProposal(name="note", arguments={"text": "hi"}), "delivery-8", settings=ModelSettings())
    assert CALLS == [("LAMP-2041", "delivery-7"), ("hi", "delivery-8")]


def test_the_key_is_hidden_from_the_model(tmp_path: Path, url: str) -> None:
    agent = mcp_agent(tmp_path, url)
    schema = bind(agent, agent.manifest.tools[1], {}).schema
    assert list(schema["properties"]) == ["sku"] == schema["required"]


def test_a_tools_own_refusal_goes_back_to_the_model(tmp_path: Path, url: str) -> None:
    from agents.tools.bound import Caller

    agent = mcp_agent(tmp_path, url)
    with pytest.raises(Rejected, match="stock"):
        bind(agent, agent.manifest.tools[0], {}).call({"sku": "none"}, Caller(seconds=5))


def test_a_server_that_is_down_is_tried_later(tmp_path: Path) -> None:
    agent = mcp_agent(tmp_path, "http://127.0.0.1:1/mcp")
    with pytest.raises(TryLater, match="did not answer"):
        mcp_tools.bind_mcp(agent, agent.manifest.tools[0], {}, seconds=2)


def test_a_tool_that_the_server_does_not_have_is_named(tmp_path: Path, url: str) -> None:
    agent = make_agent(tmp_path, tools=[{"name": "nothing", "source": f"mcp:{url}"}])
    with pytest.raises(Broken, match="has no tool 'nothing'"):
        bind(agent, agent.manifest.tools[0], {})


STDIO = """
import os
from pathlib import Path
from mcp.server.mcpserver import MCPServer

server = MCPServer("desk")

@server.tool()
def where() -> dict[str, object]:
    \"\"\"Where it runs, and what it sees of Saola.\"\"\"
    return {"folder": os.getcwd(), "seen": [name for name in os.environ if name.startswith("SAOLA")]}

@server.tool()
def reserve(sku: str, idempotency_key: str) -> str:
    \"\"\"Reserve one.\"\"\"
    Path("reserved").write_text(f"{sku} {idempotency_key}")
    return f"reserved {sku}"

server.run("stdio")
"""


def test_a_server_that_is_a_command_runs_in_the_agents_folder_without_saolas_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAOLA_SECRET", "not for tools")
    (tmp_path / "server.py").write_text(STDIO)
    source = f"mcp:stdio:{sys.executable} server.py"
    tools = [
        {"name": "where", "source": source},
        {"name": "take", "effect": "write", "source": f"{source}#reserve", "sinks": ["sku"]},
    ]
    agent = make_agent(tmp_path, tools=tools, may=["take"])
    found = bind(agent, agent.manifest.tools[0], {}).call({}, Caller(seconds=60))
    assert found == {"folder": str(tmp_path), "seen": []}
    action = ActionProposal(name="take", arguments={"sku": "A-1"})
    done = carry_out(agent, action, "key-1", settings=ModelSettings(), seconds=60)
    assert (done.status, (tmp_path / "reserved").read_text()) == ("done", "A-1 key-1")


def test_a_command_starts_where_standard_error_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery's workers put a logger in its place."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    (tmp_path / "server.py").write_text(STDIO)
    agent = make_agent(tmp_path, tools=[{"name": "where", "source": f"mcp:stdio:{sys.executable} server.py"}])
    found = bind(agent, agent.manifest.tools[0], {}).call({}, Caller(seconds=60))
    assert found["folder"] == str(tmp_path)
