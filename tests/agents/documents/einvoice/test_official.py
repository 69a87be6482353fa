"""The published rule sets find what our own rules cannot, by the standard's names, in any process and thread."""

import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from agents.documents.einvoice.official import violations
from agents.documents.einvoice.reader import read_invoice

UBL = (Path(__file__).parents[4] / "agents/library/invoice/cases/e_invoice.xml").read_text("utf-8")
PARTY = "<ram:Name>{}</ram:Name><ram:PostalTradeAddress><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>{}"
VAT_ID = '<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE136695976</ram:ID></ram:SpecifiedTaxRegistration>'
CII = f"""<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>R-1</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime>
<udt:DateTimeString format="102">20261105</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction><ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID></ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:Name>Lampe</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>50.00</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="H87">2</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>100.00</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem><ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty>{PARTY.format("Nordlicht Handels GmbH", VAT_ID)}</ram:SellerTradeParty>
<ram:BuyerTradeParty>{PARTY.format("Sao La Living GmbH", "")}</ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery/><ram:ApplicableHeaderTradeSettlement>
<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:ApplicableTradeTax>
<ram:CalculatedAmount>19.00</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode><ram:BasisAmount>100.00</ram:BasisAmount>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradePaymentTerms><ram:Description>14 Tage</ram:Description></ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>100.00</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="EUR">19.00</ram:TaxTotalAmount>
<ram:GrandTotalAmount>119.00</ram:GrandTotalAmount><ram:DuePayableAmount>119.00</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""


def _rules(text: str) -> list[str]:
    invoice = read_invoice(text)
    assert invoice is not None
    return [one.rule for one in violations(invoice)]


def test_valid_invoices_break_no_rule() -> None:
    assert _rules(UBL) == []
    assert _rules(CII) == []


def test_a_rule_of_one_kind_of_tax_is_named() -> None:
    assert "BR-S-02" in _rules(CII.replace(VAT_ID, ""))
    assert _rules(UBL.replace("<cbc:ID>S</cbc:ID>", "<cbc:ID>K</cbc:ID>"))[0].startswith("BR-")


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("<ram:TypeCode>380", "<ram:TypeCode>999", "BR-CL-01"),
        ('<ram:TaxTotalAmount currencyID="EUR"', '<ram:TaxTotalAmount currencyID="EUX"', "BR-CL-03"),
        ("<ram:InvoiceCurrencyCode>EUR", "<ram:InvoiceCurrencyCode>EUX", "BR-CL-04"),
        ("<ram:InvoiceCurrencyCode>", "<ram:TaxCurrencyCode>EUX</ram:TaxCurrencyCode><ram:InvoiceCurrencyCode>",
         "BR-CL-05"),
        ("<ram:CountryID>DE", "<ram:CountryID>XY", "BR-CL-14"),
        ("Lampe</ram:Name>", "Lampe</ram:Name><ram:OriginTradeCountry><ram:ID>XY</ram:ID></ram:OriginTradeCountry>",
         "BR-CL-15"),
        ("EUR</ram:InvoiceCurrencyCode>", "EUR</ram:InvoiceCurrencyCode><ram:SpecifiedTradeSettlementPaymentMeans>"
         "<ram:TypeCode>999</ram:TypeCode></ram:SpecifiedTradeSettlementPaymentMeans>", "BR-CL-16"),
        ("<ram:CategoryCode>S", "<ram:CategoryCode>Q", "BR-CL-18"),
    ],
)  # fmt: skip
def test_a_code_that_its_list_does_not_hold_is_named(before: str, after: str, rule: str) -> None:
    assert before in CII
    assert rule in _rules(CII.replace(before, after))


@pytest.mark.parametrize("day", ["20261305", "2026-11-05"])
def test_a_day_that_is_none_is_named(day: str) -> None:
    assert _rules(CII.replace("20261105", day)) == ["CII-DT-097"]


def test_amounts_have_two_decimals_and_prices_as_many_as_they_need() -> None:
    assert "BR-DEC-18" in _rules(CII.replace("<ram:DuePayableAmount>119.00", "<ram:DuePayableAmount>119.001"))
    assert _rules(CII.replace("<ram:ChargeAmount>50.00", "<ram:ChargeAmount>50.0000")) == []


@pytest.mark.parametrize(
    "text",
    [
        CII.replace("<ram:Name>Lampe</ram:Name>", "<ram:Name>Lampe</ram:Name>" * 2),
        UBL.replace("<cbc:DocumentCurrencyCode>", "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
                    "<cbc:DocumentCurrencyCode>"),
    ],
)  # fmt: skip
def test_a_value_that_is_repeated_is_a_finding_and_no_crash(text: str) -> None:
    assert "EN16931-form" in _rules(text)


def test_an_element_that_the_format_does_not_know_breaks_the_schema() -> None:
    assert "XSD" in _rules(
        CII.replace("<ram:TypeCode>380</ram:TypeCode>", "<ram:TypeCode>380</ram:TypeCode><ram:Odd/>")
    )


def test_a_profile_holds_only_what_it_may() -> None:
    minimum = CII.replace("urn:cen.eu:en16931:2017", "urn:factur-x.eu:1p0:minimum")
    assert "XSD" in _rules(minimum)


def test_any_thread_and_a_forked_child_may_ask() -> None:
    found: list[list[str]] = []
    thread = threading.Thread(target=lambda: found.append(_rules(UBL)))
    thread.start()
    thread.join(60)
    assert found == [[]]
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool:
        assert pool.submit(_rules, UBL).result(60) == []
