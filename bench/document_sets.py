"""Sets of documents with their true values: a folder of files and a folder of JSON keys with the same stems, keys
beside the files, or truth in the files' names (MERCHANT_DDMMYYYY_ITEMS_CENTS)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from agents.documents.extract.amounts import parse_number
from agents.documents.extract.text import squeeze
from core.contracts import FieldValue

FILES = {".jpg", ".jpeg", ".png", ".pdf", ".tif", ".tiff", ".heic", ".webp", ".docx", ".eml", ".html", ".txt", ".xml"}
NAMED = re.compile(r"^(?P<merchant>[a-z]+)_(?P<date>\d{8})_(?P<items>\d+)_(?P<cents>\d+)$")
# What other sets call our fields; the first name that a processor has is taken.
ALIASES = {
    "amount": ("total",),
    "amount_untaxed": ("net",),
    "amount_tax": ("vat",),
    "date": ("date", "invoice_date"),
    "date_due": ("due_date",),
    "issuer": ("seller_name", "company"),
    "vat": ("seller_tax_number", "tax_number"),
    "order_id": ("order_number",),
}
MONEY = {"money", "number", "integer"}


@dataclass(frozen=True)
class Case:
    """One file with its true values by the set's own names."""

    path: Path
    truth: dict[str, str]


def load(folder: Path) -> list[Case]:
    """Return the cases of a folder, in the order of their names."""
    keys = {path.stem: path for path in sorted(folder.rglob("*.json"))}
    cases = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in FILES or not path.is_file():
            continue
        if path.stem in keys:
            if path.suffix.lower() == ".png" and path.with_suffix(".pdf").exists():
                continue  # a picture of the same document
            cases.append(Case(path, _truth(json.loads(keys[path.stem].read_text("utf-8")))))
        elif match := NAMED.match(path.stem):
            day = match["date"]
            truth = {"date": f"{day[4:]}-{day[2:4]}-{day[:2]}", "total": f"{int(match['cents']) / 100:.2f}"}
            cases.append(Case(path, truth))
    return cases


def _truth(value: object) -> dict[str, str]:
    one = value[0] if isinstance(value, list) and value else value
    if not isinstance(one, dict):
        return {}
    return {name: str(text) for name, text in one.items() if isinstance(text, str | int | float) and str(text).strip()}


def field_for(name: str, available: set[str]) -> str | None:
    """Return our field for a name of the set, or None where the processor has none."""
    for option in (*ALIASES.get(name, ()), name):
        if option in available:
            return option
    return None


def same(field: FieldValue, truth: str) -> bool:
    """The business rule: letters and digits alike, or the same date, or the same amount."""
    if field.value is None:
        return False
    if squeeze(field.value) == squeeze(truth) or squeeze(field.normalised or "") == squeeze(truth):
        return True
    if field.type in MONEY:
        return _number(field.normalised) is not None and _number(field.normalised) == _number(truth)
    if field.type == "date":
        return _iso(truth) and field.normalised == truth[:10]
    return False


def exactly(field: FieldValue, truth: str) -> bool:
    """The strict rule: the printed value, character for character."""
    return field.value == truth


def _number(text: str | None) -> Decimal | None:
    plain = re.sub(r"[^\d.,-]", "", (text or "").split(" ")[0])
    try:
        return Decimal(plain)
    except InvalidOperation:
        return parse_number(plain)[0] if plain else None


def _iso(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def pages_of(paths: list[Path]) -> Iterator[Path]:
    """Yield the files that are pictures: what the bare OCR engine is timed on."""
    yield from (path for path in paths if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
