"""Germany's rules are asked of an XRechnung, by their own names, and of nothing else."""

import re
from pathlib import Path

import pytest

from agents.documents.einvoice import xrechnung
from agents.documents.einvoice.reader import read_invoice
from agents.documents.einvoice.rules import check

PLAIN = (Path(__file__).parents[4] / "agents/library/invoice/cases/e_invoice.xml").read_text("utf-8")
STANDARD = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
CONTACT = (
    "<cac:Contact><cbc:Name>Einkauf</cbc:Name><cbc:Telephone>030 1234</cbc:Telephone>"
    "<cbc:ElectronicMail>rechnung@nordlicht.example</cbc:ElectronicMail></cac:Contact>"
)
REFERENCE = "<cbc:BuyerReference>04011000-12345-34</cbc:BuyerReference>"


def _german(text: str) -> str:
    """The library's invoice with what Germany asks for besides."""
    text = text.replace("urn:cen.eu:en16931:2017", STANDARD)
    text = text.replace("</cbc:CityName>", "</cbc:CityName><cbc:PostalZone>10115</cbc:PostalZone>")
    text = text.replace("</cac:PartyLegalEntity>", f"</cac:PartyLegalEntity>{CONTACT}", 1)
    return text.replace("</cbc:DocumentCurrencyCode>", f"</cbc:DocumentCurrencyCode>{REFERENCE}")


def _broken(text: str) -> list[str]:
    invoice = read_invoice(text)
    assert invoice is not None
    return [one.rule for one in xrechnung.violations(invoice)]


def _doubted(text: str) -> list[str]:
    invoice = read_invoice(text)
    assert invoice is not None
    return [one.rule for one in xrechnung.doubts(invoice)]


GERMAN = _german(PLAIN)


def test_a_right_xrechnung_breaks_no_rule_and_leaves_no_doubt() -> None:
    invoice = read_invoice(GERMAN)
    assert invoice is not None
    assert (check(invoice), _doubted(GERMAN)) == ([], [])


def test_other_invoices_owe_germany_nothing() -> None:
    assert _broken(PLAIN) == []


@pytest.mark.parametrize(
    ("rule", "cut"),
    [
        ("BR-DE-1", r"<cac:PaymentMeans>.*?</cac:PaymentMeans>"),
        ("BR-DE-2", r"<cac:Contact>.*?</cac:Contact>"),
        ("BR-DE-4", r"<cbc:PostalZone>.*?</cbc:PostalZone>"),
        ("BR-DE-5", r"<cbc:Name>Einkauf</cbc:Name>"),
        ("BR-DE-6", r"<cbc:Telephone>.*?</cbc:Telephone>"),
        ("BR-DE-7", r"<cbc:ElectronicMail>.*?</cbc:ElectronicMail>"),
        ("BR-DE-15", r"<cbc:BuyerReference>.*?</cbc:BuyerReference>"),
        ("BR-DE-16", r"<cac:PartyTaxScheme>.*?</cac:PartyTaxScheme>"),
        ("BR-DE-23-a", r"<cac:PayeeFinancialAccount>.*?</cac:PayeeFinancialAccount>"),
    ],
)
def test_what_is_missing_is_named(rule: str, cut: str) -> None:
    assert _broken(re.sub(cut, "", GERMAN, flags=re.DOTALL))[0] == rule


@pytest.mark.parametrize(
    ("terms", "right"),
    [
        ("#SKONTO#TAGE=14#PROZENT=2.00#\n", True),
        ("Zahlbar sofort\n#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=100.00#\n", True),
        ("#SKONTO#TAGE=14#PROZENT=2,00#\n", False),
        ("#Skonto#TAGE=14#PROZENT=2.00#\n", False),
        ("#SKONTO#TAGE=14#PROZENT=2.00#", False),
        ("Zahlbar in 14 Tagen", True),
    ],
)
def test_cash_discount_has_one_form(terms: str, right: bool) -> None:
    note = f"<cac:PaymentTerms><cbc:Note>{terms}</cbc:Note></cac:PaymentTerms><cac:TaxTotal>"
    assert _broken(GERMAN.replace("<cac:TaxTotal>", note, 1)) == ([] if right else ["BR-DE-18"])


def test_a_direct_debit_needs_its_mandate_creditor_and_account() -> None:
    debit = "<cbc:PaymentMeansCode>59</cbc:PaymentMeansCode><cac:PaymentMandate/>"
    text = re.sub(r"<cbc:PaymentMeansCode>58.*?</cac:PayeeFinancialAccount>", debit, GERMAN, flags=re.DOTALL)
    assert _broken(text) == ["BR-DE-29", "BR-DE-30", "BR-DE-31"]


def test_what_should_hold_is_a_doubt() -> None:
    assert _doubted(GERMAN.replace("DE89370400440532013000", "DE89370400440532013001")) == ["BR-DE-19"]
    assert _doubted(GERMAN.replace("030 1234", "auf Anfrage")) == ["BR-DE-27"]
    assert _doubted(GERMAN.replace("rechnung@nordlicht", "rechnung.nordlicht")) == ["BR-DE-28"]
