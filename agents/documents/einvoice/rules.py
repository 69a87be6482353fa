"""Business rules on an e-invoice, by name: what is missing and which sums are wrong.

UBL and CII: the official rule sets (`official.violations`), our own reading of EN 16931-1:2017 section 6.4 (BR-*,
BR-CO-*, and that all amounts are in BT-5's currency) where these say nothing, and Germany's rules (`xrechnung`) where
the invoice says that it is an XRechnung. Values the profile leaves out (MINIMUM and BASIC WL have no lines) are not
asked for. FatturaPA and Vietnamese invoices are held to their authorities' own checks (`national`).
"""

import codecs
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from agents.documents.einvoice import national, official, xrechnung
from agents.documents.einvoice.lookup import CENT, ZERO, money_at, money_of, text_at, texts
from agents.documents.einvoice.official import Violation
from agents.documents.einvoice.reader import Element, Invoice, find, money


class Places(NamedTuple):
    """Where one syntax keeps what the rules ask for; all are paths of local names."""

    required: tuple[tuple[str, str, tuple[str, ...]], ...]
    line: str
    line_required: tuple[tuple[str, str, tuple[str, ...]], ...]
    line_amount: str
    tax: str
    tax_base: str
    tax_amount: str
    tax_rate: str
    allowances: str
    charges: str
    rounding: str


