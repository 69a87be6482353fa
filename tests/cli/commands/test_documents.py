"""`saola documents read` shows a person what is read from a file, and where."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.commands.documents import app
from tests.agents.documents import made

runner = CliRunner()


def test_fields_come_with_their_place(tmp_path: Path) -> None:
    shown = runner.invoke(app, ["read", str(made.pdf(tmp_path / "i.pdf"))], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "Rechnungsnummer: RE-2026-0417" in shown.stdout
    assert "119.00 EUR" in shown.stdout
    assert "page 1" in shown.stdout


def test_json_is_for_machines(tmp_path: Path) -> None:
    shown = runner.invoke(app, ["read", "--json", str(made.pdf(tmp_path / "i.pdf"))])
    told = json.loads(shown.stdout)
    assert (told["type"], told["language"], told["pages"]) == ("invoice", "de", 1)
    total = next(field for field in told["fields"] if field["name"] == "total")
    assert total["normalised"] == "119.00 EUR"
    assert len(total["evidence"]["box"]) == 4


def test_a_file_that_must_be_refused_says_why(tmp_path: Path) -> None:
    shown = runner.invoke(app, ["read", str(made.zip_bomb(tmp_path / "a.docx"))])
    assert shown.exit_code == 1
    assert "zip_bomb" in shown.stdout


def test_each_document_of_a_file_is_shown_by_itself(tmp_path: Path) -> None:
    second = tuple((x, y, text.replace("RE-2026-0417", "RE-2026-0418")) for x, y, text in made.INVOICE)
    path = str(made.pdf(tmp_path / "two.pdf", [made.INVOICE, second]))
    shown = runner.invoke(app, ["read", "--no-text", path], env={"COLUMNS": "80"}).stdout
    assert "the file holds 2 documents: page 1, page 2" in shown
    assert [shown.count(number) for number in ("RE-2026-0417", "RE-2026-0418")] == [1, 1]
    assert "not found: order_number" in shown
    told = json.loads(runner.invoke(app, ["read", "--json", path]).stdout)
    assert [one["name"] for one in told["documents"]] == ["page 1", "page 2"]


def test_a_processor_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    shown = runner.invoke(app, ["read", "--processor", "invoces", str(made.pdf(tmp_path / "i.pdf"))])
    assert shown.exit_code == 2
    assert "invoces" in shown.output and "receipt" in shown.output


def test_what_a_file_says_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "blank.txt").write_text("  \n")
    assert "(no text)" in runner.invoke(app, ["read", str(tmp_path / "blank.txt")]).stdout
    (tmp_path / "a.zip").write_bytes(made.zipped({"a.txt": b"hello", "x[red].pdf": b"%PDF-1.7 broken"}))
    shown = runner.invoke(app, ["read", str(tmp_path / "a.zip")], env={"COLUMNS": "200"})
    assert "x[red].pdf was not read" in shown.stdout
