import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from agents.contract import Agent
from agents.tools.bind import bind
from agents.tools.bound import Caller
from core.errors import Broken, Rejected, TryLater
from tests.agents.llm.making import make_agent

SHOP = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "URL/api"}]
components:
  parameters:
    Order: {name: order_id, in: path, required: true, schema: {type: string}, description: the order's number}
  schemas:
    Line:
      type: object
      properties: {sku: {type: string}, parts: {type: array, items: {$ref: "#/components/schemas/Line"}}}
paths:
  /orders/{order_id}:
    parameters: [{$ref: "#/components/parameters/Order"}]
    get:
      operationId: getOrder
      summary: Look an order up.
      parameters:
        - {name: fields, in: query, schema: {type: string}}
        - {name: X-Region, in: header, schema: {type: string}}
  /orders/{order_id}/cancel:
    post:
      operationId: cancelOrder
      parameters: [{$ref: "#/components/parameters/Order"}]
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [reason]
              properties: {reason: {enum: [late, other]}, line: {$ref: "#/components/schemas/Line"}}
  /twice:
    post:
      operationId: twice
      parameters: [{name: a, in: query, schema: {}}]
      requestBody: {content: {application/json: {schema: {type: object, properties: {a: {}}}}}}
  /tree:
    post:
      operationId: tree
      parameters:
        - {name: Authorization, in: header, required: true, schema: {type: string}}
        - {name: Idempotency-Key, in: header, schema: {type: string}}
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Tree"}}}}
  /bomb:
    post:
      operationId: bomb
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/B0"}}}}
  /things/{id}:
    get: {operationId: undeclared}
"""
BOMB = "".join(
    f"    B{n}: {{type: object, properties: {{a: {{$ref: '#/components/schemas/B{n + 1}'}}, "
    f"b: {{$ref: '#/components/schemas/B{n + 1}'}}}}}}\n"
    for n in range(40)
)
SHOP = SHOP.replace("  schemas:\n", f"  schemas:\n{BOMB}    B40: {{type: string}}\n").replace(
    "    Line:\n",
    "    Tree:\n      type: object\n      properties:\n"
    + "".join(f"        {side}: {{$ref: '#/components/schemas/Tree'}}\n" for side in ("left", "middle", "right"))
    + "    Line:\n",
    1,
)


class Shop(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str, dict[str, str], Any]]] = []
    answer: ClassVar[tuple[int, str, dict[str, str]]] = (
        200,
        '{"status": "open"}',
        {"content-type": "application/json"},
    )

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        Shop.seen.append((self.command, self.path, dict(self.headers), json.loads(body) if body else None))
        status, text, headers = Shop.answer
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = _serve  # noqa: N815 - the names are those of http.server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Shop, "seen", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def shop_agent(folder: Path, url: str, operation: str = "cancelOrder", effect: str = "write") -> Agent:
    (folder / "shop.yaml").write_text(SHOP.replace("URL", url), encoding="utf-8")
    tool = {"name": "probe_tool", "effect": effect, "source": f"openapi:shop.yaml#{operation}"}
    return make_agent(folder, tools=[tool], may=["probe_tool"], version=url)


def call(agent: Agent, arguments: dict[str, Any], headers: dict[str, str] | None = None, key: str = "") -> Any:
    return bind(agent, agent.manifest.tools[0], headers or {}).call(arguments, Caller(key=key, seconds=2))


def test_arguments_go_where_the_file_says(tmp_path: Path, shop: str) -> None:
    agent = shop_agent(tmp_path, shop, "getOrder", "read")
    found = call(
        agent, {"order_id": "A/1 ?", "fields": "status", "X-Region": "vn"}, {shop: "Bearer t", "http://x": "no"}
    )
    assert found == {"status": "open"}
    method, path, headers, body = Shop.seen[0]
    assert (method, path, body) == ("GET", "/api/orders/A%2F1%20%3F?fields=status", None)
    assert headers["Authorization"] == "Bearer t"
    assert {name.lower(): value for name, value in headers.items()}["x-region"] == "vn"


def test_a_write_sends_its_key_and_its_body(tmp_path: Path, shop: str) -> None:
    agent = shop_agent(tmp_path, shop)
    call(agent, {"order_id": "A-1", "reason": "late", "line": {"sku": "S"}}, key="delivery-7")
    method, path, headers, body = Shop.seen[0]
    assert (method, path, body) == ("POST", "/api/orders/A-1/cancel", {"reason": "late", "line": {"sku": "S"}})
    assert headers["Idempotency-Key"] == '"delivery-7"'
    assert "Authorization" not in headers


def test_the_schema_joins_parameters_and_body_and_checks_them(tmp_path: Path, shop: str) -> None:
    agent = shop_agent(tmp_path, shop)
    tool = bind(agent, agent.manifest.tools[0], {})
    assert tool.schema["required"] == ["order_id", "reason"]
    assert tool.schema["properties"]["order_id"]["description"] == "the order's number"
    tool.check({"order_id": "A-1", "reason": "late"})
    with pytest.raises(Rejected, match="'never' is not one of"):
        tool.check({"order_id": "A-1", "reason": "never"})
    with pytest.raises(Rejected, match="Additional properties"):
        tool.check({"order_id": "A-1", "reason": "late", "host": "evil"})


def test_a_schema_that_holds_itself_is_unfolded_once_and_no_model_fills_in_a_key(tmp_path: Path, shop: str) -> None:
    agent = shop_agent(tmp_path, shop, "tree")
    tool = bind(agent, agent.manifest.tools[0], {})
    assert tool.schema["properties"] == {"left": {}, "middle": {}, "right": {}}
    assert tool.schema["required"] == []
    call(agent, {"left": {"right": 1}}, {shop: "Bearer ours"}, key="k")
    _, _, headers, body = Shop.seen[0]
    assert (headers["Authorization"], headers["Idempotency-Key"], body) == (
        "Bearer ours",
        '"k"',
        {"left": {"right": 1}},
    )


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (429, {"retry-after": "9"}, TryLater),
        (503, {}, TryLater),
        (409, {}, Rejected),
        (302, {"location": "http://127.0.0.1:1/"}, Rejected),
        (401, {}, Broken),
    ],
)
def test_a_status_says_what_to_do_next(
    tmp_path: Path, shop: str, monkeypatch: pytest.MonkeyPatch, status: int, headers: dict[str, str], kind: Any
) -> None:
    monkeypatch.setattr(Shop, "answer", (status, "already shipped", headers))
    with pytest.raises(kind) as caught:
        call(shop_agent(tmp_path, shop), {"order_id": "A-1", "reason": "late"}, key="k")
    if status == 429:
        assert caught.value.after == 9
    if status == 409:
        assert "already shipped" in str(caught.value)
    assert len(Shop.seen) == 1


def test_a_server_that_is_down_is_tried_later(tmp_path: Path) -> None:
    with pytest.raises(TryLater, match="cannot be reached"):
        call(shop_agent(tmp_path, "http://127.0.0.1:1"), {"order_id": "A", "reason": "late"})


@pytest.mark.parametrize("order_id", ["", ".", ".."])
def test_a_path_argument_cannot_name_another_resource(tmp_path: Path, shop: str, order_id: str) -> None:
    with pytest.raises(Rejected):
        call(shop_agent(tmp_path, shop, "getOrder", "read"), {"order_id": order_id})
    assert Shop.seen == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("openapi:shop.yaml#nothing", "no operation 'nothing'"),
        ("openapi:shop.yaml", "openapi:FILE#operationId"),
        ("openapi:../shop.yaml#getOrder", "outside the agent's folder"),
        ("openapi:other.yaml#getOrder", "other.yaml"),
        ("openapi:shop.yaml#twice", "'a' in both query and body"),
        ("openapi:shop.yaml#bomb", "unfold to more than"),
        ("openapi:shop.yaml#undeclared", "'id', declared nowhere"),
        ("ftp:x", "unknown source"),
    ],
)
def test_a_declaration_that_does_not_fit_is_named(tmp_path: Path, source: str, words: str) -> None:
    agent = shop_agent(tmp_path, "http://127.0.0.1:1")
    tool = agent.manifest.tools[0].model_copy(update={"source": source})
    with pytest.raises(Broken, match=words):
        bind(agent, tool, {})
