"""E-invoices are read exactly, with the path of each value; broken ones are named with the broken rule."""

import re
from pathlib import Path

import pytest

from agents.documents.einvoice.reader import parse_xml, read_invoice
from agents.documents.einvoice.rules import check
from agents.documents.extract.exact import from_invoice
from agents.fields_file import FieldSpec

UBL = (Path(__file__).parents[4] / "agents/library/invoice/cases/e_invoice.xml").read_text("utf-8")
VIETNAM = """<HDon><DLHDon><TTChung><KHHDon>C26TAA</KHHDon><SHDon>42</SHDon><NLap>2026-11-05</NLap><DVTTe>VND</DVTTe>
</TTChung><NDHDon><NBan><Ten>Công ty Sao Mai</Ten><MST>0100109106</MST></NBan><NMua><Ten>Lan</Ten></NMua>
<DSHHDVu><HHDVu><THHDVu>Đèn bàn</THHDVu><SLuong>2</SLuong><DGia>500000</DGia><ThTien>1000000</ThTien></HHDVu></DSHHDVu>
<TToan><TgTCThue>1000000</TgTCThue><TgTThue>100000</TgTThue><TgTTTBSo>1100000</TgTTTBSo></TToan></NDHDon></DLHDon></HDon>"""


def test_a_ubl_invoice_is_read_exactly() -> None:
    invoice = read_invoice(UBL)
    assert invoice is not None
    assert invoice.syntax == "ubl"
    assert invoice.values["total"] == ("119.00", "/LegalMonetaryTotal[1]/TaxInclusiveAmount[1]")
    assert invoice.values["seller_name"].value == "Nordlicht Handels GmbH"
    assert [line["description"].value for line in invoice.lines] == ["Schreibtischlampe"]
    assert check(invoice) == []


def test_a_vietnamese_invoice_is_read_exactly() -> None:
    invoice = read_invoice(VIETNAM)
    assert invoice is not None
    assert (invoice.currency, invoice.values["total"].value) == ("VND", "1100000")
    assert invoice.values["seller_tax_number"].value == "0100109106"
    assert check(invoice) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("<cbc:ID>NL-2026-0042</cbc:ID>", "", "BR-02"),
        ("<cbc:IssueDate>2026-10-05</cbc:IssueDate>", "", "BR-03"),
        ('InclusiveAmount currencyID="EUR">119.00', 'InclusiveAmount currencyID="EUR">129.00', "BR-CO-15"),
        ('<cbc:PayableAmount currencyID="EUR">119.00', '<cbc:PayableAmount currencyID="EUR">19.00', "BR-CO-16"),
        ('<cbc:InvoicedQuantity unitCode="H87">4</cbc:InvoicedQuantity>', "", "BR-22"),
        ('<cbc:LineExtensionAmount currencyID="EUR">100.00</cbc:LineExtensionAmount>\n    <cac:Item>',
         '<cbc:LineExtensionAmount currencyID="EUR">90.00</cbc:LineExtensionAmount>\n    <cac:Item>', "BR-CO-10"),
        ('<cbc:PayableAmount currencyID="EUR">', '<cbc:PayableAmount currencyID="USD">', "PEPPOL-EN16931-R051"),
        ("<cbc:Percent>19</cbc:Percent>", "<cbc:Percent>7</cbc:Percent>", "BR-CO-17"),
        ('<cbc:TaxAmount currencyID="EUR">19.00</cbc:TaxAmount>\n      <cac:TaxCategory>',
         '<cbc:TaxAmount currencyID="EUR">18.50</cbc:TaxAmount>\n      <cac:TaxCategory>', "BR-CO-14"),
    ],
)  # fmt: skip
def test_a_broken_invoice_names_its_rule(before: str, after: str, rule: str) -> None:
    assert before in UBL
    invoice = read_invoice(UBL.replace(before, after, 1))
    assert invoice is not None
    assert rule in [one.rule for one in check(invoice)]


def test_other_xml_is_no_invoice_and_bad_xml_is_an_error() -> None:
    assert read_invoice("<note>Hello</note>") is None
    with pytest.raises(ValueError, match="not well-formed"):
        read_invoice("<Invoice>")


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    assert (parse_xml(bomb).text or "") == ""


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+999999999", "abc", "", "1,5", "9" * 5_000])
def test_an_amount_that_is_no_number_is_a_finding_and_no_crash(amount: str) -> None:
    invoice = read_invoice(re.sub(r"(<cbc:PayableAmount[^>]*>)[^<]*", rf"\g<1>{amount}", UBL))
    assert invoice is not None
    assert check(invoice)[0].rule in ("XSD", "BR-CO-16")
    spec = FieldSpec(name="due", type="money")
    assert amount == "1,5" or from_invoice(invoice, spec) is None
