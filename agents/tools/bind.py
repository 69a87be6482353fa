"""From the tools that agent.yaml declares to tools that can be called."""

from collections.abc import Mapping

from agents.contract import Agent
from agents.manifest import Tool
from agents.tools.bound import BoundTool
from agents.tools.mcp_tools import bind_mcp
from agents.tools.openapi_tools import bind_openapi
from agents.tools.python_tools import bind_python
from core.errors import Broken


def bind(agent: Agent, declared: Tool, headers: Mapping[str, str]) -> BoundTool:
    """Return what `declared` stands for. `headers` maps a server's origin to the Authorization header sent there.

    Raises Broken where the declaration and its source do not agree, TryLater where an MCP server cannot be asked.
    """
    if declared.source == "python":
        bound = bind_python(agent, declared)
    elif declared.source.startswith("openapi:"):
        bound = bind_openapi(agent, declared, headers)
    elif declared.source.startswith("mcp:"):
        bound = bind_mcp(agent, declared, headers)
    else:
        raise Broken(f"{agent.folder}/agent.yaml: tool {declared.name} has the unknown source {declared.source!r}")
    unknown = [sink for sink in declared.sinks if sink not in bound.schema.get("properties", {})]
    if unknown:
        raise Broken(f"{agent.folder}/agent.yaml: {declared.name} has no argument {unknown[0]!r}, named as a sink")
    return bound


def write_tool(agent: Agent, name: str, headers: Mapping[str, str]) -> BoundTool:
    """Return the bound tool of an action that the agent may propose. Raises Broken where it may not."""
    declared = next((tool for tool in agent.manifest.tools if tool.name == name and tool.effect == "write"), None)
    if declared is None or name not in agent.manifest.may:
        raise Broken(f"agent {agent.manifest.name} has no action {name!r} that it may propose")
    return bind(agent, declared, headers)
