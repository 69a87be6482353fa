"""The engine over real HTTP: the real client against a loopback server that plays a script and its faults."""

import dataclasses
import time
import traceback
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from agents.engines.llm import LlmEngine
from agents.llm import breaker
from agents.llm.providers import model_chain
from agents.llm.scripted import scripted_chain
from agents.llm.scripted_server import ScriptedServer
from agents.llm.settings import ModelSettings
from core.contracts import Proposal
from core.errors import Broken, TryLater
from tests.agents.llm.making import answer, make_agent, make_context, make_item, server_settings

SECRET = "sk-live-4242424242424242"
ERROR = {
    "error": {"message": f"Incorrect key {SECRET}; your prompt was: my PIN is 1234", "code": "rate_limit_exceeded"}
}


@pytest.fixture(autouse=True)
def fresh_breakers() -> Iterator[None]:
    breaker.forget()
    yield
    breaker.forget()


def run(
    folder: Path, server: ScriptedServer, *, seconds: float = 20.0, model: Any = "openai:first", **settings: Any
) -> Proposal:
    engine = LlmEngine(server_settings(server.base_url, **settings))
    return engine.run(make_agent(folder, model=model), make_item(), make_context(seconds))


def test_tools_and_the_answer_go_over_the_wire(tmp_path: Path) -> None:
    script = [{"call": "my_orders"}, {**answer("SL-20001 costs 89 euros."), "cached_tokens": 64}]
    with ScriptedServer(script) as server:
        proposal = run(tmp_path, server)
    assert (proposal.kind, proposal.reply) == ("reply", "SL-20001 costs 89 euros.")
    assert proposal.usage.cached_tokens == 64
    headers, body = server.requests[-1]
    assert headers["authorization"] == "Bearer sk-test-0123456789"
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "tool"]
    assert {tool["function"]["name"] for tool in body["tools"]} == {"my_orders", "read_page", "cancel", "Answer"}
    assert body["tool_choice"] == "required"
    assert "sk-test" not in str(body)


def test_the_system_prompt_is_the_same_for_every_ticket_so_that_servers_cache_it(tmp_path: Path) -> None:
    with ScriptedServer([answer()]) as server:
        engine = LlmEngine(server_settings(server.base_url))
        for text in ("one", "two"):
            engine.run(make_agent(tmp_path), make_item(text), make_context())
        first, second = (body for _, body in server.requests)
    assert first["messages"][0] == second["messages"][0]
    assert first["tools"] == second["tools"]


def test_a_model_that_ignores_its_only_tool_is_asked_once(tmp_path: Path) -> None:
    with ScriptedServer([{"text": "Sure!"}]) as server:
        engine = LlmEngine(server_settings(server.base_url))
        proposal = engine.run(make_agent(tmp_path, tools=[], may=[]), make_item(), make_context())
        assert len(server.requests) == 1
    assert (proposal.kind, proposal.reason) == ("abstain", "the model gave no answer in the agreed form")
    assert proposal.usage.input_tokens > 0


@pytest.mark.parametrize(("name", "marked"), [("anthropic:claude", True), ("openai:gpt", False)])
def test_the_prompt_is_marked_for_caching_where_a_provider_wants_it_marked(
    tmp_path: Path, name: str, marked: bool
) -> None:
    seen: list[Any] = []

    def script(messages: Any) -> Any:
        seen.append(messages[0].content)
        return answer()

    engine = LlmEngine(ModelSettings(), chain=lambda *_: scripted_chain(script, name))
    engine.run(make_agent(tmp_path), make_item(), make_context())
    assert (isinstance(seen[0], list) and seen[0][0]["cache_control"] == {"type": "ephemeral"}) is marked


def test_a_rate_limit_is_waited_out_as_long_as_the_server_asks(tmp_path: Path) -> None:
    faults = [{"status": 429, "headers": {"retry-after": "0.7"}, "body": ERROR}]
    with ScriptedServer([answer()], faults=faults) as server:
        started = time.monotonic()
        proposal = run(tmp_path, server)
    assert time.monotonic() - started >= 0.7
    assert proposal.kind == "reply"


def test_a_long_wait_is_handed_to_the_queue_with_its_time(tmp_path: Path) -> None:
    faults = [{"status": 429, "headers": {"retry-after": formatdate(time.time() + 90, usegmt=True)}, "body": ERROR}]
    with ScriptedServer([answer()], faults=faults) as server, pytest.raises(TryLater, match="rate limited") as caught:
        run(tmp_path, server)
    assert caught.value.after == pytest.approx(90, abs=3)
    assert len(server.requests) == 1


