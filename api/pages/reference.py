"""/docs: the API's own description as a page, with an example call for each operation; nothing comes from elsewhere."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from api.pages.render import bare_page

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def reference(request: Request) -> Response:
    """Return the reference, open to everybody as openapi.json is."""
    schema = request.app.openapi()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            made = {
                "id": operation["operationId"],
                "method": method.upper(),
                "path": path,
                "summary": operation.get("summary", ""),
                "description": operation.get("description", ""),
                "parameters": [{"description": "", **one} for one in operation.get("parameters", [])],
                "call": example(method.upper(), path, operation, schema, str(request.base_url).rstrip("/")),
            }
            groups.setdefault(operation["tags"][0], []).append(made)
    return bare_page(request, "reference.html", groups=groups, about=schema["info"]["description"])


def example(method: str, path: str, operation: dict[str, Any], schema: dict[str, Any], base: str) -> str:
    """Return a call by curl that works once names in braces, as in {ticket_id}, are replaced by what is there."""
    needed = [one for one in operation.get("parameters", ()) if one["in"] == "query" and one.get("required")]
    query = "&".join(f"{one['name']}={{{one['name']}}}" for one in needed)
    return _call(base, method, f"{path}?{query}" if query else path, _body(operation, schema))


def _body(operation: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return an example of the JSON body, None where the operation takes none."""
    content = operation.get("requestBody", {}).get("content", {})
    return _example(content["application/json"]["schema"], schema) if "application/json" in content else None


def _example(part: dict[str, Any], schema: dict[str, Any], name: str = "") -> Any:
    """Return a small example of a schema: its required members, and those with an example; ids as names in braces."""
    while "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
    if part.get("examples"):
        return part["examples"][0]
    for choice in part.get("anyOf", []):
        if choice.get("type") != "null":
            return _example(choice, schema, name)
    if part.get("type") == "object" or "properties" in part:
        required = part.get("required", [])
        wanted = {n: p for n, p in part.get("properties", {}).items() if n in required or p.get("examples")}
        return {name: _example(value, schema, name) for name, value in wanted.items()}
    if part.get("type") == "array":
        return [{"text": "I lost my card, please block it."}] if part.get("items") == {} else []
    if part.get("format") == "uuid":
        return f"{{{name}}}"
    if part.get("enum"):
        return part["enum"][0]
    return {"boolean": True, "integer": 1, "number": 0.95}.get(part.get("type", ""), "text")


def _call(base: str, method: str, path: str, body: Any) -> str:
    address = f"'{base}{path}'" if "?" in path else f"{base}{path}"
    words = ["curl" if method == "GET" else f"curl -X {method}", address, '-H "Authorization: Bearer $KEY"']
    if body is not None:
        words += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    elif (method, path) == ("POST", "/v1/documents"):
        words += ["-F file=@invoice.pdf"]
    return " \\\n  ".join(words)
