"""Tables come row by row from print and from XML, over several pages, and prove themselves by their arithmetic."""

import re
from pathlib import Path

import pytest

from agents.documents.extract.engine import extract
from agents.documents.extract.tables import rows_of
from agents.documents.reading import read
from bench import document_files
from core.contracts import FieldValue
from tests.agents.documents import made
from tests.agents.documents.extract.test_engine import processor

TABLE = (
    *made.INVOICE[:6],
    *((x, 270, text) for x, text in ((50, "Bezeichnung"), (300, "Menge"), (380, "Einzelpreis"), (480, "Betrag"))),
    *((x, 290, text) for x, text in ((50, "Schreibtischlampe"), (300, "2"), (380, "30,00 €"), (480, "60,00 €"))),
    (50, 302, "mit Birne"),
    *((x, 320, text) for x, text in ((50, "Bambusregal"), (300, "1"), (380, "40,00 €"), (480, "40,00 €"))),
    *made.INVOICE[9:],
)


def lines_of(path: Path) -> FieldValue:
    return next(field for field in extract(read(path), processor("invoice"))[0] if field.name == "lines")


def test_rows_are_read_column_by_column_and_a_row_without_numbers_goes_on(tmp_path: Path) -> None:
    field = lines_of(made.pdf(tmp_path / "a.pdf", [TABLE]))
    assert rows_of(field) == [
        {"description": "Schreibtischlampe mit Birne", "quantity": "2", "price": "30.00 EUR", "amount": "60.00 EUR"},
        {"description": "Bambusregal", "quantity": "1", "price": "40.00 EUR", "amount": "40.00 EUR"},
    ]  # fmt: skip
    assert field.score > 0.98
    assert field.value == "Schreibtischlampe mit Birne | 2 | 30,00 | 60,00\nBambusregal | 1 | 40,00 | 40,00"
    assert field.evidence is not None and field.evidence.box is not None
    assert 0.33 < field.evidence.box[1] < field.evidence.box[3] < 0.40


def test_lines_that_do_not_add_up_are_doubtful(tmp_path: Path) -> None:
    page = tuple((x, y, "45,00 €" if (y, text) == (320, "40,00 €") else text) for x, y, text in TABLE)
    field = lines_of(made.pdf(tmp_path / "a.pdf", [page]))
    assert field.score < 0.5
    assert "sum(lines.amount) = net" in field.reason


@pytest.mark.parametrize("language", document_files.LANGUAGES)
@pytest.mark.parametrize("pages", [1, 3])
def test_a_table_goes_on_over_pages_in_each_language(tmp_path: Path, language: str, pages: int) -> None:
    found = document_files.invoice(3, language, pages)
    (tmp_path / "a.pdf").write_bytes(found.data)
    field = lines_of(tmp_path / "a.pdf")
    rows = rows_of(field)
    assert len(rows) > 5 * pages
    assert all(set(row) == {"description", "quantity", "price", "amount"} for row in rows)
    assert field.score > 0.95  # they add up to the net amount


def test_the_lines_of_an_e_invoice_come_from_its_xml(tmp_path: Path) -> None:
    line = (
        "<cac:InvoiceLine><cbc:InvoicedQuantity>2</cbc:InvoicedQuantity><cbc:LineExtensionAmount>60.00"
        "</cbc:LineExtensionAmount><cac:Item><cbc:Name>Lamp</cbc:Name></cac:Item><cac:Price><cbc:PriceAmount>30"
        "</cbc:PriceAmount></cac:Price></cac:InvoiceLine>"
    )
    text = (
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cbc="urn:b" xmlns:cac="urn:a">'
        f"<cbc:ID>1</cbc:ID><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>{line}</Invoice>"
    )
    (tmp_path / "a.xml").write_text(text)
    field = lines_of(tmp_path / "a.xml")
    assert rows_of(field) == [{"description": "Lamp", "quantity": "2", "price": "30 EUR", "amount": "60.00 EUR"}]
    assert field.evidence is not None and re.search("InvoiceLine", field.evidence.path)


def test_a_document_without_such_a_head_says_so(tmp_path: Path) -> None:
    field = lines_of(made.pdf(tmp_path / "a.pdf"))
    assert (field.value, rows_of(field)) == (None, [])
    assert "labels" in field.reason
