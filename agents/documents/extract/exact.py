"""Fields that need no reading between the lines: from e-invoice XML, QR codes and machine-readable zones."""

import re
from datetime import date

from agents.documents.einvoice.reader import Invoice, money, read_invoice
from agents.documents.extract.mrz import Zone
from agents.documents.values import Reading, evidence
from agents.fields_file import FieldSpec
from core.contracts import Evidence, FieldValue

ALIASES = {"date": "invoice_date", "issue_date": "invoice_date", "company": "seller_name"}
SURE = 0.99


def invoice_of(reading: Reading) -> Invoice | None:
    """Return the e-invoice in a reading, if it holds one that can be parsed: the first, but ZUGFeRD 1 gives way to its
    successor where a PDF carries both."""
    older = None
    for one in reading.embedded:
        try:
            found = read_invoice(one.text)
        except ValueError:
            continue
        if found is not None and found.syntax != "zugferd1":
            return found
        older = older or found
    return older


def from_invoice(invoice: Invoice, spec: FieldSpec) -> FieldValue | None:
    """Return a field's value from the XML by its role, or None where the XML does not say it."""
    role = ALIASES.get(spec.meaning, spec.meaning)
    exact = invoice.values.get(role)
    if exact is None:
        return None
    normalised = normalise(exact.value, spec.type, invoice.currency)
    if normalised is None:
        return None
    return FieldValue(
        name=spec.name,
        type=spec.type,
        value=exact.value,
        normalised=normalised,
        score=SURE,
        evidence=Evidence(kind="xml", path=exact.path, text=exact.value),
    )


def normalise(value: str, kind: str, currency: str) -> str | None:
    """Return the canonical form of a value from XML; None where it is not of its type."""
    if kind == "date":
        digits = re.sub(r"\D", "", value)[:8]
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).isoformat()
        except ValueError:
            return None
    if kind in ("money", "number", "integer", "percent"):
        number = money(value.replace(",", ".") if value.count(",") == 1 and "." not in value else value)
        if number is None:
            return None
        return f"{number:f} {currency}".strip() if kind == "money" else f"{number:f}"
    if kind in ("iban", "tax_number"):
        return re.sub(r"[\s.]", "", value).upper()
    return value


def from_codes(reading: Reading, spec: FieldSpec) -> FieldValue | None:
    """Return a field's value from the QR code of a Vietnamese identity card:
    number|old number|name|birth (ddmmyyyy)|sex|address|issued (ddmmyyyy)."""
    for code in reading.codes:
        parts = code.text.split("|")
        if code.kind != "qr" or len(parts) < 7 or not re.fullmatch(r"\d{12}", parts[0]):
            continue
        values = {
            "identity_number": parts[0],
            "full_name": parts[2],
            "birth_date": parts[3],
            "sex": parts[4],
            "holder_address": parts[5],
            "issue_date": parts[6],
        }
        value = values.get(spec.meaning, "")
        if not value:
            continue
        normalised: str | None = value
        if spec.type == "date":
            try:
                normalised = date(int(value[4:8]), int(value[2:4]), int(value[:2])).isoformat()
            except ValueError:
                continue
        where = Evidence(kind="code", page=code.page, box=code.box, path="qr", text=value)
        return FieldValue(
            name=spec.name, type=spec.type, value=value, normalised=normalised, score=SURE, evidence=where
        )
    return None


def from_zone(zone: Zone, spec: FieldSpec) -> FieldValue | None:
    """Return a field's value from a machine-readable zone. What its check digit proves is sure, the rest is not."""
    values = {
        "identity_number": (zone.number, "number"),
        "full_name": (zone.names, "names"),
        "birth_date": (zone.birth, "birth"),
        "sex": (zone.sex, "sex"),
        "nationality": (zone.nationality, "nationality"),
        "expiry_date": (zone.expiry, "expiry"),
    }
    value, part = values.get(spec.meaning, ("", ""))
    if not value:
        return None
    where = evidence(zone.cells[0].page, zone.cells[0].line)
    score, reason = _proof(zone, part)
    return FieldValue(
        name=spec.name,
        type=spec.type,
        value=value,
        normalised=value,
        score=score,
        evidence=where.model_copy(update={"kind": "code", "path": "mrz", "text": value}),
        reason=reason,
    )


def _proof(zone: Zone, part: str) -> tuple[float, str]:
    """Return the score of a part of the zone, and what speaks against it."""
    if part in ("number", "birth", "expiry"):
        if part not in zone.checked:
            return 0.3, "the check digit is wrong"
        return (SURE, "") if part in zone.sure else (0.6, "the check digit of the whole zone is wrong")
    return (0.85, "") if part in zone.sure else (0.5, "no check digit proves it, and it is not clear")
