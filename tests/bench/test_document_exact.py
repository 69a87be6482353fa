"""The independent reading of e-invoices says what the file says, and tells a wrong value from the right one."""

from pathlib import Path

from agents.documents.einvoice.reader import read_invoice
from bench.document_exact import alike, main_fields
from bench.document_kinds import _held_against_the_file

XML = """<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2">
<cbc:ID>R 17</cbc:ID><cbc:IssueDate>2026-11-05</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount currencyID="EUR">119.00</cbc:TaxInclusiveAmount>
</cac:LegalMonetaryTotal></Invoice>"""


def test_what_the_xml_says_is_held_against_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(XML)
    assert main_fields(path) == {"invoice_number": "R 17", "invoice_date": "2026-11-05", "total": "119.00"}
    right, wrong = read_invoice(XML), read_invoice(XML.replace("119.00", "191.00"))
    assert right is not None and wrong is not None
    assert _held_against_the_file(path, right) == [True, True, True]
    assert _held_against_the_file(path, wrong) == [True, True, False]


def test_equal_is_the_same_number_day_or_letters() -> None:
    assert alike("total", "119 EUR", "119.00")
    assert alike("invoice_date", "2026-11-05", "20261105")
    assert not alike("invoice_number", "R17", "R 17")
    assert not alike("net", None, "0")
