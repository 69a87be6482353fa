"""The postal address in the head of a page: the run of rows after the issuer's name that look like one.

A run ends at a row of another kind, at the country's name, and after the postcode's row unless that one ends with a
comma or only names of places follow. A single plain row between a street and a postcode belongs to it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from agents.documents.extract import sure
from agents.documents.extract.layout import Cell, Sheet
from agents.documents.extract.spelling import mend
from agents.documents.extract.text import fold
from agents.documents.extract.words import (
    ADDRESS,
    ADDRESS_LABEL,
    CONTACT,
    CONTACT_TAIL,
    COUNTRY,
    FRONT,
    NEVER,
    NOT_ADDRESS,
    PLACES,
    POSTCODE,
    REGISTERED,
    STATES,
    TITLE,
    UNIT,
)

HEAD_ROWS = 16
SURE_READING = 0.985
SURE_LETTER = 0.97
BRACKETED = re.compile(r"^\W*\(?[^()]{0,12}\d{4,}[^()]{0,6}\)?\W*$")
SHORT_PLACE = re.compile(
    r"^\W*(?:[a-z]{1,2}-)?\d{4,6}[ ,]+[^\W\d]{3,}\W*$"
)  # a postcode and a place is no registration
STREET = re.compile(r"^\W*\d{1,4}[a-z]?(?:[-/]\d+)?,? [^\W\d]{2,}|^[^\W\d][\w .'-]{3,} \d{1,4} ?[a-z]?\W*$")
IN_BRACKETS = re.compile(r"^\([^\W\d][^)]{3,}\)$")
WORD = re.compile(r"[^\W\d_]{2,}")
POSTAL = re.compile(r"(?<!lot )(?<!pt )(?<!ptd )(?<!no )(?<![\d(-])\d{5}(?![\d-])[\s,.]*[^\W\d_]{2}")
BEGINS = re.compile(
    r"^\W*(?:no\W|lot\W|[a-z]{0,2}-?\d|so \d|pt\W?d?\W?\d|unit\W|suite|level|block|ground|\d+(?:st|nd|rd|th)\b)"
)

ENDS_IN_POSTCODE = re.compile(r"(?<![\d(/-])\d{5}\W*$")
ONLY_POSTCODE = re.compile(r"^\W*\d{5}\W*$")
LONG_NUMBER = re.compile(r"\d{5}")
BRANCH = re.compile(r"^\d{3,4}\s?-\s?[A-Z][A-Z0-9 ]{2,}$")
MOST_BRIDGED = 3
MOST_WORDS = 4

Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Place:
    """A name or address: its text, the cells that it was read from, a score by which candidates are ordered, and how
    often such a one is right (0: as the score says)."""

    text: str
    cells: tuple[Cell, ...]
    score: float
    sure: float = 0.0


def find_address(sheet: Sheet, company: tuple[Cell, ...]) -> Place | None:
    """Return the issuer's address: the first run of address-like rows after the company, or in the head."""
    start = max((cell.row for cell in company), default=-1) + 1
    rows = [row for row in head_rows(sheet) if row[0].row >= start]
    first = next((number for number, row in enumerate(rows) if is_address(row)), None)
    if first is None:
        return None
    while first and _is_street(rows[first - 1], rows[first]):
        first -= 1
    run = [rows[first]]
    gap = False
    for number in range(first + 1, len(rows)):
        row = rows[number]
        bridged = _bridges(run, rows[number:])
        if not (_goes_on(run, row) or bridged):
            break
        gap = gap or bridged
        run.append(row)
    if len(run) > 1 and _names_branch(run[0]) and BEGINS.match(fold_row(run[1])):
        del run[0]
        first += 1
    cells = tuple(cell for row in run for cell in row if not _is_other(cell))
    text = " ".join(_trimmed(mended(cell)) for cell in cells).strip()
    after = first + len(run)
    end = rows[after] if after < len(rows) else None
    score = 0.55 + 0.2 * bool(POSTCODE.search(text)) + 0.08 * min(2, len(run) - 1) - 0.12 * (len(run) > 5)
    score *= min(cell.line.least for cell in cells)
    points = _points(run, gap=gap, near=first <= 1, ended=end is None or _ends(end))
    points -= 1.2 * any(_holds_another(fold_row(row)) for row in rows[after:])
    right = sure.choice(points) * sure.letters(cells, sheet.repeated)
    return Place(text, cells, round(min(0.95, score), 4), round(right, 4))


