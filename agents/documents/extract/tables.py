"""Tables: the row that holds the labels of two columns and more is the head; below it each row is read column by column
until a sum, another head or the table's end. A row without a number goes on with the text of the one before.

A row whose quantity times price is its amount proves itself; so do amounts that add up (fields.yaml's checks).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from agents.documents.einvoice.reader import Exact, Invoice
from agents.documents.extract import rules
from agents.documents.extract.candidates import FREE, find_in
from agents.documents.extract.exact import SURE, normalise
from agents.documents.extract.labels import matches
from agents.documents.extract.layout import Cell, Sheet, around
from agents.documents.extract.words import STRONG_TOTAL, TOTAL, WEAK_TOTAL
from agents.fields_file import FieldSpec
from core.contracts import Evidence, FieldValue

LEAST_COLUMNS = 2
PRINTED = 0.75  # of a table that nothing proves
PROVED = 0.97  # where quantity times price is the amount in every row
BETWEEN = " | "
MOST_ROWS = 1000
MOST_PLAIN = 4  # rows without any number that may lie between two rows of a table


@dataclass
class _Row:
    cells: list[Cell]
    values: dict[str, tuple[str, str]] = field(default_factory=dict)  # printed and normalised, by column


def from_lines(invoice: Invoice, spec: FieldSpec) -> FieldValue | None:
    """Return the lines of an e-invoice as a table; None where it has none."""
    found = [_exact_row(line, spec, invoice.currency) for line in invoice.lines]
    found = [row for row in found if row]
    if not found:
        return None
    first = next(iter(invoice.lines[0].values()))
    return _value(spec, found, SURE, Evidence(kind="xml", path=first.path.rsplit("/", 1)[0]))


def find_table(sheet: Sheet, spec: FieldSpec) -> FieldValue:
    """Return the printed table of a field, as many pages as it goes on; without a value where its head is not found."""
    found: list[_Row] = []
    for start, columns in _heads(sheet, spec):
        if not found or columns.keys() == set(found[0].values) | columns.keys():
            found += _rows(sheet, spec, start, columns)
    if not found:
        return FieldValue(name=spec.name, type=spec.type, reason="no row holds the labels of two of its columns")
    score = PROVED if all(_proves_itself(row) for row in found) else PRINTED
    score *= min(cell.line.score for row in found for cell in row.cells)
    page = found[0].cells[0].page
    cells = [cell for row in found for cell in row.cells if cell.page is page]
    return _value(spec, [row.values for row in found], round(score, 4), around(cells, ""))


def rows_of(value: FieldValue) -> list[dict[str, str]]:
    """Return the rows of a table's value by column; none where it has none."""
    try:
        found = json.loads(value.normalised or "[]")
    except ValueError:
        return []  # a person corrected it as text
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _value(spec: FieldSpec, found: list[dict[str, tuple[str, str]]], score: float, where: Evidence) -> FieldValue:
    names = [column.name for column in spec.columns if any(column.name in row for row in found)]
    printed = "\n".join(BETWEEN.join(row[name][0] if name in row else "" for name in names) for row in found)
    rows = [{name: row[name][1] for name in names if name in row} for row in found]
    return FieldValue(
        name=spec.name,
        type=spec.type,
        value=printed,
        normalised=json.dumps(rows, ensure_ascii=False),
        score=score,
        evidence=where,
    )


def _exact_row(line: object, spec: FieldSpec, currency: str) -> dict[str, tuple[str, str]]:
    assert isinstance(line, dict)
    row = {}
    for column in spec.columns:
        exact: Exact | None = line.get(column.meaning)
        normal = normalise(exact.value, column.type, currency) if exact is not None else None
        if exact is not None and normal is not None:
            row[column.name] = (exact.value, normal)
    return row


def _heads(sheet: Sheet, spec: FieldSpec) -> Iterator[tuple[int, dict[str, Cell]]]:
    """Yield each row that is a head of the table, with the cell that labels each column."""
    for number, row in enumerate(sheet.rows):
        columns: dict[str, Cell] = {}
        for cell in row:
            name = next((one.name for one in spec.columns if one.name not in columns and matches(one.words, cell)), "")
            if name:
                columns[name] = cell
        if len(columns) >= LEAST_COLUMNS:
            yield number, columns


def _rows(sheet: Sheet, spec: FieldSpec, start: int, columns: dict[str, Cell]) -> list[_Row]:
    found: list[_Row] = []
    plain = 0
    page = sheet.rows[start][0].page
    for row in sheet.rows[start + 1 : start + 1 + MOST_ROWS]:
        if row[0].page is not page or _is_sum(row):
            break
        one = _Row(list(row))
        for cell in row:
            _put(one, sheet, spec, columns, cell)
        if len(one.values) >= LEAST_COLUMNS and any(_typed(spec, name) for name in one.values):
            found.append(one)
            plain = 0
            continue
        plain += 1
        if plain > MOST_PLAIN:
            break
        if found and one.values and not any(_typed(spec, name) for name in one.values):
            _go_on(found[-1], one)
    return found


def _put(row: _Row, sheet: Sheet, spec: FieldSpec, columns: dict[str, Cell], cell: Cell) -> None:
    """Give a cell to the column whose head it stands under, or stands nearest to."""
    name = min(columns, key=lambda one: (_apart(columns[one], cell), one))
    column = next(one for one in spec.columns if one.name == name)
    text = cell.line.text.strip()
    if column.type in FREE:
        before = row.values.get(name, ("", ""))[0]
        whole = f"{before} {text}".strip()
        row.values[name] = (whole, " ".join(whole.split()))
        return
    values = find_in(text, sheet, column)
    if values and name not in row.values:
        row.values[name] = (values[0].text, values[0].normalised)


def _apart(head: Cell, cell: Cell) -> float:
    """How far a cell is from a head across: right edges, left edges or middles may be in line."""
    one, other = head.line, cell.line
    if one.right >= other.left and other.right >= one.left:
        return 0.0 if min(one.right, other.right) - max(one.left, other.left) > 0 else 1.0
    return min(abs(one.left - other.left), abs(one.right - other.right), abs(one.left - other.right))


def _typed(spec: FieldSpec, name: str) -> bool:
    return next(column.type for column in spec.columns if column.name == name) not in FREE


def _go_on(last: _Row, row: _Row) -> None:
    last.cells += row.cells
    for name, (text, _) in row.values.items():
        whole = f"{last.values.get(name, ('', ''))[0]} {text}".strip()
        last.values[name] = (whole, " ".join(whole.split()))


def _is_sum(row: Sequence[Cell]) -> bool:
    text = " ".join(cell.folded for cell in row)
    first = row[0].folded
    return any(one.match(first) for one in (STRONG_TOTAL, TOTAL, WEAK_TOTAL)) or STRONG_TOTAL.search(text) is not None


def _proves_itself(row: _Row) -> bool:
    def number(name: str) -> Decimal | None:
        return rules.number(row.values[name][1]) if name in row.values else None

    quantity, price, amount = number("quantity"), number("price"), number("amount")
    if quantity is None or price is None or amount is None:
        return False
    return abs(quantity * price - amount) <= rules.CENT
