"""Germany's rules (BR-DE) for e-invoices that say they are an XRechnung, in UBL and CII.

Source: KoSIT, "Spezifikation Standard XRechnung" 3.0.2, chapter "Geschäftsregeln", the rules that must hold (those that
should hold are doubts). BR-DE-16 is asked for the tax categories of lines. An XRechnung is told by its specification
identifier (BT-24); other invoices owe Germany nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from stdnum import iban
from stdnum.exceptions import ValidationError

from agents.documents.einvoice.lookup import text_at, texts
from agents.documents.einvoice.official import Violation
from agents.documents.einvoice.reader import Element, Invoice, find

TAXED = frozenset({"S", "Z", "E", "AE", "K", "G", "L", "M"})
TRANSFER, CARD, DEBIT = frozenset({"30", "58"}), frozenset({"48", "54", "55"}), frozenset({"59"})
TYPE_CODES = frozenset({"326", "380", "384", "389", "381", "875", "876", "877"})
CORRECTED = "384"
CASH_DISCOUNT = re.compile(r"#(?:SKONTO|VERZUG)#TAGE=\d+#PROZENT=\d+\.\d{2}(?:#BASISBETRAG=-?\d+\.\d{2})?#")
MAIL = re.compile(r"[^@\s.][^@\s]*[^@\s.]@[^@\s.][^@\s]*[^@\s.]")


class Places(NamedTuple):
    """Where one syntax keeps what the rules ask for; all are paths of local names."""

    identifier: str
    type_code: str
    buyer_reference: str
    preceding: str
    seller: str
    contact: str
    contact_name: tuple[str, ...]
    telephone: str
    mail: str
    buyer: str
    delivery: str
    city: str
    postcode: str
    tax_ids: tuple[str, ...]
    representative: str
    categories: tuple[str, ...]
    tax_group: str
    rate: str
    terms: str
    means: str
    means_code: str
    transfer: str
    transfer_account: str
    card: str
    mandate: tuple[str, ...]
    creditor: tuple[str, ...]
    debited: str
    attachment: str


_DEAL = "SupplyChainTradeTransaction/"
_PAY = _DEAL + "ApplicableHeaderTradeSettlement/"
_AGREE = _DEAL + "ApplicableHeaderTradeAgreement/"
CII = Places(
    identifier="ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID",
    type_code="ExchangedDocument/TypeCode",
    buyer_reference=_AGREE + "BuyerReference",
    preceding=_PAY + "InvoiceReferencedDocument/IssuerAssignedID",
    seller=_AGREE + "SellerTradeParty/PostalTradeAddress",
    contact=_AGREE + "SellerTradeParty/DefinedTradeContact",
    contact_name=("PersonName", "DepartmentName"),
    telephone="TelephoneUniversalCommunication/CompleteNumber",
    mail="EmailURIUniversalCommunication/URIID",
    buyer=_AGREE + "BuyerTradeParty/PostalTradeAddress",
    delivery=_DEAL + "ApplicableHeaderTradeDelivery/ShipToTradeParty/PostalTradeAddress",
    city="CityName",
    postcode="PostcodeCode",
    tax_ids=(_AGREE + "SellerTradeParty/SpecifiedTaxRegistration/ID",),
    representative=_AGREE + "SellerTaxRepresentativeTradeParty",
    categories=(
        _DEAL + "IncludedSupplyChainTradeLineItem/SpecifiedLineTradeSettlement/ApplicableTradeTax/CategoryCode",),
    tax_group=_PAY + "ApplicableTradeTax",
    rate="RateApplicablePercent",
    terms=_PAY + "SpecifiedTradePaymentTerms/Description",
    means=_PAY + "SpecifiedTradeSettlementPaymentMeans",
    means_code="TypeCode",
    transfer="PayeePartyCreditorFinancialAccount",
    transfer_account="PayeePartyCreditorFinancialAccount/IBANID",
    card="ApplicableTradeSettlementFinancialCard",
    mandate=(_PAY + "SpecifiedTradePaymentTerms/DirectDebitMandateID",),
    creditor=(_PAY + "CreditorReferenceID",),
    debited=_PAY + "SpecifiedTradeSettlementPaymentMeans/PayerPartyDebtorFinancialAccount/IBANID",
    attachment=_AGREE + "AdditionalReferencedDocument/AttachmentBinaryObject",
)  # fmt: skip
_SELLER, _BUYER = "AccountingSupplierParty/Party/", "AccountingCustomerParty/Party/"
UBL = Places(
    identifier="CustomizationID",
    type_code="InvoiceTypeCode|CreditNoteTypeCode",
    buyer_reference="BuyerReference",
    preceding="BillingReference/InvoiceDocumentReference/ID",
    seller=_SELLER + "PostalAddress",
    contact=_SELLER + "Contact",
    contact_name=("Name",),
    telephone="Telephone",
    mail="ElectronicMail",
    buyer=_BUYER + "PostalAddress",
    delivery="Delivery/DeliveryLocation/Address",
    city="CityName",
    postcode="PostalZone",
    tax_ids=(_SELLER + "PartyTaxScheme/CompanyID",),
    representative="TaxRepresentativeParty",
    categories=("InvoiceLine/Item/ClassifiedTaxCategory/ID", "CreditNoteLine/Item/ClassifiedTaxCategory/ID"),
    tax_group="TaxTotal/TaxSubtotal",
    rate="TaxCategory/Percent",
    terms="PaymentTerms/Note",
    means="PaymentMeans",
    means_code="PaymentMeansCode",
    transfer="PayeeFinancialAccount",
    transfer_account="PayeeFinancialAccount/ID",
    card="CardAccount",
    mandate=("PaymentMeans/PaymentMandate/ID",),
    creditor=(_SELLER + "PartyIdentification/ID[@schemeID='SEPA']",
              "PayeeParty/PartyIdentification/ID[@schemeID='SEPA']"),
    debited="PaymentMeans/PaymentMandate/PayerFinancialAccount/ID",
    attachment="AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject",
)  # fmt: skip


def violations(invoice: Invoice) -> Iterator[Violation]:
    """Yield the BR-DE rules that an XRechnung breaks; nothing for other invoices."""
    places = _places(invoice)
    if places is not None:
        yield from _required(invoice.root, places)
        yield from _taxes(invoice.root, places)
        yield from _payment(invoice.root, places)
        yield from _attachments(invoice.root, places)


def doubts(invoice: Invoice) -> Iterator[Violation]:
    """Yield the BR-DE rules that should hold for an XRechnung and do not."""
    places = _places(invoice)
    if places is None:
        return
    code = text_at(invoice.root, *places.type_code.split("|"))
    if code and code not in TYPE_CODES:
        yield Violation("BR-DE-17", f"the type code {code} is none of XRechnung's")
    if code == CORRECTED and not text_at(invoice.root, places.preceding):
        yield Violation("BR-DE-26", "a corrected invoice should name the one that it corrects")
    telephone = text_at(invoice.root, f"{places.contact}/{places.telephone}")
    if telephone and sum(sign.isdigit() for sign in telephone) < 3:
        yield Violation("BR-DE-27", f"the seller's telephone number {telephone!r} has fewer than three digits")
    mail = text_at(invoice.root, f"{places.contact}/{places.mail}")
    if mail and not MAIL.fullmatch(mail):
        yield Violation("BR-DE-28", f"the seller's e-mail address {mail!r} is none")
    for means, _ in find(invoice.root, places.means):
        if text_at(means, places.means_code) == "58":
            yield from _iban("BR-DE-19", text_at(means, places.transfer_account))
        elif text_at(means, places.means_code) == "59":
            yield from _iban("BR-DE-20", text_at(invoice.root, places.debited))


def _places(invoice: Invoice) -> Places | None:
    places = {"cii": CII, "ubl": UBL}.get(invoice.syntax)
    known = places is not None and "xrechnung" in text_at(invoice.root, places.identifier).lower()
    return places if known else None


def _required(root: Element, places: Places) -> Iterator[Violation]:
    if not _there(root, places.means):
        yield Violation("BR-DE-1", "payment instructions are missing")
    if not text_at(root, places.buyer_reference):
        yield Violation("BR-DE-15", "the buyer reference (Leitweg-ID) is missing")
    if not _there(root, places.contact):
        yield Violation("BR-DE-2", "the seller's contact is missing")
    asked = (
        ("BR-DE-3", "seller's city", places.seller, (places.city,)),
        ("BR-DE-4", "seller's postcode", places.seller, (places.postcode,)),
        ("BR-DE-5", "name of the seller's contact", places.contact, places.contact_name),
        ("BR-DE-6", "telephone number of the seller's contact", places.contact, (places.telephone,)),
        ("BR-DE-7", "e-mail address of the seller's contact", places.contact, (places.mail,)),
        ("BR-DE-8", "buyer's city", places.buyer, (places.city,)),
        ("BR-DE-9", "buyer's postcode", places.buyer, (places.postcode,)),
        ("BR-DE-10", "city of delivery", places.delivery, (places.city,)),
        ("BR-DE-11", "postcode of delivery", places.delivery, (places.postcode,)),
        ("BR-DE-14", "VAT rate", places.tax_group, (places.rate,)),
    )
    for rule, what, group, parts in asked:
        if any(not text_at(one, *parts) for one, _ in find(root, group)):
            yield Violation(rule, f"the {what} is missing")


def _taxes(root: Element, places: Places) -> Iterator[Violation]:
    used = TAXED & set(texts(root, *places.categories))
    if used and not text_at(root, *places.tax_ids) and not _there(root, places.representative):
        yield Violation("BR-DE-16", f"VAT category {', '.join(sorted(used))} without a tax number of the seller")


def _payment(root: Element, places: Places) -> Iterator[Violation]:
    for terms, _ in find(root, places.terms):
        lines = [line.strip() for line in (terms.text or "").splitlines()]
        wrong = [line for line in lines if line.startswith("#") and not CASH_DISCOUNT.fullmatch(line)]
        if wrong:
            yield Violation("BR-DE-18", f"{wrong[0]!r} is not of the form #SKONTO#TAGE=14#PROZENT=2.00#")
        elif lines and lines[-1].startswith("#") and not (terms.text or "").rstrip(" \t").endswith("\n"):
            yield Violation("BR-DE-18", "the line of a cash discount does not end with a line break")
    mandate, creditor, debited = (
        text_at(root, *paths) for paths in (places.mandate, places.creditor, (places.debited,))
    )
    debit = bool(mandate or debited or (places is CII and creditor)) or _there(root, "PaymentMeans/PaymentMandate")
    for means, _ in find(root, places.means):
        yield from _means(means, places, debit)
    if debit:
        for rule, what, value in (
            ("BR-DE-29", "mandate reference", mandate),
            ("BR-DE-30", "creditor identifier", creditor),
            ("BR-DE-31", "debited account", debited),
        ):
            if not value:
                yield Violation(rule, f"a direct debit without its {what}")


def _means(means: Element, places: Places, debit: bool) -> Iterator[Violation]:
    code = text_at(means, places.means_code)
    transfer, card = _there(means, places.transfer), _there(means, places.card)
    for codes, number, name, own, others in (
        (TRANSFER, 23, "credit transfer", transfer, card or debit),
        (CARD, 24, "payment card", card, transfer or debit),
        (DEBIT, 25, "direct debit", debit, transfer or card),
    ):
        if code in codes and not own:
            yield Violation(f"BR-DE-{number}-a", f"payment means {code} without the data of a {name}")
        if code in codes and others:
            yield Violation(f"BR-DE-{number}-b", f"payment means {code} with data of another kind than {name}")


def _attachments(root: Element, places: Places) -> Iterator[Violation]:
    names = [name for one, _ in find(root, places.attachment) if (name := one.get("filename"))]
    if len(set(names)) < len(names):
        yield Violation("BR-DE-22", "two attachments have the same file name")


def _iban(rule: str, number: str) -> Iterator[Violation]:
    try:
        iban.validate(number, check_country=False)
    except ValidationError:
        yield Violation(rule, f"{number!r} is no IBAN")


def _there(start: Element, path: str) -> bool:
    return any(True for _ in find(start, path))
