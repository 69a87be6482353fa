"""An independent reading of an e-invoice's main fields, to hold ours against: namespaced XPath on the file as it lies
there (PDFs by factur-x's own extractor), written beside none of our paths."""

import io
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Any

from lxml import etree

NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "z1": "urn:ferd:CrossIndustryDocument:invoice:1p0",
    "r12": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_TOTALS = "//ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_TOTALS_1 = "//r12:SpecifiedTradeSettlementMonetarySummation[ancestor::r12:ApplicableSupplyChainTradeSettlement]"
FORMS: dict[str, dict[str, str]] = {
    "CrossIndustryInvoice": {
        "invoice_number": "string(//rsm:ExchangedDocument/ram:ID)",
        "invoice_date": "string(//rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString)",
        "seller_name": "string(//ram:SellerTradeParty/ram:Name)",
        "net": f"string({_TOTALS}/ram:TaxBasisTotalAmount)",
        "total": f"string({_TOTALS}/ram:GrandTotalAmount)",
        "vat": f"string({_TOTALS}/ram:TaxTotalAmount[not(@currencyID) or @currencyID = //ram:InvoiceCurrencyCode])",
    },
    "CrossIndustryDocument": {
        "invoice_number": "string(//z1:HeaderExchangedDocument/r12:ID)",
        "invoice_date": "string(//z1:HeaderExchangedDocument/r12:IssueDateTime)",
        "seller_name": "string(//r12:SellerTradeParty/r12:Name)",
        "net": f"string({_TOTALS_1}/r12:TaxBasisTotalAmount)",
        "total": f"string({_TOTALS_1}/r12:GrandTotalAmount)",
        "vat": f"string({_TOTALS_1}/r12:TaxTotalAmount)",
    },
    "FatturaElettronica": {
        "invoice_number": "string(//DatiGeneraliDocumento/Numero)",
        "invoice_date": "string(//DatiGeneraliDocumento/Data)",
        "seller_name": "string(//CedentePrestatore//Anagrafica/Denominazione)",
        "net": "string(sum(//DatiRiepilogo/ImponibileImporto))",
        "vat": "string(sum(//DatiRiepilogo/Imposta))",
    },
}
_PARTY = "//cac:AccountingSupplierParty/cac:Party"
_UBL = {
    "invoice_number": "string(/*/cbc:ID)",
    "invoice_date": "string(/*/cbc:IssueDate)",
    "seller_name": f"string(({_PARTY}/cac:PartyLegalEntity/cbc:RegistrationName | {_PARTY}[not(cac:PartyLegalEntity"
    "/cbc:RegistrationName)]/cac:PartyName/cbc:Name)[1])",
    "net": "string(/*/cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount)",
    "total": "string(/*/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount)",
    "vat": "string(/*/cac:TaxTotal/cbc:TaxAmount[@currencyID = /*/cbc:DocumentCurrencyCode])",
}
FORMS |= {"Invoice": _UBL, "CreditNote": _UBL}
MONEY = frozenset({"net", "vat", "total"})


def main_fields(path: Path) -> dict[str, str]:
    """Return what the file's XML says, by our fields' names; what it does not say is left out."""
    root = _root(path)
    form = FORMS.get(etree.QName(root).localname, {}) if root is not None else {}
    found = {name: " ".join(str(root.xpath(where, namespaces=NAMESPACES)).split()) for name, where in form.items()}
    return {name: text for name, text in found.items() if text and text != "NaN"}


def alike(name: str, ours: str | None, theirs: str) -> bool:
    """Say whether our normalised value is exactly theirs: the same number, the same day, the same letters."""
    if ours is None:
        return False
    if name in MONEY:
        try:
            return Decimal(ours.split(" ")[0]) == Decimal(theirs)
        except InvalidOperation:
            return False
    if name == "invoice_date":
        return ours.replace("-", "") == theirs.replace("-", "")[:8]
    return ours == theirs


def _root(path: Path) -> Any:
    data = path.read_bytes()
    if path.suffix.lower() == ".pdf":
        data = next(_attached(data), b"")
    try:
        return etree.parse(io.BytesIO(data), etree.XMLParser(resolve_entities=False)).getroot()
    except (etree.XMLSyntaxError, LookupError):
        return None


def _attached(data: bytes) -> Iterator[bytes]:
    name, xml = import_module("facturx").get_xml_from_pdf(data, check_xsd=False, check_schematron=False)
    if name:
        yield xml
