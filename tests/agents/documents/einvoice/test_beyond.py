"""What a person should look at in an e-invoice that breaks no rule."""

from pathlib import Path

import pytest

from agents.documents.einvoice.beyond import doubts
from agents.documents.einvoice.reader import read_invoice

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
