"""The extract engine turns a document into a proposal, or abstains with a reason."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from agents.catalog import open_catalog
from agents.contract import Agent, Context
from agents.documents.reading import read
from agents.documents.values import Reading
from agents.engines.extract import ExtractEngine
from agents.loader import Loader
from core.contracts import DocumentRead, Proposal, Route, WorkItem
from core.errors import Broken, Rejected
from core.ids import new_id
from tests.agents.documents import made

CASES = Path(__file__).parents[3] / "agents" / "library" / "invoice" / "cases"


@pytest.fixture(scope="module")
def agent() -> Agent:
    return Loader(open_catalog("", library=True)).load("invoice", "none")


def item(count: int = 1) -> WorkItem:
    document = DocumentRead(id=new_id(), filename="a.pdf", media_type="application/pdf", size=1, sha256="0")
    return WorkItem(
        id=new_id(), tenant_id=new_id(), kind="document", received_at=datetime.now(UTC), documents=(document,) * count
    )


def run(agent: Agent, reader: Callable[[UUID], Reading] | None, count: int = 1) -> Proposal:
    context = Context(route=Route(agent="invoice"), deadline=time.monotonic() + 30, read_document=reader)
    return ExtractEngine().run(agent, item(count), context)


def test_an_invoice_becomes_a_proposal_with_evidence_for_every_value(agent: Agent) -> None:
    proposal = run(agent, lambda _: read(CASES / "de.pdf"))
    assert (proposal.kind, proposal.document_type, proposal.language) == ("fields", "invoice", "de")
    assert all(field.evidence is not None for field in proposal.fields if field.value is not None)
    assert all(field.reason for field in proposal.fields if field.value is None)
    required = [field for field in proposal.fields if field.required]
    assert {field.name for field in required} >= {"invoice_number", "invoice_date", "total"}
    assert 0 < proposal.score <= min(field.score for field in required)
    assert proposal.fingerprint == agent.fingerprint


def test_an_e_invoice_that_breaks_a_rule_is_doubted_and_the_rule_is_named(agent: Agent, tmp_path: Path) -> None:
    right = (CASES / "e_invoice.xml").read_text("utf-8")
    broken = tmp_path / "broken.xml"
    broken.write_text(right.replace('PayableAmount currencyID="EUR">119.00', 'PayableAmount currencyID="EUR">19.00'))
    good, bad = run(agent, lambda _: read(CASES / "e_invoice.xml")), run(agent, lambda _: read(broken))
    assert good.reason == ""
    assert bad.reason.startswith("breaks BR-CO-16: ")
    assert bad.score <= 0.5 < good.score


def test_a_file_with_two_invoices_is_for_a_person_who_is_told_so(agent: Agent, tmp_path: Path) -> None:
    second = tuple((x, y, text.replace("RE-2026-0417", "RE-2026-0418")) for x, y, text in made.INVOICE)
    path = made.pdf(tmp_path / "two.pdf", [made.INVOICE, second])
    proposal = run(agent, lambda _: read(path))
    assert (proposal.kind, proposal.reason) == ("abstain", "the file holds 2 documents: page 1, page 2")


def test_a_letter_is_declined_with_the_type_that_it_looks_like(agent: Agent) -> None:
    proposal = run(agent, lambda _: read(CASES / "letter.pdf"))
    assert proposal.kind == "abstain"
    assert "'letter'" in proposal.reason


def test_a_worker_without_a_reader_is_broken_and_an_item_without_a_document_is_refused(agent: Agent) -> None:
    with pytest.raises(Broken):
        run(agent, None)
    with pytest.raises(Rejected):
        run(agent, lambda _: read(CASES / "de.pdf"), count=0)
