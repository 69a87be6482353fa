"""Tools that are operations of an OpenAPI 3 file in the agent's folder: `source: openapi:shop.yaml#cancelOrder`.

An argument is a parameter of the operation or a property of its JSON body. The server is the file's first one; the
Authorization header comes from SAOLA_TOOL_HEADERS by the server's origin. Redirects are not followed, so that the
header cannot travel. A write sends its key as Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from agents.contract import Agent
from agents.manifest import Tool
from agents.tools.bound import BoundTool, Caller, short
from core.errors import Broken, Rejected, TryLater

_METHODS = ("get", "put", "post", "delete", "patch")
MOST_PARTS = 20_000
_RESERVED = {"authorization", "cookie", "host", "idempotency-key"}  # headers that no model fills in
_LATER = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class _Operation:
    method: str
    url: str
    description: str
    schema: Mapping[str, Any]
    places: Mapping[str, str]  # argument -> path, query, header or body


def bind_openapi(agent: Agent, declared: Tool, headers: Mapping[str, str]) -> BoundTool:
    """Return the operation that `declared.source` names. Raises Broken, naming the file, where there is none."""
    name, separator, operation_id = declared.source.removeprefix("openapi:").partition("#")
    path = (agent.folder / name).resolve()
    if not separator or not operation_id:
        raise Broken(f"{agent.folder}/agent.yaml: {declared.source!r} must be written openapi:FILE#operationId")
    if not path.is_relative_to(agent.folder.resolve()):
        raise Broken(f"{agent.folder}/agent.yaml: {name!r} lies outside the agent's folder")
    operation = _operation(path, agent.version, operation_id)

    def call(arguments: dict[str, Any], caller: Caller) -> Any:
        return _send(operation, declared, arguments, caller, headers)

    description = declared.description or operation.description
    return BoundTool(declared=declared, description=description, schema=operation.schema, call=call)


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(follow_redirects=False)


def _send(
    operation: _Operation, declared: Tool, arguments: Mapping[str, Any], caller: Caller, headers: Mapping[str, str]
) -> Any:
    url, query, sent, body = operation.url, {}, {}, {}
    for name, value in arguments.items():
        place = operation.places[name]
        if place == "path":
            text = str(value)
            if text in ("", ".", ".."):  # quoting leaves dots alone, and they would name another resource
                raise Rejected(f"{declared.name}: {name} cannot be {text!r}", code="arguments")
            url = url.replace("{" + name + "}", quote(text, safe=""))
        elif place == "query":
            query[name] = value
        elif place == "header":
            sent[name] = str(value)
        else:
            body[name] = value
    parts = urlsplit(operation.url)
    if authorization := headers.get(f"{parts.scheme}://{parts.netloc}"):
        sent["Authorization"] = authorization
    if caller.key:
        sent["Idempotency-Key"] = f'"{caller.key}"'
    has_body = "body" in operation.places.values()
    try:
        response = _client().request(
            operation.method, url, params=query, headers=sent, json=body if has_body else None, timeout=caller.seconds
        )
    except httpx.HTTPError as error:
        raise TryLater(f"{declared.name}: {parts.netloc} cannot be reached ({type(error).__name__})") from None
    return _result(declared, response)


def _result(declared: Tool, response: httpx.Response) -> Any:
    if response.status_code in _LATER:
        after = response.headers.get("retry-after", "")
        raise TryLater(f"{declared.name}: HTTP {response.status_code}", after=float(after) if after.isdigit() else None)
    if response.status_code in (401, 403):
        raise Broken(f"{declared.name}: HTTP {response.status_code}; check SAOLA_TOOL_HEADERS for this server")
    if response.status_code >= 300:
        raise Rejected(f"{declared.name}: HTTP {response.status_code} {short(response.text)}", code="refused")
    if "json" not in response.headers.get("content-type", ""):
        return response.text
    try:
        return response.json()
    except ValueError:
        raise TryLater(f"{declared.name}: the answer is not the JSON that it says it is") from None


@lru_cache(maxsize=256)
def _operation(path: Path, version: str, operation_id: str) -> _Operation:
    document = _document(path, version)
    for route, item in document.get("paths", {}).items():
        for method in _METHODS:
            operation = item.get(method)
            if operation and operation.get("operationId") == operation_id:
                return _converted(path, document, route, method, item, operation)
    raise Broken(f"{path}: no operation {operation_id!r}")


@lru_cache(maxsize=64)
def _document(path: Path, version: str) -> dict[str, Any]:  # noqa: ARG001 - the version is part of the cache's key
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))  # JSON is YAML too
    except (OSError, YAMLError) as error:
        raise Broken(f"{path}: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3"):
        raise Broken(f"{path}: not an OpenAPI 3 file")
    return document


def _converted(
    path: Path, document: dict[str, Any], route: str, method: str, item: dict[str, Any], operation: dict[str, Any]
) -> _Operation:
    servers = operation.get("servers") or item.get("servers") or document.get("servers") or [{}]
    server = str(servers[0].get("url", ""))
    if not server.startswith(("http://", "https://")):
        raise Broken(f"{path}: the first server must be an absolute http or https URL")
    properties: dict[str, Any] = {}
    places: dict[str, str] = {}
    required: list[str] = []

    def add(name: str, schema: Any, place: str, needed: bool) -> None:
        if name in properties:
            raise Broken(f"{path}: {operation['operationId']} has {name!r} in both {places[name]} and {place}")
        properties[name], places[name] = schema, place
        if needed:
            required.append(name)

    for raw in [*item.get("parameters", ()), *operation.get("parameters", ())]:
        parameter = inlined(document, raw)
        if parameter["in"] == "header" and parameter["name"].lower() in _RESERVED:
            continue
        if parameter["in"] in ("path", "query", "header"):
            schema = {"description": parameter.get("description", ""), **parameter.get("schema", {})}
            add(parameter["name"], schema, parameter["in"], parameter.get("required", False))
    content = inlined(document, operation.get("requestBody", {})).get("content", {})
    if content:
        schema = content.get("application/json", {}).get("schema", {})
        if schema.get("type") != "object":
            raise Broken(f"{path}: the body of {operation['operationId']} is not a JSON object")
        for name, inner in schema.get("properties", {}).items():
            add(name, inner, "body", name in schema.get("required", ()))
    if undeclared := set(re.findall(r"\{([^{}]+)\}", route)) - {name for name, one in places.items() if one == "path"}:
        raise Broken(f"{path}: the path of {operation['operationId']} has {sorted(undeclared)[0]!r}, declared nowhere")
    full = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    text = operation.get("description") or operation.get("summary") or operation["operationId"]
    return _Operation(method.upper(), server.rstrip("/") + route, text, full, places)


def inlined(document: Mapping[str, Any], value: Any) -> Any:
    """Return `value` with the document's own `$ref`s replaced by what they name; inside a schema that holds itself,
    anything goes. Raises Broken on a reference that leads nowhere or to another file, and on one that grows without
    end."""
    return _Inliner(document).inlined(value, ())


class _Inliner:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._left = MOST_PARTS

    def inlined(self, value: Any, within: tuple[str, ...]) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Broken(f"the references of this file unfold to more than {MOST_PARTS:,} parts")
        if isinstance(value, list):
            return [self.inlined(part, within) for part in value]
        if not isinstance(value, dict):
            return value
        if isinstance(reference := value.get("$ref"), str):
            if reference in within:
                return {}
            return self.inlined(self._named(reference), (*within, reference))
        return {key: self.inlined(part, within) for key, part in value.items()}

    def _named(self, reference: str) -> Any:
        found: Any = self._document
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if found is None or not reference.startswith("#/"):
            raise Broken(f"$ref {reference!r} leads nowhere in this file")
        return found
