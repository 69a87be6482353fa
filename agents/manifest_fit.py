"""What a manifest's keys must be to each other and to the files beside it: told when the folder is read, not on the
first ticket."""

import re
from collections.abc import Iterator, Mapping, Set
from posixpath import normpath

from agents.manifest import Manifest, Tool
from agents.yaml_errors import Path, near

_LANGUAGE = re.compile(r"[a-z]{2,3}$")
_SOURCES = "knowledge, openapi:FILE#operationId, mcp:URL or mcp:stdio:COMMAND"
_MCP = ("mcp:http://", "mcp:https://", "mcp:stdio:")


def unfit(manifest: Manifest, folder: str, names: Set[str]) -> Iterator[tuple[Path, str]]:
    """Yield what does not fit together, each with the place of its key; `names` are the files of the folder."""
    if manifest.name != folder:
        yield ("name",), f"the name {manifest.name!r} must equal the folder's, {folder!r}"
    if manifest.otherwise and manifest.engine != "answers":
        yield ("otherwise",), "otherwise: is for the engine 'answers', whose approved answers are asked first"
    if manifest.larger and manifest.engine != "llm":
        yield ("larger",), "larger: is for the engine 'llm'"
    if manifest.engine == "extract" and manifest.kind != "processor":
        yield ("engine",), "the engine 'extract' reads documents: write kind: processor"
    if manifest.base_url and not manifest.base_url.startswith(("http://", "https://")):
        yield ("base_url",), f"base_url: {manifest.base_url!r} must begin with http:// or https://"
    for number, language in enumerate(manifest.languages):
        if not _LANGUAGE.match(language):
            yield ("languages", number), f"languages: {language!r} is no language code, such as en, vi or de"
    yield from _models(manifest)
    for number, tool in enumerate(manifest.tools):
        first = next(one for one in manifest.tools if one.name == tool.name)
        if first is not tool:
            yield ("tools", number), f"the tool {tool.name!r} stands here a second time"
        yield from ((("tools", number), told) for told in _tool(tool, names))
    yield from _may(manifest)


def unfit_others(manifest: Manifest, agents: Mapping[str, Manifest]) -> Iterator[tuple[Path, str]]:
    """Yield what the manifest says of other agents that is not so. It stays in service all the same: folders come and
    go one by one, and until the other fits, what was meant for it goes to a person."""
    if not manifest.otherwise:
        return
    other = agents.get(manifest.otherwise)
    if other is None:
        fit = [name for name, one in agents.items() if one.engine == "llm"]
        hint = near(manifest.otherwise, fit) if fit else ""
        yield ("otherwise",), f"otherwise: no agent {manifest.otherwise!r} is in service{hint}"
    elif other.engine != "llm":
        yield ("otherwise",), f"otherwise: {other.name!r} has the engine {other.engine!r}, and must have 'llm'"
    elif other.tier == "off":
        yield ("otherwise",), f"otherwise: {other.name!r} is at tier: off, so what goes on to it goes to a person"


def _models(manifest: Manifest) -> Iterator[tuple[Path, str]]:
    named = [("model", manifest.model)]
    if manifest.larger:
        named.append(("larger", manifest.larger.model))
    for key, value in named:
        for name in (value,) if isinstance(value, str) else value:
            provider, _, model = name.partition(":")
            if name and not (provider and model):
                yield (key,), f"{key}: {name!r} must be written provider:name, such as openai:gpt-5-mini"


def _tool(tool: Tool, names: Set[str]) -> Iterator[str]:
    kind, _, rest = tool.source.partition(":")
    if tool.source == "python" and "agent.py" not in names:
        yield f"the tool {tool.name!r} is a function of agent.py, which is missing: write it, or say source: {_SOURCES}"
    elif kind == "openapi":
        file, _, operation = rest.partition("#")
        if not operation:
            yield f"source: {tool.source!r} must be written openapi:FILE#operationId"
        elif normpath(file) not in names:
            yield f"source: the file {file!r} is not in the folder"
    elif tool.source not in {"python", "knowledge"} and not tool.source.startswith(_MCP):
        yield f"source: {tool.source!r} is not known: write python, {_SOURCES}"
    # Whoever names sinks or a confirmation means a write, and a read would be carried out during the run.
    if tool.effect == "read" and (tool.sinks or tool.confirm):
        key = "sinks" if tool.sinks else "confirm"
        yield f"the tool {tool.name!r} has {key}: and only reads: write effect: write, or take {key}: out"


def _may(manifest: Manifest) -> Iterator[tuple[Path, str]]:
    writes = [tool.name for tool in manifest.tools if tool.effect == "write"]
    for number, name in enumerate(manifest.may):
        if name not in writes:
            hint = near(name, writes) if writes else ""
            yield ("may", number), f"may: no tool {name!r} with effect: write stands under tools:{hint}"
    for number, tool in enumerate(manifest.tools):
        if tool.effect == "write" and tool.name not in manifest.may:
            yield ("tools", number), f"the tool {tool.name!r} writes, and may: does not allow it: add it there"