def _holds_another(text: str) -> bool:
    """A row below an address that holds another one: of the branch, or of the head office."""
    return POSTAL.search(text) is not None and ADDRESS.search(text) is not None


def _is_street(row: Row, following: Row) -> bool:
    """A house number beside a name, directly above a row of the address: streets need no word for street."""
    beside = following[0].row - row[0].row == 1 and not _ends(row)
    text = fold_row(row)
    return beside and len(text) < 45 and STREET.match(text) is not None and UNIT.match(text) is None


def _goes_on(run: list[Row], row: Row) -> bool:
    last, text = run[-1], fold_row(row)
    gap = row[0].row - last[0].row
    done = any(POSTAL.search(fold_row(one)) or ENDS_IN_POSTCODE.search(fold_row(one)) for one in run)
    if gap == 1 and _is_branch(row, done=done):
        return True
    if gap > 2 or COUNTRY.search(fold_row(last)):
        return False
    if is_address(row):
        return not done or _open(last) or _cut_place(last, row) or POSTAL.search(text) is not None
    if gap == 1 and not done and _open(last) and ONLY_POSTCODE.match(text):
        return True
    if gap > 1 or _ends(row) or NEVER.search(text):
        return False
    if _cut_place(last, row):
        return True
    return _open(last) and len(text) < 45


def _is_branch(row: Row, *, done: bool) -> bool:
    """The shop's branch in brackets, or behind its number below the postcode, is a part of the address."""
    printed, text = " ".join(cell.line.text for cell in row).strip(), fold_row(row)
    if LONG_NUMBER.search(text) or NOT_ADDRESS.search(text) or NEVER.search(text) or CONTACT.match(text):
        return False
    return IN_BRACKETS.match(printed) is not None or (done and BRANCH.match(printed) is not None)


def _names_branch(row: Row) -> bool:
    """Only the name of a place, above the row with the house number: an address does not begin with its town."""
    return _only_places(WORD.findall(fold_row(row))) and not POSTAL.search(fold_row(row))


def _only_places(words: list[str]) -> bool:
    return bool(words) and all(word in PLACES for word in words)


def _cut_place(last: Row, row: Row) -> bool:
    """The name of a place that was cut goes on: a state alone, `Kembangan, Selangor` below `43300 Seri`, a place below
    its postcode."""
    words = WORD.findall(fold_row(row))
    if not words or len(words) > MOST_WORDS or not _plain(row) or row[0].row - last[0].row > 1:
        return False
    if _only_places(words):
        return True
    return ENDS_IN_POSTCODE.search(fold_row(last)) is not None or (
        words[-1] in STATES and not any(sign.isdigit() for sign in fold_row(row))
    )


def _bridges(run: list[Row], rows: list[Row]) -> bool:
    """A plain row without address words between a street and the row with the postcode, at most two of them on end."""
    if any(POSTAL.search(fold_row(one)) for one in run):
        return False
    last = run[-1][0].row
    for row in rows[: MOST_BRIDGED + 1]:
        if row[0].row - last != 1 or _ends(row) or NEVER.search(fold_row(row)):
            return False
        last = row[0].row
        if POSTAL.search(fold_row(row)) or ENDS_IN_POSTCODE.search(fold_row(row)):
            return True
        if not _plain(row):
            return False
    return False


def _plain(row: Row) -> bool:
    return sum(sign.isalpha() for sign in fold_row(row)) >= 3 and len(fold_row(row)) < 45


def _open(row: Row) -> bool:
    return row[-1].line.text.rstrip().endswith((",", "-", "&", "/"))