_DEAL = "SupplyChainTradeTransaction/"
_PAY = _DEAL + "ApplicableHeaderTradeSettlement/"
_AGREE = _DEAL + "ApplicableHeaderTradeAgreement/"
_SUM = _PAY + "SpecifiedTradeSettlementHeaderMonetarySummation/"
CII = Places(
    required=(
        ("BR-01", "specification identifier", (
            "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID",)),
        ("BR-02", "invoice number", ("ExchangedDocument/ID",)),
        ("BR-03", "issue date", ("ExchangedDocument/IssueDateTime/DateTimeString",)),
        ("BR-04", "type code", ("ExchangedDocument/TypeCode",)),
        ("BR-05", "currency", (_PAY + "InvoiceCurrencyCode",)),
        ("BR-06", "seller's name", (_AGREE + "SellerTradeParty/Name",)),
        ("BR-07", "buyer's name", (_AGREE + "BuyerTradeParty/Name",)),
        ("BR-08", "seller's address", (_AGREE + "SellerTradeParty/PostalTradeAddress/*",)),
        ("BR-09", "seller's country", (_AGREE + "SellerTradeParty/PostalTradeAddress/CountryID",)),
        ("BR-10", "buyer's address", (_AGREE + "BuyerTradeParty/PostalTradeAddress/*",)),
        ("BR-11", "buyer's country", (_AGREE + "BuyerTradeParty/PostalTradeAddress/CountryID",)),
        ("BR-12", "sum of line amounts", (_SUM + "LineTotalAmount",)),
        ("BR-13", "total without VAT", (_SUM + "TaxBasisTotalAmount",)),
        ("BR-14", "total with VAT", (_SUM + "GrandTotalAmount",)),
        ("BR-15", "amount due", (_SUM + "DuePayableAmount",)),
    ),
    line=_DEAL + "IncludedSupplyChainTradeLineItem",
    line_required=(
        ("BR-21", "line identifier", ("AssociatedDocumentLineDocument/LineID",)),
        ("BR-22", "quantity", ("SpecifiedLineTradeDelivery/BilledQuantity",)),
        ("BR-24", "line amount", (
            "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",)),
        ("BR-25", "item name", ("SpecifiedTradeProduct/Name",)),
        ("BR-26", "net price", ("SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount",)),
        ("BR-CO-04", "VAT category", ("SpecifiedLineTradeSettlement/ApplicableTradeTax/CategoryCode",)),
    ),
    line_amount="SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
    tax=_PAY + "ApplicableTradeTax",
    tax_base="BasisAmount",
    tax_amount="CalculatedAmount",
    tax_rate="RateApplicablePercent",
    allowances=_SUM + "AllowanceTotalAmount",
    charges=_SUM + "ChargeTotalAmount",
    rounding=_SUM + "RoundingAmount",
)  # fmt: skip
_MONEY = "LegalMonetaryTotal/"
_SELLER, _BUYER = "AccountingSupplierParty/Party/", "AccountingCustomerParty/Party/"
UBL = Places(
    required=(
        ("BR-01", "specification identifier", ("CustomizationID",)),
        ("BR-02", "invoice number", ("ID",)),
        ("BR-03", "issue date", ("IssueDate",)),
        ("BR-04", "type code", ("InvoiceTypeCode", "CreditNoteTypeCode")),
        ("BR-05", "currency", ("DocumentCurrencyCode",)),
        ("BR-06", "seller's name", (_SELLER + "PartyLegalEntity/RegistrationName",)),
        ("BR-07", "buyer's name", (_BUYER + "PartyLegalEntity/RegistrationName",)),
        ("BR-08", "seller's address", (_SELLER + "PostalAddress/*",)),
        ("BR-09", "seller's country", (_SELLER + "PostalAddress/Country/IdentificationCode",)),
        ("BR-10", "buyer's address", (_BUYER + "PostalAddress/*",)),
        ("BR-11", "buyer's country", (_BUYER + "PostalAddress/Country/IdentificationCode",)),
        ("BR-12", "sum of line amounts", (_MONEY + "LineExtensionAmount",)),
        ("BR-13", "total without VAT", (_MONEY + "TaxExclusiveAmount",)),
        ("BR-14", "total with VAT", (_MONEY + "TaxInclusiveAmount",)),
        ("BR-15", "amount due", (_MONEY + "PayableAmount",)),
    ),
    line="InvoiceLine|CreditNoteLine",
    line_required=(
        ("BR-21", "line identifier", ("ID",)),
        ("BR-22", "quantity", ("InvoicedQuantity", "CreditedQuantity")),
        ("BR-24", "line amount", ("LineExtensionAmount",)),
        ("BR-25", "item name", ("Item/Name",)),
        ("BR-26", "net price", ("Price/PriceAmount",)),
        ("BR-CO-04", "VAT category", ("Item/ClassifiedTaxCategory/ID",)),
    ),
    line_amount="LineExtensionAmount",
    tax="TaxTotal/TaxSubtotal",
    tax_base="TaxableAmount",
    tax_amount="TaxAmount",
    tax_rate="TaxCategory/Percent",
    allowances=_MONEY + "AllowanceTotalAmount",
    charges=_MONEY + "ChargeTotalAmount",
    rounding=_MONEY + "PayableRoundingAmount",
)
VAT_TOTALS = ("TaxTotalAmount", "TaxAmount")
HEAD_ONLY = ("minimum", "basicwl")  # profiles without lines, by the end of their identifier
MINIMUM_LACKS = {"BR-08", "BR-10", "BR-11", "BR-12", "BR-CO-18"}


def check(invoice: Invoice) -> list[Violation]:
    """Return the broken rules of an e-invoice, each name once, none for a valid one."""
    found: dict[str, Violation] = {}
    for one in (*_declaration(invoice), *official.violations(invoice), *_own(invoice), *xrechnung.violations(invoice)):
        found.setdefault(one.rule, one)
    return list(found.values())


def _declaration(invoice: Invoice) -> Iterator[Violation]:
    """The XML declaration must name an encoding that exists (XML 1.0, 4.3.3)."""
    try:
        codecs.lookup(invoice.encoding or "utf-8")
    except LookupError:
        yield Violation("XML-encoding", f"the XML declares the unknown encoding {invoice.encoding!r}")


def _own(invoice: Invoice) -> list[Violation]:
    places = {"cii": CII, "ubl": UBL}.get(invoice.syntax)
    if places is None:
        return list(national.violations(invoice))
    profile = text_at(invoice.root, *places.required[0][2]).lower()
    head_only = profile.endswith(HEAD_ONLY)
    found = [
        Violation(rule, f"the {what} is missing")
        for rule, what, paths in places.required
        if not text_at(invoice.root, *paths) and not (profile.endswith("minimum") and rule in MINIMUM_LACKS)
        if not (head_only and rule == "BR-12")
    ]
    if not head_only:
        found += _lines(invoice, places)
    return [*found, *_sums(invoice, places, head_only), *_currencies(invoice)]


