"""Finding a field's labels on the sheet."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from agents.documents.extract.layout import Cell, Sheet
from agents.documents.extract.text import fold

OPENING = re.compile(r"^[\s*#(\[.:>-]*$")
CLOSING = re.compile(r"^\s*(?:\([^)]{0,30}\))?\s*[:：.#=>-]*\s*")
MORE = 12  # letters that may stand beside a column's label in its head: "(EUR)", "excl. VAT"


class Label(NamedTuple):
    """A label at characters `start` to `end` of a cell. `strength` (0 to 1): alone in its cell or before a colon is
    strong, inside running text weak."""

    cell: Cell
    start: int
    end: int
    strength: float
    text: str


@lru_cache(maxsize=512)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str] | None:
    folded = sorted({" ".join(fold(label).split()) for label in labels if label.strip()}, key=len, reverse=True)
    if not folded:
        return None
    some = "|".join(re.escape(label).replace(r"\ ", r"[\s.\-]{0,3}") for label in folded)
    return re.compile(rf"(?<![a-z0-9_])(?:{some})(?![a-z0-9_])")


def find_labels(sheet: Sheet, words: tuple[str, ...], unless: Iterable[str] = ()) -> list[Label]:
    """Find every place where one of `words` is printed as a label, without case and accents."""
    pattern = _pattern(words)
    if pattern is None:
        return []
    against = _pattern(tuple(unless))
    found = []
    for cell in sheet.cells:
        for match in pattern.finditer(cell.folded):
            if against is not None and _spoiled(against, sheet, cell, match):
                continue
            found.append(Label(cell, match.start(), match.end(), _strength(cell.folded, match), match.group()))
    return found


def speaks_of(words: tuple[str, ...], text: str) -> bool:
    """Say whether a folded text holds one of the words, without case and accents."""
    pattern = _pattern(words)
    return pattern is not None and pattern.search(text) is not None


def matches(words: tuple[str, ...], cell: Cell) -> bool:
    """Say whether a cell holds one of the words and hardly more: the head of a column."""
    pattern = _pattern(words)
    found = pattern.search(cell.folded) if pattern is not None else None
    return found is not None and len(cell.folded.strip()) - (found.end() - found.start()) <= MORE


def _spoiled(against: re.Pattern[str], sheet: Sheet, cell: Cell, match: re.Match[str]) -> bool:
    """A word of `unless` spoils a label when it overlaps it or stands beside it in the same cell or the next one."""
    for other in against.finditer(cell.folded):
        if other.start() < match.end() + 18 and match.start() < other.end() + 12:
            return True
    row = sheet.row_of(cell)
    if len(cell.folded) - match.end() <= 2 and cell.column + 1 < len(row):
        neighbour = row[cell.column + 1]
        return against.match(neighbour.folded) is not None
    return False


def _strength(text: str, match: re.Match[str]) -> float:
    before, after = text[: match.start()], text[match.end() :]
    opened = bool(OPENING.match(before))
    rest = CLOSING.sub("", after, count=1)
    closed = not rest or bool(re.match(r"\s*(?:\([^)]*\)\s*)?[:：#=]", after)) or bool(re.match(r"[\s$€£₫.-]*\d", rest))
    length = min(1.0, 0.75 + 0.025 * (match.end() - match.start()))
    if opened and closed:
        return length
    if opened or re.match(r"\s*(?:\([^)]*\)\s*)?[:：]", after):
        return 0.8 * length
    return 0.5 * length
