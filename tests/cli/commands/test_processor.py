"""`saola processor new` makes a folder that the catalog takes; `test` holds files against the keys beside them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.catalog import open_catalog
from cli.commands.processor import app
from core.errors import Rejected
from core.settings import settings
from tests.agents.documents import made

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SAOLA_AGENTS", str(tmp_path))
    settings.cache_clear()
    found = RUN.invoke(app, ["new", "delivery_bills", "rechnungsnummer", "gesamtbetrag:money", "rechnungsdatum:date"])
    assert found.exit_code == 0, found.output
    yield tmp_path / "delivery_bills"
    settings.cache_clear()


def key(folder: Path, **fields: str) -> None:
    made.pdf(folder / "cases" / "a.pdf")
    (folder / "cases" / "a.json").write_text(json.dumps(fields), "utf-8")


def test_a_new_processor_is_in_the_catalog(folder: Path) -> None:
    found = open_catalog(str(folder.parent), library=False)
    assert not found.problems
    assert found.get("delivery_bills").manifest.kind == "processor"


def test_right_values_pass_and_a_wrong_one_is_named(folder: Path) -> None:
    key(folder, rechnungsnummer="RE-2026-0417", gesamtbetrag="119.00", rechnungsdatum="2026-11-05")
    passed = RUN.invoke(app, ["test", "delivery_bills"])
    assert passed.exit_code == 0, passed.output
    key(folder, gesamtbetrag="120.00", iban="DE1")
    failed = RUN.invoke(app, ["test", "delivery_bills"])
    assert failed.exit_code == 1
    assert "a.pdf: gesamtbetrag: expected '120.00', read '119,00'" in failed.output
    assert "a.pdf: iban: expected 'DE1', no such field" in failed.output


def test_a_missing_value_is_told_with_its_reason_on_one_line(folder: Path) -> None:
    file = folder / "fields.yaml"
    file.write_text(
        file.read_text().replace("[Rechnungsnummer]", "[Number of the bill of delivery, as the driver has it]")
    )
    key(folder, rechnungsnummer="RE-2026-0417")
    failed = RUN.invoke(app, ["test", "delivery_bills"])
    assert "expected 'RE-2026-0417', found none: no value of this type near Number of the bill" in failed.output


@pytest.mark.parametrize("field", ["Total", "total:coins", "lines:table"])
def test_a_field_that_cannot_be_is_refused_with_the_types(field: str, tmp_path: Path) -> None:
    refused = RUN.invoke(app, ["new", "bills", field, "--folder", str(tmp_path)])
    assert refused.exit_code == 1
    assert "is no field" in str(refused.exception)
    assert not (tmp_path / "bills").exists()


@pytest.mark.parametrize(("text", "why"), [('{"total": 1', "is no JSON"), ('["total"]', "holds no fields")])
def test_expected_fields_that_cannot_be_read_are_refused_by_their_file(text: str, why: str, folder: Path) -> None:
    key(folder)
    next(folder.rglob("*.json")).write_text(text)
    refused = RUN.invoke(app, ["test", "delivery_bills"])
    assert isinstance(refused.exception, Rejected)
    assert ".json" in str(refused.exception) and why in str(refused.exception)


def test_a_file_that_is_refused_has_no_value_of_any_field(folder: Path) -> None:
    key(folder, gesamtbetrag="119.00")
    next(folder.rglob("*.pdf")).write_bytes(b"%PDF-1.7 broken")
    failed = RUN.invoke(app, ["test", "delivery_bills"])
    assert failed.exit_code == 1
    assert "gesamtbetrag: expected '119.00', the file was refused" in failed.output
