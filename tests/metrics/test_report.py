"""The report: every figure with its definition, honest when empty, and documented."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.errors import Rejected
from core.events import Event
from metrics.docs import page, vendors_page
from metrics.report import DEFINITIONS, FIGURES, Report, report
from tests.metrics.histories import START, TENANT, event, received
from tests.metrics.test_pitfalls import LATER, audited, automated

DOCS = Path(__file__).parents[2] / "docs"


def document(number: int, *kinds: tuple[str, dict[str, Any]]) -> list[Event]:
    """A document's history, one event a minute."""
    return [
        Event.model_validate(
            {
                "kind": kind,
                "at": START + timedelta(minutes=minute),
                "tenant_id": TENANT,
                "document_id": UUID(int=5000 + number),
                "run_id": UUID(int=6000 + number),
                "data": data,
            }
        )
        for minute, (kind, data) in enumerate((("document.received", {"origin": "live"}), *kinds))
    ]


READ: tuple[tuple[str, dict[str, Any]], ...] = (
    ("document.read", {"type": "invoice"}),
    ("run.recorded", {"agent": "invoices", "proposal": "fields"}),
    ("decision.recorded", {"action": "automate", "audited": True, "audit_probability": 1.0}),
    ("delivery.sent", {"effect": "fields", "by": "agent"}),
    ("audit.judged", {"right": True}),
)


def month(*, by: str | None = None) -> Report:
    """A small month: 12 automated tickets with audits, 4 people's, a held one, 3 documents."""
    log = [e for i in range(12) for e in audited(i, i > 0, 0.5, simulated=True)]
    log += [e for i in range(20, 24) for e in (received(i), event("staff.replied", 2, i, by="an", seconds=240))]
    log += [
        *automated(30)[:2],
        event("decision.recorded", 1, 30, action="hold", reasons=["no_certificate"]),
        event("review.edited", 2, 30, by="an", seconds=60),
    ]
    log += document(1, *READ) + document(2, *READ[:3], ("review.edited", {"by": "an"})) + document(3)
    return report(log, since=START, until=LATER, now=LATER, by=by)  # type: ignore[arg-type]  # a literal


def test_the_waterfall_begins_with_all_and_ends_with_audited_right() -> None:
    found = month()
    names = [stage.name for stage in found.waterfall]
    assert names == ["received", "eligible", "attempted", "automated", "contained", "durable", "audited_right"]
    assert [stage.count for stage in found.waterfall] == [17, 13, 12, 12, 12, 12, 11]
    assert found.waterfall[-1].share.value == pytest.approx(12 / 17 * 11 / 12)
    assert found.waterfall[-1].share.simulated
    assert found.waterfall[-2].share.value == found.figure("automation_share").value


def test_endings_add_up_to_all_settled_tickets() -> None:
    endings = month().endings
    assert endings.model_dump() == {"automated": 12, "assisted": 1, "handed_off": 0, "people_alone": 4, "open": 0}


def test_documents_are_counted_apart() -> None:
    found = month()
    assert (found.documents, found.figure("straight_through").k, found.figure("straight_through").n) == (3, 1, 3)
    accuracy = next(b for b in found.beside if b.name == "document_accuracy")
    assert (accuracy.ours.k, accuracy.ours.n) == (1, 1)


def test_a_simulated_reviewer_marks_the_whole_report() -> None:
    assert month().simulated


def test_why_items_were_held_is_counted() -> None:
    assert [(w.code, w.tickets) for w in month().why_held] == [("no_certificate", 1)]


def test_parts_by_agent_hold_tickets_and_documents() -> None:
    parts = {part.value: part for part in month(by="agent").parts}
    assert (parts["cards"].tickets, parts["invoices"].documents) == (13, 2)
    assert parts["cards"].figures["containment"].k == 12


def test_an_empty_period_reports_what_is_missing_everywhere() -> None:
    empty = report([], since=START, until=LATER, now=LATER)
    for line in empty.lines:
        if line.definition.unit != "count":
            assert line.estimate.value is None, line.definition.name
            assert line.estimate.missing
    assert all(stage.share.value is None for stage in empty.waterfall)
    assert len(empty.beside) == 6


def test_a_report_travels_as_json() -> None:
    found = month(by="intent")
    assert Report.model_validate_json(found.model_dump_json()) == found


def test_a_group_that_no_ticket_has_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(Rejected, match="no group 'mood'"):
        month(by="mood")


def test_an_unknown_figure_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        month().figure("deflection")


def test_every_figure_has_its_own_name() -> None:
    names = [definition.name for definition, _ in FIGURES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "made", "command"),
    [("metrics.md", page(), "python -m metrics.docs"), ("definitions.md", vendors_page(), "... definitions")],
)
def test_every_figure_is_documented_word_for_word(name: str, made: str, command: str) -> None:
    assert (DOCS / name).read_text() == made, f"docs/{name} is behind the code: {command} > docs/{name}"
    assert all(f"`{definition.name}`" in page() for definition in DEFINITIONS.values())
