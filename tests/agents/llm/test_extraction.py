"""Fields read by a language model, over real HTTP: the real client against a loopback server that plays a script."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from agents.catalog import open_catalog
from agents.contract import Agent, Context
from agents.documents.reading import read
from agents.engines.extract import ExtractEngine
from agents.llm import breaker
from agents.llm.scripted_server import ScriptedServer
from agents.llm.settings import ModelSettings
from agents.loader import Loader
from core.contracts import FieldValue, Proposal, Route
from core.errors import Broken, NeedsHuman, TryLater
from tests.agents.engines.test_extract import item
from tests.agents.llm.making import server_settings

PDF = Path(__file__).parents[3] / "agents" / "library" / "invoice" / "cases" / "de.pdf"
PNG = b"\x89PNG\r\n\x1a\n-a-picture"


@pytest.fixture(autouse=True)
def fresh_breakers() -> Iterator[None]:
    breaker.forget()
    yield
    breaker.forget()


@pytest.fixture(scope="module")
def invoice() -> Agent:
    return Loader(open_catalog("", library=True)).load("invoice", "none")


@pytest.fixture(scope="module")
def by_rules(invoice: Agent) -> dict[str, FieldValue]:
    return {field.name: field for field in run(invoice, None).fields}


def run(
    agent: Agent, server: ScriptedServer | None, see: Callable[[UUID, int], bytes] | None = None, **manifest: Any
) -> Proposal:
    changed = Agent(
        manifest=agent.manifest.model_copy(update=manifest),
        folder=agent.folder,
        version=agent.version,
        fingerprint=agent.fingerprint,
        files=agent.files,
    )
    context = Context(
        route=Route(agent="invoice"), deadline=time.monotonic() + 20, read_document=lambda _: read(PDF), see_page=see
    )
    settings = server_settings(server.base_url) if server else ModelSettings()
    return ExtractEngine(settings).run(changed, item(), context)


def told(fields: dict[str, FieldValue], **other: str | None) -> list[dict[str, Any]]:
    values = {name: field.value for name, field in fields.items() if field.type != "table"}
    return [{"call": "Fields", "arguments": {**values, **other}}]


def test_what_the_model_reads_too_is_surer(invoice: Agent, by_rules: dict[str, FieldValue]) -> None:
    with ScriptedServer(told(by_rules)) as server:
        proposal = run(invoice, server, read_by="both")
        _, body = server.requests[-1]
    fields = {field.name: field for field in proposal.fields}
    assert proposal.signals["agreement"] == 1.0
    read_by_both = {name: one for name, one in by_rules.items() if one.value and one.type != "table"}
    assert all(fields[name].score > one.score for name, one in read_by_both.items() if one.score < 0.99)
    assert (proposal.usage.model_calls, proposal.usage.model) == (1, "openai:first")
    assert body["tools"][0]["function"]["name"] == "Fields"
    assert "<document>" in str(body["messages"][1])


def test_what_both_read_differently_is_for_a_person(invoice: Agent, by_rules: dict[str, FieldValue]) -> None:
    with ScriptedServer(told(by_rules, total="1.00")) as server:
        proposal = run(invoice, server, read_by="both")
    total = next(field for field in proposal.fields if field.name == "total")
    assert total.value == by_rules["total"].value
    assert total.score <= 0.5 * by_rules["total"].score + 0.001
    assert total.reason == "the model read '1.00'"
    assert proposal.signals["agreement"] < 1


def test_a_model_alone_gets_evidence_only_for_what_is_printed(invoice: Agent, by_rules: dict[str, FieldValue]) -> None:
    with ScriptedServer(told(by_rules, invoice_number="INVENTED-77")) as server:
        proposal = run(invoice, server, read_by="model")
    fields = {field.name: field for field in proposal.fields}
    assert fields["invoice_number"].evidence is None
    assert fields["invoice_number"].score <= 0.3
    assert fields["total"].normalised == by_rules["total"].normalised
    assert fields["total"].evidence is not None
    assert fields["seller_name"].evidence is not None


def test_a_model_that_sees_is_shown_pictures_of_the_pages(invoice: Agent, by_rules: dict[str, FieldValue]) -> None:
    with ScriptedServer(told(by_rules)) as server:
        run(invoice, server, lambda _, number: PNG + bytes([number]), read_by="model", show="pages")
        _, body = server.requests[-1]
    parts = body["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url"]
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,")
    assert "<document>" not in str(parts)


def test_pages_cannot_be_shown_by_a_worker_that_draws_none(invoice: Agent, by_rules: dict[str, FieldValue]) -> None:
    with ScriptedServer(told(by_rules)) as server, pytest.raises(Broken, match="see_page"):
        run(invoice, server, read_by="model", show="pages")


def test_a_busy_server_puts_the_document_off(invoice: Agent) -> None:
    faults = [{"status": 503, "body": {"error": {"message": "busy"}}}] * 9
    with ScriptedServer([], faults=faults) as server, pytest.raises(TryLater):
        run(invoice, server, read_by="model")


def test_without_an_answer_in_the_form_rules_alone_are_doubted(invoice: Agent, by_rules: dict[str, FieldValue]) -> None:
    with ScriptedServer([{"text": "I cannot do that"}] * 9) as server:
        proposal = run(invoice, server, read_by="both")
    assert proposal.signals["agreement"] == 0.0
    assert all(field.score < by_rules[field.name].score for field in proposal.fields if field.value)


def test_without_a_model_a_person_is_asked(invoice: Agent) -> None:
    with pytest.raises(NeedsHuman, match="no language model"):
        run(invoice, None, read_by="model")
