"""The document as a sheet of lines: what stands right of, below and in the same row as what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from agents.documents.extract.amounts import decimal_sign, main_currency
from agents.documents.extract.dates import date_order
from agents.documents.extract.text import fold, squeeze
from agents.documents.values import Line, Page, Reading, evidence, rows
from core.contracts import Evidence

LONGEST = 1_000  # characters of a line that are looked at: patterns take quadratic time in lines made to hang them
MOST = 200_000  # characters in all: thirty dense pages have fewer
DOMESTIC = {"vi": "VND"}  # Vietnamese print leaves the currency out more often than not; other languages have several


@dataclass(frozen=True)
class Cell:
    """One line with its place: `row` counts rows over the whole document, `index` its cells."""

    page: Page
    line: Line
    row: int
    column: int
    index: int

    @cached_property
    def folded(self) -> str:
        """The text in lower case without accents, same length."""
        return fold(self.line.text)


@dataclass(frozen=True)
class Sheet:
    """All cells of a reading in reading order, and what the document as a whole says about money and dates."""

    reading: Reading
    cells: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    decimal: str = ""
    currency: str = ""
    order: str = "dmy"
    found: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False, repr=False)  # candidates by type

    @cached_property
    def repeated(self) -> frozenset[str]:
        """Words and numbers (letters and digits, folded) of at least three signs that several lines print alike."""
        shown = Counter(word for cell in self.cells for word in {squeeze(word) for word in cell.line.text.split()})
        return frozenset(word for word, times in shown.items() if times > 1 and len(word) > 2)

    def row_of(self, cell: Cell) -> tuple[Cell, ...]:
        """Return the cells of a cell's row, from left to right."""
        return self.rows[cell.row]

    def below(self, cell: Cell, most: int = 3) -> list[Cell]:
        """Return cells under `cell` that overlap it across, nearest first, at most `most` rows down."""
        found: list[Cell] = []
        for row in self.rows[cell.row + 1 : cell.row + 1 + most]:
            for other in row:
                if other.page is not cell.page:
                    return found
                overlap = min(other.line.right, cell.line.right) - max(other.line.left, cell.line.left)
                if overlap > 0.3 * min(other.line.right - other.line.left, cell.line.right - cell.line.left):
                    found.append(other)
        return found


def lay_out(reading: Reading, most_pages: int = 30) -> Sheet:
    """Make the sheet of a reading's first pages (fields stand there; a 500-page appendix holds none)."""
    cells: list[Cell] = []
    all_rows: list[tuple[Cell, ...]] = []
    left = MOST
    for page, row in ((one, row) for one in reading.pages[:most_pages] for row in rows(one.lines)):
        left -= sum(min(len(line.text), LONGEST) for line in row)
        if left >= 0:
            made = tuple(Cell(page, _cut(line), len(all_rows), i, len(cells) + i) for i, line in enumerate(row))
            cells += made
            all_rows.append(made)
    text = "\n".join(cell.line.text for cell in cells)
    currency = main_currency(text) or DOMESTIC.get(reading.language, "")
    return Sheet(
        reading=reading,
        cells=tuple(cells),
        rows=tuple(all_rows),
        decimal=decimal_sign(text),
        currency=currency,
        order=date_order(text, currency, reading.language),
    )


def _cut(line: Line) -> Line:
    return line if len(line.text) <= LONGEST else line._replace(text=line.text[:LONGEST])


def around(cells: Sequence[Cell], text: str) -> Evidence:
    """Return the evidence of a value that several cells hold: one box around them."""
    boxes = [box for cell in cells if (box := evidence(cell.page, cell.line).box) is not None]
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[2] for b in boxes), max(b[3] for b in boxes)
    page = cells[0].page
    return Evidence(kind="page", page=page.number, box=(left, top, right, bottom), path=page.part, text=text)