def _currencies(invoice: Invoice) -> Iterator[Violation]:
    """All amounts are in the invoice's currency (BT-5), but for the VAT total in the accounting currency."""
    for element in invoice.root.iter(etree.Element):
        other, name = element.get("currencyID"), etree.QName(element).localname
        if other and invoice.currency and other != invoice.currency and name not in VAT_TOTALS:
            yield Violation("PEPPOL-EN16931-R051", f"{name} is in {other}, the invoice in {invoice.currency}")


def _lines(invoice: Invoice, places: Places) -> list[Violation]:
    lines = [line for path in places.line.split("|") for line, _ in find(invoice.root, path)]
    if not lines:
        return [Violation("BR-16", "there is no line")]
    found = []
    for number, line in enumerate(lines, 1):
        for rule, what, paths in places.line_required:
            if not text_at(line, *paths):
                found.append(Violation(rule, f"line {number}: the {what} is missing"))
    amounts = [money_at(line, places.line_amount) for line in lines]
    whole = money_of(invoice, "line_total")
    if whole is not None and None not in amounts:
        total = sum((amount for amount in amounts if amount is not None), ZERO)
        if abs(total - whole) > CENT and not _subtotals(invoice):
            found.append(Violation("BR-CO-10", f"the line amounts add up to {total}, not to {whole}"))
    return found


def _subtotals(invoice: Invoice) -> bool:
    """EXTENDED invoices may group lines; then a plain sum counts some twice."""
    path = _DEAL + "IncludedSupplyChainTradeLineItem/AssociatedDocumentLineDocument/ParentLineID"
    return any(True for _ in find(invoice.root, path))


def _sums(invoice: Invoice, places: Places, head_only: bool) -> Iterator[Violation]:
    net, vat, total, due = (money_of(invoice, role) for role in ("net", "vat", "total", "due"))
    lines, prepaid = money_of(invoice, "line_total"), money_of(invoice, "prepaid") or ZERO
    less, more, rounding = (
        sum((money(text) or ZERO for text in texts(invoice.root, path)), ZERO)
        for path in (places.allowances, places.charges, places.rounding)
    )
    if lines is not None and net is not None and abs(lines - less + more - net) > CENT:
        yield Violation("BR-CO-13", f"{lines} - {less} + {more} is not the total without VAT {net}")
    if net is not None and total is not None and abs(net + (vat or ZERO) - total) > CENT:
        yield Violation("BR-CO-15", f"{net} + VAT {vat or ZERO} is not the total with VAT {total}")
    if total is not None and due is not None and abs(total - prepaid + rounding - due) > CENT and not head_only:
        yield Violation("BR-CO-16", f"{total} - paid {prepaid} + rounding {rounding} is not the amount due {due}")
    yield from _taxes(invoice, places, vat)


def _taxes(invoice: Invoice, places: Places, vat: Decimal | None) -> Iterator[Violation]:
    groups = [group for group, _ in find(invoice.root, places.tax)]
    taxed = []
    for group in groups:
        base, amount, rate = (money_at(group, path) for path in (places.tax_base, places.tax_amount, places.tax_rate))
        if amount is not None and _in_currency(group, places, invoice.currency):
            taxed.append(amount)
        if base is not None and amount is not None and rate is not None and abs(base * rate / 100 - amount) > 1:
            yield Violation("BR-CO-17", f"{rate} % of {base} is not {amount}")
    if taxed and vat is not None and abs(sum(taxed, ZERO) - vat) > CENT:
        yield Violation("BR-CO-14", f"the VAT amounts add up to {sum(taxed, ZERO)}, not to {vat}")


def _in_currency(group: Element, places: Places, currency: str) -> bool:
    for element, _ in find(group, places.tax_amount):
        return element.get("currencyID") in (None, "", currency)
    return True