def _ends(row: Row) -> bool:
    """A row that can be no part of an address: contact, registration, title, date, list of goods."""
    text = fold_row(row)
    other = CONTACT.match(text) or REGISTERED.match(text) or TITLE.match(text) or is_bracketed(text)
    return bool(other) or NOT_ADDRESS.search(text) is not None


def _points(run: list[Row], *, gap: bool, near: bool, ended: bool) -> float:
    """Log-odds that exactly these rows are the address."""
    text = " ".join(fold_row(row) for row in run)
    points = 1.6 + (0.9 if POSTAL.search(text) else -0.6) + (0.6 if ended else -0.8) + (0.4 if near else -0.6)
    first = fold_row(run[0])
    points += 0.4 if BEGINS.match(first[_front(first) :]) else -1.4
    points -= 0.5 * (len(run) > 4) + 0.5 * gap + 0.6 * (len(run) == 1)
    points -= 1.4 * any(_is_branch(row, done=True) for row in run)  # not everybody counts it as a part
    points -= 0.5 * any(len(row) > 1 for row in run)  # a row in pieces: something may lie between
    return points


def is_address(row: Row) -> bool:
    """Say whether a row looks like a part of a postal address."""
    return _looks_like_address(fold_row(row), " ".join(cell.line.text for cell in row))


@lru_cache(maxsize=512)
def _looks_like_address(text: str, printed: str) -> bool:
    tail = CONTACT_TAIL.search(text)
    if tail is not None and tail.start() > 8:
        text, printed = text[: tail.start()], printed[: tail.start()]
    if ADDRESS_LABEL.match(text) is not None:
        return True
    front = _front(text)
    text, printed = text[front:], printed[front:]
    if NOT_ADDRESS.search(text) or NEVER.search(text) or len(text) < 4 or is_bracketed(text) or REGISTERED.match(text):
        return False
    return ADDRESS.search(text) is not None or POSTCODE.search(printed) is not None


def is_bracketed(text: str) -> bool:
    """Say whether a folded text is hardly more than a number, such as a registration in brackets."""
    if BRACKETED.match(text) is None or SHORT_PLACE.match(text):
        return False
    place = POSTAL.search(text) or (
        ENDS_IN_POSTCODE.search(text) and any(word in PLACES for word in WORD.findall(text))
    )
    return "(" in text or not place


def _is_other(cell: Cell) -> bool:
    """A cell in the address's rows that is no part of it."""
    return NOT_ADDRESS.search(cell.folded) is not None and not _looks_like_address(cell.folded, cell.line.text)


def _front(text: str) -> int:
    """How many signs of a folded row stand before its address: a label, or the registration of the name above."""
    label = ADDRESS_LABEL.match(text)
    if label is not None:
        return label.end()
    front = FRONT.match(text)
    behind = text[front.end() :] if front is not None else ""
    return front.end() if front is not None and (BEGINS.match(behind) or ADDRESS.match(behind)) else 0


def _trimmed(text: str) -> str:
    """Without the label before an address and the telephone number behind it."""
    text = text[_front(fold(text)) :]
    tail = CONTACT_TAIL.search(fold(text))
    return text[: tail.start()] if tail and tail.start() > 8 else text


def mended(cell: Cell) -> str:
    """Return a cell's text; where its reader was not quite sure, common words that it misread are mended."""
    return mend(cell.line.text, doubtful=cell.line.score < SURE_READING or cell.line.least < SURE_LETTER)


def fold_row(row: Row | list[Cell]) -> str:
    """Return a row's text in lower case without accents."""
    return " ".join(cell.folded for cell in row)


def head_rows(sheet: Sheet) -> list[Row]:
    """Return the first rows of the first page: the head of a receipt, the letter head of an invoice. A mail that only
    carries a document is not that page."""
    pages = [cell.page for cell in sheet.cells]
    first = next((page for page in pages if page.reader != "mail"), pages[0] if pages else None)
    top = next((number for number, row in enumerate(sheet.rows) if row[0].page is first), 0)
    return [row for row in sheet.rows[top : top + HEAD_ROWS] if row[0].page is first and len(fold_row(row)) > 1]
