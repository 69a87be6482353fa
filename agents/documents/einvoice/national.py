"""The checks that Italy's and Vietnam's tax authorities make themselves, by their own numbers where they have some.

FatturaPA: the controls of the Sistema di Interscambio (technical rules 1.9, codes 004xx). Vietnam: Decision
1450/QD-TCT's data format: number, date, seller's tax code and sums. ZUGFeRD 1 is held to its sums.
"""

from collections.abc import Iterator
from decimal import Decimal

from stdnum.exceptions import ValidationError
from stdnum.vn import mst

from agents.documents.einvoice.lookup import CENT, ZERO, money_at, money_of, text_at
from agents.documents.einvoice.official import Violation
from agents.documents.einvoice.reader import Element, Invoice, find, money

EURO = Decimal(1)
BODY = "FatturaElettronicaBody"
NEEDED = (("invoice_number", "number"), ("invoice_date", "date"), ("total", "total"))


def violations(invoice: Invoice) -> Iterator[Violation]:
    """Yield the broken rules of an invoice in FatturaPA, in Vietnam's format or in ZUGFeRD 1."""
    for role, what in NEEDED:
        if role not in invoice.values:
            yield Violation(f"{invoice.syntax}-{role}", f"the {what} is missing")
    if invoice.syntax == "fatturapa":
        yield from _italian(invoice)
        return
    if invoice.syntax == "vn":
        yield from _vietnamese(invoice)
    net, vat, total = (money_of(invoice, role) for role in ("net", "vat", "total"))
    if net is not None and vat is not None and total is not None and abs(net + vat - total) > CENT:
        yield Violation(f"{invoice.syntax}-total", f"{net} + {vat} is not {total}")


def _vietnamese(invoice: Invoice) -> Iterator[Violation]:
    """The seller's tax code carries a check digit; the rows' amounts add up to the sum before tax."""
    code = invoice.values["seller_tax_number"].value if "seller_tax_number" in invoice.values else ""
    try:
        mst.validate(code)
    except ValidationError:
        yield Violation("vn-MST", f"the seller's tax code {code!r} is missing or wrong")
    amounts = [money(line["amount"].value) for line in invoice.lines if "amount" in line]
    net = money_of(invoice, "net")
    whole = sum((one for one in amounts if one is not None), ZERO)
    if amounts and net is not None and abs(whole - net) > EURO * len(amounts) and not _has_discount(invoice):
        yield Violation("vn-TgTCThue", f"the rows add up to {whole}, not to {net}")


def _has_discount(invoice: Invoice) -> bool:
    """Rows of kind 3 (TChat) are discounts: what they take off is stated in more than one way."""
    rows = find(invoice.root, "DLHDon/NDHDon/DSHHDVu/HHDVu/TChat")
    return any((element.text or "").strip() == "3" for element, _ in rows)


def _italian(invoice: Invoice) -> Iterator[Violation]:
    for body, _ in find(invoice.root, BODY):
        for place, (line, _) in enumerate(find(body, "DatiBeniServizi/DettaglioLinee"), 1):
            yield from _italian_line(line, place)
        number = text_at(body, "DatiGenerali/DatiGeneraliDocumento/Numero")
        if number and not any(sign.isdigit() for sign in number):
            yield Violation("00425", "the invoice number holds no digit")
        for group, _ in find(body, "DatiBeniServizi/DatiRiepilogo"):
            yield from _italian_tax(group)


def _italian_line(line: Element, place: int) -> Iterator[Violation]:
    rate, nature = money_at(line, "AliquotaIVA"), text_at(line, "Natura")
    if rate == ZERO and not nature:
        yield Violation("00400", f"line {place}: a rate of zero needs its reason (Natura)")
    if rate is not None and rate != ZERO and nature:
        yield Violation("00401", f"line {place}: a reason (Natura) needs a rate of zero")
    price, quantity, total = (
        money_at(line, "PrezzoUnitario"),
        money_at(line, "Quantita") or Decimal(1),
        money_at(line, "PrezzoTotale"),
    )
    if price is None or total is None or any(True for _ in find(line, "ScontoMaggiorazione")):
        return
    if abs(price * quantity - total) > CENT:
        yield Violation("00423", f"line {place}: {quantity} x {price} is not {total}")


def _italian_tax(group: Element) -> Iterator[Violation]:
    base, rate, tax = money_at(group, "ImponibileImporto"), money_at(group, "AliquotaIVA"), money_at(group, "Imposta")
    if base is not None and rate is not None and tax is not None and abs(base * rate / 100 - tax) > CENT:
        yield Violation("00421", f"{rate} % of {base} is not {tax}")
    nature = text_at(group, "Natura")
    if rate == ZERO and not nature:
        yield Violation("00429", "a taxed sum at zero needs its reason (Natura)")
    if rate is not None and rate != ZERO and nature:
        yield Violation("00430", "a reason (Natura) needs a rate of zero")