def test_a_server_error_is_tried_again_and_then_put_off(tmp_path: Path) -> None:
    with ScriptedServer([answer()], faults=[{"status": 500, "body": ERROR}]) as server:
        assert run(tmp_path, server).kind == "reply"
        server.faults.extend([{"status": 503, "body": ERROR}] * 3)
        with pytest.raises(TryLater, match="openai:first: the model server failed"):
            run(tmp_path, server)
    assert len(server.requests) == 5


@pytest.mark.parametrize("fault", [{"hang": 60}, {"drip": 0.1}], ids=["silence", "one byte at a time"])
def test_an_answer_that_does_not_come_is_given_up_in_time(tmp_path: Path, fault: dict[str, Any]) -> None:
    with ScriptedServer([answer()], faults=[fault]) as server:
        started = time.monotonic()
        with pytest.raises(TryLater, match="no answer in time"):
            run(tmp_path, server, timeout=0.5, attempts=1)
        assert time.monotonic() - started < 15  # far less than the server would take, also on a busy machine


@pytest.mark.parametrize(
    "fault",
    [
        {"raw": "<html>502 from a proxy</html>"},
        {"raw": '{"choices": [', "type": "application/json"},
        {"raw": "{}", "type": "application/json"},
    ],
    ids=["a proxy's page", "cut JSON", "no choices"],
)
def test_an_answer_that_cannot_be_read_is_tried_again(tmp_path: Path, fault: dict[str, Any]) -> None:
    with ScriptedServer([answer()], faults=[fault]) as server:
        assert run(tmp_path, server).kind == "reply"
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "invalid_api_key", Broken),
        (404, "model_not_found", Broken),
        (400, "bad", Broken),
        (429, "insufficient_quota", Broken),
        (500, None, TryLater),
    ],
)
def test_a_providers_error_text_reaches_neither_customer_nor_log(
    tmp_path: Path, status: int, code: str | None, kind: type[Exception]
) -> None:
    body = {"error": {**ERROR["error"], "code": code}}
    faults = [{"status": status, "body": body}] * 3
    with ScriptedServer([answer()], faults=faults) as server, capture_logs() as logs, pytest.raises(kind) as caught:
        run(tmp_path, server)
    shown = "".join(traceback.format_exception(caught.value)) + str(logs)
    assert SECRET not in shown and "PIN" not in shown
    assert str(status) in shown


@pytest.mark.parametrize("code", ["context_length_exceeded", "content_filter"])
def test_a_ticket_that_the_model_cannot_take_goes_to_a_person(tmp_path: Path, code: str) -> None:
    body = {"error": {"message": f"{code}: too long {SECRET}", "code": code}}
    with ScriptedServer([answer()], faults=[{"status": 400, "body": body}]) as server:
        proposal = run(tmp_path, server)
    assert proposal.kind == "abstain"
    assert "model" in proposal.reason or "provider" in proposal.reason
    assert SECRET not in proposal.reason


def test_the_next_model_of_the_chain_answers_when_the_first_fails(tmp_path: Path) -> None:
    with ScriptedServer([answer()], faults=[{"status": 401, "body": ERROR}]) as server:
        proposal = run(tmp_path, server, model=("openai:first", "openai:second"))
        assert [body["model"] for _, body in server.requests] == ["first", "second"]
    assert proposal.usage.model == "openai:second"
    assert (proposal.usage.answered, proposal.usage.failed) == ({"openai:second": 1}, {"openai:first": 1})


def test_when_every_model_fails_the_ticket_waits_for_the_one_that_may_recover(tmp_path: Path) -> None:
    faults = [{"status": 401, "body": ERROR}, {"status": 429, "headers": {"retry-after": "60"}, "body": ERROR}]
    with ScriptedServer([answer()], faults=faults) as server, pytest.raises(TryLater) as caught:
        run(tmp_path, server, model=("openai:first", "openai:second"))
    assert caught.value.after == 60
    assert "openai:first" in str(caught.value) and "openai:second" in str(caught.value)
    assert (caught.value.spent or {})["failed"] == {"openai:first": 1, "openai:second": 1}


def test_a_model_that_keeps_failing_is_left_alone(tmp_path: Path) -> None:
    with ScriptedServer([answer()], faults=[{"status": 500, "body": ERROR}] * 5) as server:
        for _ in range(2):
            with pytest.raises(TryLater):
                run(tmp_path, server)
        asked = len(server.requests)
        with pytest.raises(TryLater, match="left alone"):
            run(tmp_path, server)
        assert len(server.requests) == asked == 5
        assert run(tmp_path, server, model=("openai:first", "openai:second")).usage.model == "openai:second"


