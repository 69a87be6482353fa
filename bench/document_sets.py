"""Sets of documents with their true values: a folder of files and a folder of JSON keys with the same stems, keys
beside the files, or truth in the files' names (MERCHANT_DDMMYYYY_ITEMS_CENTS)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agents.documents.extract.compare import same
from agents.documents.extract.text import squeeze
from core.contracts import FieldValue

__all__ = ["Case", "exactly", "field_for", "load", "pages_of", "same"]

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


@dataclass(frozen=True)
class Case:
    """One file with its true values by the set's own names, and whether the set's own transcript of the file (`box`
    beside its pictures) holds each of them letter by letter; where it does not, the key says what is not printed."""

    path: Path
    truth: dict[str, str]
    transcribed: bool | None = None


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
            truth = _truth(json.loads(keys[path.stem].read_text("utf-8")))
            cases.append(Case(path, truth, _transcribed(path, truth)))
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


def _transcribed(path: Path, truth: dict[str, str]) -> bool | None:
    """None where there is no transcript: rows of eight coordinates of a box and its text, the text with commas."""
    transcript = path.parent.parent / "box" / f"{path.stem}.csv"
    if not transcript.is_file():
        return None
    rows = transcript.read_text("utf-8", errors="replace").splitlines()
    printed = "".join(squeeze(",".join(row.split(",")[8:])) for row in rows)
    return all(squeeze(value) in printed for value in truth.values())


def field_for(name: str, available: set[str]) -> str | None:
    """Return our field for a name of the set, or None where the processor has none."""
    for option in (*ALIASES.get(name, ()), name):
        if option in available:
            return option
    return None


def exactly(field: FieldValue, truth: str) -> bool:
    """The strict rule: the printed value, character for character."""
    return field.value == truth


def pages_of(paths: list[Path]) -> Iterator[Path]:
    """Yield the files that are pictures: what the bare OCR engine is timed on."""
    yield from (path for path in paths if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
