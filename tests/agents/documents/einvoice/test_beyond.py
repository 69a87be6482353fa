"""What a person should look at in an e-invoice that breaks no rule."""

from pathlib import Path

import pytest

from agents.documents.einvoice.beyond import doubts
from agents.documents.einvoice.reader import read_invoice
from agents.documents.einvoice.rules import check
from tests.agents.documents.einvoice.test_official import CII

ALLOWANCE = (
    "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>{}</udt:Indicator></ram:ChargeIndicator>"
    "<ram:CalculationPercent>10</ram:CalculationPercent><ram:BasisAmount>50</ram:BasisAmount>"
    "<ram:ActualAmount>{}</ram:ActualAmount></ram:SpecifiedTradeAllowanceCharge>"
)
UBL = (Path(__file__).parents[4] / "agents/library/invoice/cases/e_invoice.xml").read_text("utf-8")


def test_a_consistent_invoice_leaves_no_doubt() -> None:
    invoice = read_invoice(UBL)
    assert invoice is not None
    assert list(doubts(invoice)) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ('<cbc:InvoicedQuantity unitCode="H87">4', '<cbc:InvoicedQuantity unitCode="H87">5', "PEPPOL-EN16931-R120"),
        ("<cbc:CompanyID>DE136695976", "<cbc:CompanyID>DE13669597", "VIES-VAT-number"),
    ],
)
def test_what_does_not_fit_is_named(before: str, after: str, rule: str) -> None:
    assert before in UBL
    invoice = read_invoice(UBL.replace(before, after))
    assert invoice is not None
    assert [one.rule for one in doubts(invoice)] == [rule]


def _cii(before: str, after: str) -> list[str]:
    assert before in CII
    invoice = read_invoice(CII.replace(before, after))
    assert invoice is not None
    return [one.rule for one in doubts(invoice)]


@pytest.mark.parametrize(("amount", "rules"), [("5.00", []), ("-5.01", []), ("0.50", ["PEPPOL-EN16931-R040"])])
def test_an_allowance_is_its_percentage_of_its_base(amount: str, rules: list[str]) -> None:
    end = "</ram:ApplicableTradeTax>\n<ram:SpecifiedTradePaymentTerms>"
    assert _cii(end, end.replace("\n", ALLOWANCE.format("false", amount))) == rules


@pytest.mark.parametrize(
    ("quantity", "rules"),
    [
        ('<ram:BasisQuantity unitCode="H87">1</ram:BasisQuantity>', []),
        ('<ram:BasisQuantity unitCode="KGM">1</ram:BasisQuantity>', ["PEPPOL-EN16931-R130"]),
        ("<ram:BasisQuantity>-1</ram:BasisQuantity>", ["PEPPOL-EN16931-R120", "PEPPOL-EN16931-R121"]),
    ],
)
def test_a_price_is_for_some_of_the_billed_unit(quantity: str, rules: list[str]) -> None:
    assert _cii("50.00</ram:ChargeAmount>", f"50.00</ram:ChargeAmount>{quantity}") == rules


def test_a_currency_repeated_at_an_amount_is_doubtful_and_breaks_no_rule() -> None:
    before, after = "<ram:GrandTotalAmount>", '<ram:GrandTotalAmount currencyID="EUR">'
    assert _cii(before, after) == ["CII-DT-031"]
    invoice = read_invoice(CII.replace(before, after))
    assert invoice is not None and check(invoice) == []
