"""Electronic invoices, read exactly from their XML: CII (Factur-X, ZUGFeRD 1 and 2, XRechnung), UBL, FatturaPA and
Vietnam's e-invoice (Decision 1450/QD-TCT). Every value keeps the path that it was read from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

Element = etree._Element  # lxml has no public name for its element type
LARGEST = 30_000_000  # characters
ENCODING = re.compile(r"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})")


class Exact(NamedTuple):
    """A value and where it stands."""

    value: str
    path: str


@dataclass(frozen=True)
class Invoice:
    """An e-invoice: `syntax` (cii, zugferd1, ubl, fatturapa, vn), `values` by role, `lines` by role."""

    syntax: str
    root: Element
    values: Mapping[str, Exact] = field(default_factory=dict)
    lines: tuple[Mapping[str, Exact], ...] = ()
    currency: str = ""
    encoding: str = ""  # as the XML declares it


Paths = Mapping[str, tuple[str, ...]]
_CII_DEAL = "SupplyChainTradeTransaction/"
_CII_SUM = _CII_DEAL + "ApplicableHeaderTradeSettlement/SpecifiedTradeSettlementHeaderMonetarySummation/"
_CII_PAY = _CII_DEAL + "ApplicableHeaderTradeSettlement/"
_CII_AGREE = _CII_DEAL + "ApplicableHeaderTradeAgreement/"
CII: Paths = {
    "invoice_number": ("ExchangedDocument/ID",),
    "type_code": ("ExchangedDocument/TypeCode",),
    "invoice_date": ("ExchangedDocument/IssueDateTime/DateTimeString",),
    "due_date": (_CII_PAY + "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString",),
    "currency": (_CII_PAY + "InvoiceCurrencyCode",),
    "seller_name": (_CII_AGREE + "SellerTradeParty/Name",),
    "seller_tax_number": (_CII_AGREE + "SellerTradeParty/SpecifiedTaxRegistration/ID[@schemeID='VA']",
                          _CII_AGREE + "SellerTradeParty/SpecifiedTaxRegistration/ID"),
    "buyer_name": (_CII_AGREE + "BuyerTradeParty/Name",),
    "order_number": (_CII_AGREE + "BuyerOrderReferencedDocument/IssuerAssignedID",),
    "iban": (_CII_PAY + "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID",),
    "line_total": (_CII_SUM + "LineTotalAmount",),
    "net": (_CII_SUM + "TaxBasisTotalAmount",),
    "vat": (_CII_SUM + "TaxTotalAmount",),
    "total": (_CII_SUM + "GrandTotalAmount",),
    "prepaid": (_CII_SUM + "TotalPrepaidAmount",),
    "due": (_CII_SUM + "DuePayableAmount",),
}  # fmt: skip
_Z1_DEAL = "SpecifiedSupplyChainTradeTransaction/"
_Z1_SUM = _Z1_DEAL + "ApplicableSupplyChainTradeSettlement/SpecifiedTradeSettlementMonetarySummation/"
_Z1_PAY = _Z1_DEAL + "ApplicableSupplyChainTradeSettlement/"
_Z1_AGREE = _Z1_DEAL + "ApplicableSupplyChainTradeAgreement/"
ZUGFERD1: Paths = {
    "invoice_number": ("HeaderExchangedDocument/ID",),
    "type_code": ("HeaderExchangedDocument/TypeCode",),
    "invoice_date": ("HeaderExchangedDocument/IssueDateTime/DateTimeString", "HeaderExchangedDocument/IssueDateTime"),
    "due_date": (_Z1_PAY + "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString",),
    "currency": (_Z1_PAY + "InvoiceCurrencyCode",),
    "seller_name": (_Z1_AGREE + "SellerTradeParty/Name",),
    "seller_tax_number": (_Z1_AGREE + "SellerTradeParty/SpecifiedTaxRegistration/ID[@schemeID='VA']",
                          _Z1_AGREE + "SellerTradeParty/SpecifiedTaxRegistration/ID"),
    "buyer_name": (_Z1_AGREE + "BuyerTradeParty/Name",),
    "order_number": (_Z1_AGREE + "BuyerOrderReferencedDocument/ID",),
    "iban": (_Z1_PAY + "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID",),
    "line_total": (_Z1_SUM + "LineTotalAmount",),
    "net": (_Z1_SUM + "TaxBasisTotalAmount",),
    "vat": (_Z1_SUM + "TaxTotalAmount",),
    "total": (_Z1_SUM + "GrandTotalAmount",),
    "prepaid": (_Z1_SUM + "TotalPrepaidAmount",),
    "due": (_Z1_SUM + "DuePayableAmount",),
}  # fmt: skip
UBL: Paths = {
    "invoice_number": ("ID",),
    "type_code": ("InvoiceTypeCode", "CreditNoteTypeCode"),
    "invoice_date": ("IssueDate",),
    "due_date": ("DueDate", "PaymentMeans/PaymentDueDate"),
    "currency": ("DocumentCurrencyCode",),
    "seller_name": ("AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName",
                    "AccountingSupplierParty/Party/PartyName/Name"),
    "seller_tax_number": ("AccountingSupplierParty/Party/PartyTaxScheme/CompanyID",),
    "buyer_name": ("AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName",
                   "AccountingCustomerParty/Party/PartyName/Name"),
    "order_number": ("OrderReference/ID",),
    "iban": ("PaymentMeans/PayeeFinancialAccount/ID",),
    "line_total": ("LegalMonetaryTotal/LineExtensionAmount",),
    "net": ("LegalMonetaryTotal/TaxExclusiveAmount",),
    "vat": ("TaxTotal/TaxAmount",),
    "total": ("LegalMonetaryTotal/TaxInclusiveAmount",),
    "prepaid": ("LegalMonetaryTotal/PrepaidAmount",),
    "due": ("LegalMonetaryTotal/PayableAmount",),
}  # fmt: skip
_IT_HEAD = "FatturaElettronicaHeader/CedentePrestatore/DatiAnagrafici/"
_IT_BODY = "FatturaElettronicaBody/DatiGenerali/DatiGeneraliDocumento/"
FATTURAPA: Paths = {
    "invoice_number": (_IT_BODY + "Numero",),
    "type_code": (_IT_BODY + "TipoDocumento",),
    "invoice_date": (_IT_BODY + "Data",),
    "due_date": ("FatturaElettronicaBody/DatiPagamento/DettaglioPagamento/DataScadenzaPagamento",),
    "currency": (_IT_BODY + "Divisa",),
    "seller_name": (_IT_HEAD + "Anagrafica/Denominazione", _IT_HEAD + "Anagrafica/Cognome"),
    "seller_tax_number": (_IT_HEAD + "IdFiscaleIVA/IdCodice",),
    "buyer_name": ("FatturaElettronicaHeader/CessionarioCommittente/DatiAnagrafici/Anagrafica/Denominazione",
                   "FatturaElettronicaHeader/CessionarioCommittente/DatiAnagrafici/Anagrafica/Cognome"),
    "order_number": ("FatturaElettronicaBody/DatiGenerali/DatiOrdineAcquisto/IdDocumento",),
    "iban": ("FatturaElettronicaBody/DatiPagamento/DettaglioPagamento/IBAN",),
    "net": ("FatturaElettronicaBody/DatiBeniServizi/DatiRiepilogo/ImponibileImporto",),
    "vat": ("FatturaElettronicaBody/DatiBeniServizi/DatiRiepilogo/Imposta",),
    "total": (_IT_BODY + "ImportoTotaleDocumento",),
    "due": ("FatturaElettronicaBody/DatiPagamento/DettaglioPagamento/ImportoPagamento",),
}  # fmt: skip
_VN = "DLHDon/NDHDon/"
VIETNAM: Paths = {
    "invoice_number": ("DLHDon/TTChung/SHDon",),
    "series": ("DLHDon/TTChung/KHHDon",),
    "invoice_date": ("DLHDon/TTChung/NLap",),
    "currency": ("DLHDon/TTChung/DVTTe",),
    "seller_name": (_VN + "NBan/Ten",),
    "seller_tax_number": (_VN + "NBan/MST",),
    "buyer_name": (_VN + "NMua/Ten", _VN + "NMua/HVTNMHang"),
    "iban": (_VN + "NBan/STKNHang",),
    "net": (_VN + "TToan/TgTCThue",),
    "vat": (_VN + "TToan/TgTThue",),
    "total": (_VN + "TToan/TgTTTBSo",),
}
_LINE_CII = {
    "description": ("SpecifiedTradeProduct/Name",),
    "quantity": ("SpecifiedLineTradeDelivery/BilledQuantity", "SpecifiedSupplyChainTradeDelivery/BilledQuantity"),
    "price": ("SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount",
              "SpecifiedSupplyChainTradeAgreement/NetPriceProductTradePrice/ChargeAmount"),
    "amount": ("SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
               "SpecifiedSupplyChainTradeSettlement/SpecifiedTradeSettlementMonetarySummation/LineTotalAmount"),
}  # fmt: skip
_LINE_UBL = {
    "description": ("Item/Name",),
    "quantity": ("InvoicedQuantity", "CreditedQuantity"),
    "price": ("Price/PriceAmount",),
    "amount": ("LineExtensionAmount",),
}
_LINE_IT = {
    "description": ("Descrizione",),
    "quantity": ("Quantita",),
    "price": ("PrezzoUnitario",),
    "amount": ("PrezzoTotale",),
}
_LINE_VN = {"description": ("THHDVu",), "quantity": ("SLuong",), "price": ("DGia",), "amount": ("ThTien",)}
SYNTAXES: dict[str, tuple[str, Paths, str, Paths]] = {
    "CrossIndustryInvoice": ("cii", CII, _CII_DEAL + "IncludedSupplyChainTradeLineItem", _LINE_CII),
    "CrossIndustryDocument": ("zugferd1", ZUGFERD1, _Z1_DEAL + "IncludedSupplyChainTradeLineItem", _LINE_CII),
    "Invoice": ("ubl", UBL, "InvoiceLine", _LINE_UBL),
    "CreditNote": ("ubl", UBL, "CreditNoteLine", _LINE_UBL),
    "FatturaElettronica": ("fatturapa", FATTURAPA, "FatturaElettronicaBody/DatiBeniServizi/DettaglioLinee", _LINE_IT),
    "HDon": ("vn", VIETNAM, _VN + "DSHHDVu/HHDVu", _LINE_VN),
}


def read_invoice(text: str) -> Invoice | None:
    """Read an e-invoice from its XML; None where the XML is another kind. Raises ValueError for XML that is not
    well-formed. Entities are not expanded and nothing is fetched."""
    root = parse_xml(text)
    known = SYNTAXES.get(etree.QName(root).localname)
    if known is None:
        return None
    syntax, paths, line_path, line_paths = known
    values = {role: exact for role, options in paths.items() if (exact := _first(root, options)) is not None}
    lines = tuple(
        {role: exact for role, options in line_paths.items() if (exact := _first(line, options, place)) is not None}
        for line, place in find(root, line_path)
    )
    if syntax == "fatturapa":
        values |= _italian_sums(root, values)
    if syntax in ("cii", "zugferd1", "ubl"):
        values |= _tax_in_currency(root, paths["vat"], values)
    currency = values["currency"].value if "currency" in values else "VND" if syntax == "vn" else ""
    declared = ENCODING.match(text[:300].lstrip("\ufeff \r\n\t"))
    return Invoice(syntax, root, values, lines, currency, declared.group(1) if declared else "")


def parse_xml(text: str) -> Element:
    """Parse XML without entities, network or huge trees. Raises ValueError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    body = text.lstrip("\ufeff \r\n\t")
    if body.startswith("<?xml") and "?>" in body[:300]:
        body = body.split("?>", 1)[1]  # it was decoded already: the declared encoding no longer holds
    if len(body) > LARGEST:
        raise ValueError("the XML is too large")
    try:
        return etree.fromstring(body.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed XML: {error.msg}") from None


def find(start: Element, path: str, place: str = "") -> Iterator[tuple[Element, str]]:
    """Yield the elements at a path of local names (a condition `[@name='value']` may end it), with their own paths."""
    wanted, condition = path, ""
    if path.endswith("]"):
        wanted, condition = path[:-1].split("[@", 1)
    level = [(start, place)]
    for step in wanted.split("/"):
        following = []
        for element, at in level:
            number = 0
            for child in element.iterchildren(tag=etree.Element):
                if etree.QName(child).localname == step:
                    number += 1
                    following.append((child, f"{at}/{step}[{number}]"))
        level = following
    for element, at in level:
        if condition:
            name, value = condition.split("=")
            if element.get(name) != value.strip("'"):
                continue
        yield element, at


def money(text: str | None) -> Decimal | None:
    """Return the number that a text is, None where it is none. It must be a decimal of XML Schema: NaN and 1E+9 are
    numbers to Python only."""
    number = (text or "").strip()
    return Decimal(number) if DECIMAL.fullmatch(number) else None


def _first(start: Element, options: tuple[str, ...], place: str = "") -> Exact | None:
    for path in options:
        for element, at in find(start, path, place):
            text = " ".join((element.text or "").split())
            if text:
                return Exact(text, at)
    return None


def _tax_in_currency(root: Element, paths: tuple[str, ...], values: Mapping[str, Exact]) -> dict[str, Exact]:
    """The tax total may be given a second time in the accounting currency: the invoice's own currency counts."""
    currency = values["currency"].value if "currency" in values else ""
    for path in paths:
        found = [(element, at) for element, at in find(root, path) if (element.text or "").strip()]
        for element, at in found:
            if element.get("currencyID") == currency:
                return {"vat": Exact((element.text or "").strip(), at)}
    return {}


def _italian_sums(root: Element, values: Mapping[str, Exact]) -> dict[str, Exact]:
    """FatturaPA gives net and tax by rate only, and the total is optional: they are summed up."""
    sums: dict[str, Exact] = {}
    base = "FatturaElettronicaBody/DatiBeniServizi/DatiRiepilogo/"
    for role, name in (("net", "ImponibileImporto"), ("vat", "Imposta")):
        amounts = [money(element.text) for element, _ in find(root, base + name)]
        parts = [amount for amount in amounts if amount is not None]
        if parts and len(parts) == len(amounts):
            sums[role] = Exact(str(sum(parts)), "/" + base + name)
    if "total" not in values and {"net", "vat"} <= set(sums):
        sums["total"] = Exact(str(Decimal(sums["net"].value) + Decimal(sums["vat"].value)), sums["net"].path)
    return sums
