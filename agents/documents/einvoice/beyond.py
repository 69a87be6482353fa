"""What is doubtful in an e-invoice that breaks no rule: a line's amount that does not follow from its price, an
allowance or charge that is not its percentage of its base, a price whose quantity is none or in another unit
(PEPPOL-EN16931-R120, R040, R121, R130, with Peppol's own slack), a currency repeated at amounts (CII-DT-031), a VAT
number of the seller's without the form of its country (that of the European Commission's VIES), what an XRechnung
should hold and need not. Published valid examples have such lines and numbers, so these are reasons to look and no
broken rules."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from lxml import etree
from stdnum import get_cc_module
from stdnum.exceptions import InvalidFormat, InvalidLength, ValidationError

from agents.documents.einvoice import xrechnung
from agents.documents.einvoice.lookup import ZERO, money_at, text_at
from agents.documents.einvoice.official import REPEATED_CURRENCY, Violation
from agents.documents.einvoice.reader import Element, Invoice, find, money

SLACK = Decimal("0.02")
ONE = Decimal(1)


class Line(NamedTuple):
    """Where one syntax keeps what a line's amount is made of; `parts` are lines within a line."""

    path: str
    amount: str
    price: str
    base: str
    quantities: tuple[str, ...]
    changes: str
    indicator: str
    change: str
    parts: str
    allowances: tuple[str, ...]  # and charges, wherever they stand
    percentage: str
    whole: str  # what the percentage is taken of


_SETTLED = "SpecifiedLineTradeSettlement/"
_PRICE = "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/"
CII = Line(
    path="SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem",
    amount=_SETTLED + "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
    price=_PRICE + "ChargeAmount",
    base=_PRICE + "BasisQuantity",
    quantities=("SpecifiedLineTradeDelivery/BilledQuantity",),
    changes=_SETTLED + "SpecifiedTradeAllowanceCharge",
    indicator="ChargeIndicator/Indicator",
    change="ActualAmount",
    parts="AssociatedDocumentLineDocument/LineStatusReasonCode",
    allowances=("SpecifiedTradeAllowanceCharge", "AppliedTradeAllowanceCharge"),
    percentage="CalculationPercent",
    whole="BasisAmount",
)
UBL = Line(
    path="InvoiceLine|CreditNoteLine",
    amount="LineExtensionAmount",
    price="Price/PriceAmount",
    base="Price/BaseQuantity",
    quantities=("InvoicedQuantity", "CreditedQuantity"),
    changes="AllowanceCharge",
    indicator="ChargeIndicator",
    change="Amount",
    parts="SubInvoiceLine/ID",
    allowances=("AllowanceCharge",),
    percentage="MultiplierFactorNumeric",
    whole="BaseAmount",
)


def doubts(invoice: Invoice) -> Iterator[Violation]:
    """Yield what a person should look at in a CII or UBL invoice; nothing for other syntaxes."""
    places = {"cii": CII, "ubl": UBL}.get(invoice.syntax)
    if places is None:
        return
    lines = [line for path in places.path.split("|") for line, _ in find(invoice.root, path)]
    for number, line in enumerate(lines, 1):
        if not text_at(line, places.parts):
            yield from _priced(line, places, number)
        yield from _price_quantity(line, places, number)
    yield from _allowances(invoice, places)
    yield from _repeated_currency(invoice)
    yield from _vat_number(invoice)
    yield from xrechnung.doubts(invoice)


def _priced(line: Element, places: Line, number: int) -> Iterator[Violation]:
    amount, price = money_at(line, places.amount), money_at(line, places.price)
    quantity, base = money_at(line, *places.quantities), money_at(line, places.base) or ONE
    if amount is None or price is None or quantity is None:
        return
    whole = quantity * price / base
    for change, _ in find(line, places.changes):
        charge = text_at(change, places.indicator).lower() == "true"
        whole += (money_at(change, places.change) or ZERO) * (1 if charge else -1)
    if abs(whole - amount) > SLACK:
        yield Violation("PEPPOL-EN16931-R120", f"line {number}: {quantity} x {price} makes {whole:.2f}, not {amount}")


def _price_quantity(line: Element, places: Line, number: int) -> Iterator[Violation]:
    base = next((one for one, _ in find(line, places.base)), None)
    billed = next((one for path in places.quantities for one, _ in find(line, path)), None)
    if base is None or billed is None:
        return
    size, unit = money(base.text), base.get("unitCode")
    if size is not None and size <= 0:
        yield Violation("PEPPOL-EN16931-R121", f"line {number}: the price is for {size}")
    if unit and unit != billed.get("unitCode"):
        yield Violation("PEPPOL-EN16931-R130", f"line {number}: in {billed.get('unitCode')}, its price in {unit}")


def _allowances(invoice: Invoice, places: Line) -> Iterator[Violation]:
    for one in invoice.root.iter(etree.Element):
        if etree.QName(one).localname not in places.allowances:
            continue
        percentage, whole, amount = (money_at(one, path) for path in (places.percentage, places.whole, places.change))
        if percentage is None or whole is None or amount is None:
            continue
        if abs(abs(percentage * whole / 100) - abs(amount)) > SLACK:  # corrections differ in where they put the sign
            yield Violation("PEPPOL-EN16931-R040", f"{percentage} % of {whole} is not {amount}")


def _repeated_currency(invoice: Invoice) -> Iterator[Violation]:
    """A fatal rule of CEN's that takes nothing from the amounts: another currency than the invoice's breaks R051."""
    if invoice.syntax == "cii":
        for one in invoice.root.iter(etree.Element):
            if one.get("currencyID") and etree.QName(one).localname != "TaxTotalAmount":
                yield Violation(REPEATED_CURRENCY, "the currency is repeated at an amount")
                return


def _vat_number(invoice: Invoice) -> Iterator[Violation]:
    exact = invoice.values.get("seller_tax_number")
    number = "".join(exact.value.split()) if exact is not None else ""
    country = number[:2].lower()
    module = get_cc_module("gr" if country == "el" else country, "vat") if country.isalpha() and country else None
    if module is None:
        return
    try:
        module.validate(number)
    except (InvalidLength, InvalidFormat):
        yield Violation("VIES-VAT-number", f"{number} has not the form of a VAT number of {country.upper()}")
    except ValidationError:
        return  # a wrong check digit stands in many a made-up example; the field's own check says so
