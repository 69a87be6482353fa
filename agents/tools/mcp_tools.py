"""Tools of an MCP server over HTTP: `source: mcp:https://tools.example/mcp`, or `...mcp#remote_name`; or of a server
that is a command and speaks over its standard input and output: `source: mcp:stdio:python server.py#remote_name`. The
command runs in the agent's folder, is started for each call, and sees none of Saola's environment.

The FastMCP client is used directly, not LangChain's adapter around it: the adapter answers a server's questions to the
user (elicitation) with a LangGraph interrupt, and an agent that only proposes has nobody to ask. Needs the extra `mcp`.
A write gets its key as the argument `idempotency_key` where the server's tool has one, and in the call's metadata.
"""

import asyncio
import shlex
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import structlog

from agents.contract import Agent
from agents.manifest import Tool
from agents.tools.bound import BoundTool, Caller, short
from core.errors import Broken, Rejected, TryLater

if TYPE_CHECKING:
    from mcp_types import Tool as RemoteTool

_log = structlog.get_logger()
_KEY = "idempotency_key"
_FRESH_SECONDS = 300.0
_STDIO = "stdio:"
START_SECONDS = 60.0  # for a command to start and to name its tools


class _Server(NamedTuple):
    """A server: its URL or command, the Authorization header that it gets, and the folder in which a command runs."""

    place: str
    authorization: str
    folder: str


_listed: dict[_Server, tuple[float, "dict[str, RemoteTool]"]] = {}
_lock = threading.Lock()


def bind_mcp(agent: Agent, declared: Tool, headers: Mapping[str, str], seconds: float = 10.0) -> BoundTool:
    """Return the remote tool that `declared.source` names. The server is asked for its tools once in five minutes.

    Raises TryLater where the server cannot be reached within `seconds` (a command: a minute),
    Broken where it has no such tool.
    """
    place, _, remote_name = declared.source.removeprefix("mcp:").partition("#")
    if not place.startswith(("http://", "https://", _STDIO)):
        told = "must be written mcp:URL or mcp:stdio:COMMAND, with #tool where it has another name there"
        raise Broken(f"{agent.folder}/agent.yaml: {declared.source!r} {told}")
    parts = urlsplit(place)
    server = _Server(place, headers.get(f"{parts.scheme}://{parts.netloc}", ""), str(agent.folder))
    remote_name = remote_name or declared.name
    remote = _tools(server, START_SECONDS if place.startswith(_STDIO) else seconds).get(remote_name)
    if remote is None:
        raise Broken(f"{agent.folder}/agent.yaml: the MCP server {place} has no tool {remote_name!r}")
    schema = dict(remote.input_schema)
    takes_key = _KEY in schema.get("properties", {})
    if takes_key:  # filled in here, never by a model
        schema["properties"] = {name: part for name, part in schema["properties"].items() if name != _KEY}
        schema["required"] = [name for name in schema.get("required", ()) if name != _KEY]

    def call(arguments: dict[str, Any], caller: Caller) -> Any:
        sent = {**arguments, _KEY: caller.key} if takes_key and caller.key else arguments
        meta = {_KEY: caller.key} if caller.key else None
        return _run(_call(server, remote_name, sent, meta, caller.seconds), server, caller.seconds)

    description = declared.description or remote.description or remote_name
    return BoundTool(declared=declared, description=description, schema=schema, call=call)


def _tools(server: _Server, seconds: float) -> "dict[str, RemoteTool]":
    with _lock:
        at, tools = _listed.get(server, (0.0, {}))
    if not tools or time.monotonic() - at > _FRESH_SECONDS:
        tools = _run(_list(server, seconds), server, seconds)
        with _lock:
            _listed[server] = (time.monotonic(), tools)
    return tools


def _client(server: _Server, seconds: float) -> Any:
    try:
        from fastmcp.client import Client
        from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport
    except ImportError:
        raise Broken("an agent uses MCP tools, which need the extra: pip install 'saola[mcp]'") from None
    transport: ClientTransport
    if server.place.startswith(_STDIO):
        command, *arguments = shlex.split(server.place.removeprefix(_STDIO))
        # Not sys.stderr: in a Celery worker that is a logger, without a descriptor that a command could inherit.
        transport = StdioTransport(command, arguments, cwd=server.folder, keep_alive=False, log_file=sys.__stderr__)
    else:
        headers = {"Authorization": server.authorization} if server.authorization else {}
        transport = StreamableHttpTransport(server.place, headers=headers)
    return Client(transport, timeout=seconds, init_timeout=seconds)


async def _list(server: _Server, seconds: float) -> "dict[str, RemoteTool]":
    async with _client(server, seconds) as client:
        return {tool.name: tool for tool in await client.list_tools()}


async def _call(
    server: _Server, name: str, arguments: dict[str, Any], meta: dict[str, Any] | None, seconds: float
) -> Any:
    async with _client(server, seconds) as client:
        result = await client.call_tool(name, arguments, meta=meta, raise_on_error=False)
    text = "\n".join(block.text for block in result.content if getattr(block, "type", "") == "text")
    if result.is_error:
        raise Rejected(f"{name}: {short(text)}", code="refused")
    return result.structured_content if result.structured_content is not None else text


def _run(work: Any, server: _Server, seconds: float) -> Any:
    """Run MCP's async client to its end, in `seconds` at most, in a thread of its own: the caller's may have a loop."""

    async def bounded() -> Any:
        async with asyncio.timeout(seconds):
            return await work

    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(bounded())).result()
    except (Broken, Rejected):
        raise
    except Exception as error:  # transports raise their own kinds, also in groups
        _log.warning("mcp.unreachable", server=server.place, why=short(str(error)))
        raise TryLater(f"the MCP server {server.place} did not answer ({type(error).__name__})") from None
