"""All values of one type on the sheet, each with its place."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from agents.documents.extract import amounts, buried, dates, identifiers
from agents.documents.extract.found import Found
from agents.documents.extract.layout import Cell, Sheet
from agents.fields_file import FieldSpec

TEXT_END = re.compile(r"\s{3,}|\t")
BILINGUAL = re.compile(r"\s*/[^:：\d]{2,40}[:：]")  # the label again in another language: "Họ và tên / Full name:"
REGION = {"vi": "VN", "de": "DE", "en": "GB", "fr": "FR", "nl": "NL"}


@dataclass(frozen=True)
class Candidate:
    """A value that a field may have. `score` is how good it is so far; `why` collects what speaks for it."""

    cell: Cell
    found: Found
    score: float = 0.0
    why: str = ""
    cells: tuple[Cell, ...] = ()  # where the value spans more than one cell
    sure: float = 0.0  # how often such a value is right, where that was measured; 0: as the score says

    @property
    def key(self) -> tuple[int, int]:
        """What makes two candidates the same place."""
        return self.cell.index, self.found.start


Finder = Callable[[str, Sheet], list[Found]]
_BY_TYPE: dict[str, Finder] = {
    "money": lambda text, sheet: amounts.find_amounts(text, sheet.decimal, sheet.currency),
    "date": lambda text, sheet: dates.find_dates(text, sheet.order),
    "number": lambda text, _: amounts.find_numbers(text),
    "integer": lambda text, _: [one for one in amounts.find_numbers(text) if one.normalised.isdigit()],
    "percent": lambda text, _: amounts.find_numbers(text, percent=True),
    "tax_number": lambda text, _: identifiers.find_tax_numbers(text),
    "iban": lambda text, _: identifiers.find_ibans(text),
    "phone": lambda text, sheet: identifiers.find_phones(text, REGION.get(sheet.reading.language, "VN")),
    "email": lambda text, _: identifiers.find_by(identifiers.EMAIL, text, lower=True),
    "url": lambda text, _: identifiers.find_by(identifiers.URL, text),
    "identity_number": lambda text, _: identifiers.find_identity_numbers(text),
}
FREE = frozenset({"text", "name", "address"})


def find_candidates(sheet: Sheet, spec: FieldSpec) -> list[Candidate]:
    """Return every value of the field's type; free text has none of its own (see `free_text`). What was found once on
    a sheet is kept for its other fields of that type."""
    key = (spec.type, spec.pattern)
    if key not in sheet.found:
        sheet.found[key] = _find(sheet, spec)
    return list(sheet.found[key])


def find_in(text: str, sheet: Sheet, spec: FieldSpec) -> list[Found]:
    """Return the values of the field's type in a text; none for free text."""
    finder = _BY_TYPE.get(spec.type)
    return [] if finder is None else finder(text, sheet)


def _find(sheet: Sheet, spec: FieldSpec) -> list[Candidate]:
    finder = _BY_TYPE.get(spec.type)
    if finder is None:
        return []
    found = []
    for cell in sheet.cells:
        if spec.type in ("money", "number", "integer", "percent", "tax_number") and not _has_digit(cell.line.text):
            continue
        found += [Candidate(cell, one) for one in finder(cell.line.text, sheet) if _matches(spec, one)]
    if spec.type == "date":
        whole = {one.cell.index for one in found}
        found += [one for one in _across_cells(sheet, spec) if not whole & {cell.index for cell in one.cells}]
    if spec.type == "date" and not found:
        cells = [cell for cell in sheet.cells if _has_digit(cell.line.text)]
        found = [Candidate(cell, one) for cell in cells for one in buried.find_buried(cell.line.text)]
        found = [one for one in found if _matches(spec, one.found)]
    return found


def _across_cells(sheet: Sheet, spec: FieldSpec) -> Iterator[Candidate]:
    """Dates whose day and year the reader put into neighbouring cells."""
    for row in sheet.rows:
        for first, second in pairwise(row):
            for one in dates.find_dates(f"{first.line.text}{second.line.text}", sheet.order):
                if _matches(spec, one):
                    yield Candidate(first, one._replace(quality=0.7 * one.quality), cells=(first, second))
            if dates.is_label(first.folded):
                for one in dates.find_dates(f"date: {second.line.text.lstrip(' :.')}", sheet.order):
                    if _matches(spec, one):
                        yield Candidate(second, one._replace(start=0, end=len(one.text), quality=0.9 * one.quality))


def free_text(cell: Cell, start: int, spec: FieldSpec) -> Candidate | None:
    """Return the text of a cell from `start` on as a candidate, if there is any and it fits the pattern."""
    other = BILINGUAL.match(cell.line.text, start)
    start = other.end() if other is not None else start
    text = cell.line.text[start:]
    skipped = len(text) - len(text.lstrip(" \t:：.#=>-–*|"))
    text = TEXT_END.split(text[skipped:].rstrip())[0]
    if spec.pattern:
        match = re.search(spec.pattern, text)
        if match is None or not match.group():
            return None
        skipped, text = skipped + match.start(), match.group()
    text = text.strip(" ,;:")
    if not text or not any(sign.isalnum() for sign in text):
        return None
    begin = start + skipped
    quality = 0.9 if spec.pattern else 0.7
    return Candidate(cell, Found(begin, begin + len(text), text, " ".join(text.split()), quality))


def _matches(spec: FieldSpec, found: Found) -> bool:
    return not spec.pattern or re.fullmatch(spec.pattern, found.text) is not None


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)