def test_the_one_probe_of_a_left_alone_model_is_not_lost_where_the_run_has_no_time_left_for_it(tmp_path: Path) -> None:
    def slowly(_: Any) -> Any:
        time.sleep(0.3)
        raise TimeoutError

    (first,), (second,) = scripted_chain(slowly, "openai:first"), scripted_chain([answer()], "openai:second")
    rested = breaker.Breaker(failures=1, seconds=0.0)
    rested.failed()
    chain = (first, dataclasses.replace(second, breaker=rested))
    with pytest.raises(TryLater):
        LlmEngine(ModelSettings(), chain=lambda *_: chain).run(make_agent(tmp_path), make_item(), make_context(0.2))
    assert rested.wait() == 0, "the next run probes it"


CASCADE: dict[str, Any] = {"model": "openai:first", "larger": {"model": "openai:big", "below": 0.1}}


def test_the_larger_model_is_asked_where_the_small_one_cannot_be(tmp_path: Path) -> None:
    with ScriptedServer([answer("By the big one.")], faults=[{"status": 500, "body": ERROR}] * 3) as server:
        engine = LlmEngine(server_settings(server.base_url))
        proposal = engine.run(make_agent(tmp_path, **CASCADE), make_item(), make_context())
    assert (proposal.reply, proposal.usage.model) == ("By the big one.", "openai:big")
    assert (proposal.signals["larger"], proposal.usage.failed) == (1.0, {"openai:first": 3})


def test_where_neither_can_be_asked_the_ticket_waits_for_the_one_that_may_recover(tmp_path: Path) -> None:
    refused = {"status": 401, "body": ERROR}
    with ScriptedServer([answer()], faults=[{"status": 500, "body": ERROR}] * 3 + [refused]) as server:
        engine = LlmEngine(server_settings(server.base_url))
        with pytest.raises(TryLater, match=r"openai:first.*openai:big") as caught:
            engine.run(make_agent(tmp_path, **CASCADE), make_item(), make_context())
    assert SECRET not in str(caught.value)


def test_the_larger_model_is_not_paid_for_a_tool_that_fails(tmp_path: Path) -> None:
    with ScriptedServer([{"call": "read_page", "arguments": {"page": "busy"}}, answer()]) as server:
        engine = LlmEngine(server_settings(server.base_url))
        with pytest.raises(TryLater):
            engine.run(make_agent(tmp_path, **CASCADE), make_item(), make_context())
        assert {body["model"] for _, body in server.requests} == {"first"}


def test_the_servers_key_is_not_sent_to_a_server_that_a_manifest_names(tmp_path: Path) -> None:
    with ScriptedServer([answer()]) as configured, ScriptedServer([answer()]) as named:
        engine = LlmEngine(server_settings(configured.base_url))
        engine.run(make_agent(tmp_path, base_url=named.base_url), make_item(), make_context())
        headers, _ = named.requests[-1]
    assert headers["authorization"] == "Bearer none"
    assert not configured.requests


def test_a_streamed_answer_arrives_in_parts(tmp_path: Path) -> None:
    with ScriptedServer([{"text": "one two three"}]) as server:
        chain = model_chain(make_agent(tmp_path).manifest, server_settings(server.base_url))
        parts = [chunk.text for chunk in chain[0].chat.stream("count") if chunk.text]
    assert parts == ["one ", "two ", "three "]


def test_a_model_without_its_provider_is_refused_with_an_example(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="provider:name"):
        model_chain(make_agent(tmp_path, model="gpt").manifest, server_settings("http://127.0.0.1:1/v1"))


def test_a_provider_whose_package_is_missing_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="langchain-mistralai"):
        model_chain(make_agent(tmp_path, model="mistralai:small").manifest, server_settings(""))


def test_a_run_that_ends_in_needs_human_keeps_its_usage(tmp_path: Path) -> None:
    filtered = {"status": 400, "body": {"error": {"message": "", "code": "content_filter"}}}

    def turn(body: Any) -> Any:
        server.faults.append(filtered)
        return {"call": "my_orders"}

    with ScriptedServer(turn) as server:
        proposal = run(tmp_path, server)
    assert proposal.kind == "abstain"
    assert "content filter" in proposal.reason
    assert proposal.usage.model_calls == 1
