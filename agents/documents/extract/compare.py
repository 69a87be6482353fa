"""When a value that was read is the expected one: letters and digits alike, or the same date, or the same amount."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from agents.documents.extract.amounts import parse_number
from agents.documents.extract.text import squeeze
from core.contracts import FieldValue

NUMBER = re.compile(r"-?\d[\d.,]*")
NUMBERS = frozenset({"money", "number", "integer"})


def same(field: FieldValue, truth: str) -> bool:
    """Say whether a field has the expected value, ignoring case, accents, spaces and punctuation; sums are compared as
    numbers whatever currency stands beside them, dates also in ISO form."""
    if field.value is None:
        return False
    if squeeze(truth) in (squeeze(field.value), squeeze(field.normalised or "")):
        return True
    if field.type in NUMBERS:
        return _number(field.normalised) is not None and _number(field.normalised) == _number(truth)
    return field.type == "date" and _is_iso(truth) and field.normalised == truth[:10]


def _number(text: str | None) -> Decimal | None:
    found = NUMBER.search(text or "")
    plain = found.group() if found is not None else ""
    try:
        return Decimal(plain)
    except InvalidOperation:
        return parse_number(plain)[0] if plain else None


def _is_iso(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True
