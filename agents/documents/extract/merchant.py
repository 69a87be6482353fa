"""Who issued a receipt or invoice, and where: the head of the page holds both, mostly without a label.

The company is the best-looking row among the first ones: high up, large, with a legal form, no slogan, telephone number
or title. A name that is cut (an open bracket, an `&` at the end) goes on in the next row. The address is the run of
rows after it that look like one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from agents.documents.extract.layout import Cell, Sheet
from agents.documents.extract.spelling import mend
from agents.documents.extract.words import (
    ADDRESS,
    LEGAL,
    NEVER,
    NOT_ADDRESS,
    NOT_COMPANY,
    POSTCODE,
    TITLE,
    TRADE,
)

HEAD_ROWS = 16
WIDE_GAP = 3.0  # times the height of the print
SURE_READING = 0.985
SURE_LETTER = 0.97
STARTS_LEGAL = re.compile(
    r"^\W*(?:\(?[a-z .&]{1,24}\)\s*)?(?:(?:company|holdings?|trading|enterprise|marketing|services) )?"
    r"(?:sdn\.? ?bhd|sdn|gmbh(?: & co.*)?|ltd\.?|bhd|berhad|s/b|enterprises?)\b"
)
FINAL = re.compile(
    r"\b(?:sdn\.? ?bhd|bhd|berhad|s/b|sb|gmbh|ltd|limited|llc|inc|plc|ag|kg|jsc)\b"
)  # nothing comes after
HALF_LEGAL = re.compile(r"\bsdn\W*$")  # the other half stands in the next row
GOES_ON = re.compile(r"^\W*(?:&|and |und )")
REGISTRATION = re.compile(
    r"\s*[(\[]?\s*(?:\(?co\.?\s*(?:reg|no)\W*[a-z]*\W*)?[(\[]?\s*(?:[A-Z]{1,2})?\d{5,}\s?-?\s?[A-Za-z]?\s*[)\]]*\s*$",
    re.IGNORECASE,
)
SENDER_LINE = re.compile(r"\s+[-–·•|,]\s+(?=.*\d)")  # "Name - Street 1 - Place" above the address of a letter
BRACKETED = re.compile(r"^\W*\(?[^()]{0,12}\d{4,}[^()]{0,6}\)?\W*$")


@dataclass(frozen=True)
class Place:
    """A name or address: its text, the cells that it was read from, and a score."""

    text: str
    cells: tuple[Cell, ...]
    score: float


def find_company(sheet: Sheet, most: int = 5) -> list[Place]:
    """Return candidates for the issuer's name, best first."""
    head = head_rows(sheet)
    heights = sorted(cell.line.height for row in head for cell in row) or [1.0]
    usual = heights[len(heights) // 2]
    first_address = next((row[0].row for row in head if is_address(row)), len(sheet.rows))
    scored = [
        (_company_score(group, head[0][0].row, usual, first_address), place, group)
        for place, row in enumerate(head)
        for group in _apart(row)
    ]
    scored = sorted((one for one in scored if one[0] > 0), key=lambda one: -one[0])[: most + 2]
    found = [_name([*head[:place], group, *head[place + 1 :]], place, score) for score, place, group in scored]
    return sorted(found, key=lambda one: -one.score)[:most]


def _apart(row: tuple[Cell, ...]) -> list[tuple[Cell, ...]]:
    """What stands far apart in one row, as a letter head's name and the word INVOICE do, says different things."""
    groups: list[tuple[Cell, ...]] = []
    for cell in row:
        last = groups[-1][-1].line if groups else None
        if last is not None and cell.line.left - last.right < WIDE_GAP * max(last.height, cell.line.height):
            groups[-1] = (*groups[-1], cell)
        else:
            groups.append((cell,))
    return groups


def _company_score(row: tuple[Cell, ...], top: int, usual: float, first_address: int) -> float:
    folded, printed = " ".join(cell.folded for cell in row), " ".join(cell.line.text for cell in row)
    letters = sum(sign.isalpha() for sign in folded)
    legal = LEGAL.search(folded) is not None
    if letters < 3 or NEVER.search(folded) or BRACKETED.match(folded) or TITLE.match(folded):
        return 0.0
    if GOES_ON.match(folded):
        return 0.0
    if NOT_COMPANY.search(folded) and not (legal and letters > 10):
        return 0.0
    score = 0.5 + 0.30 * legal + 0.03 * (TRADE.search(folded) is not None)
    score += 0.05 if printed == printed.upper() else -0.3 if printed == printed.lower() else 0.0
    score += 0.06 * min(2.0, max(-1.0, max(cell.line.height for cell in row) / usual - 1))
    score -= 0.045 * (row[0].row - top)
    if is_address(row) and not legal:
        score -= 0.35
    if row[0].row > first_address:
        score -= 0.25
    if sum(sign.isdigit() for sign in folded) > letters:
        score -= 0.35
    if letters < 5:
        score -= 0.1
    if len(row) > 3 or len(printed) > 60:
        score -= 0.2
    mean = sum(cell.line.score for cell in row) / len(row)
    return max(0.01, min(0.95, score * (0.5 + 0.5 * mean)))


def _name(head: list[tuple[Cell, ...]], place: int, score: float) -> Place:
    """The row's text without a registration number; a name that is cut is joined with the rows before and after."""
    rows = [head[place]]
    if place and STARTS_LEGAL.match(fold_row(head[place])) and _name_before(head[place - 1]):
        rows.insert(0, head[place - 1])
    for following in head[place + 1 : place + 4]:
        text = " ".join(cell.line.text for row in rows for cell in row)
        cut = text.rstrip().endswith(("&", "-", ",")) or text.count("(") > text.count(")")
        half = HALF_LEGAL.search(fold_row(rows[-1]))
        goes_on = STARTS_LEGAL.match(fold_row(following)) and (half or not FINAL.search(fold_row(rows[-1])))
        goes_on = goes_on or (GOES_ON.match(fold_row(following)) and not is_address(following))
        goes_on = goes_on or (_plain_name(following) and _repeats(rows[-1], following))
        if NOT_COMPANY.search(fold_row(following)) or not ((cut and not is_address(following)) or goes_on):
            break
        rows.append(following)
    cells = tuple(cell for row in rows for cell in row)
    text = " ".join(mended(cell) for cell in cells)
    match = REGISTRATION.search(text) or SENDER_LINE.search(text)
    if match and match.start() > 3:
        text = text[: match.start()]
    least = min(cell.line.least for cell in cells)
    return Place(text.strip(" -:,|"), cells, round(score * (0.4 + 0.6 * least), 4))


def _repeats(row: tuple[Cell, ...], following: tuple[Cell, ...]) -> bool:
    """A second row of the same size that repeats a word of the name belongs to it."""
    words = {word for word in re.findall(r"[a-z]{4,}", fold_row(row)) if not LEGAL.search(word)}
    heights = [max(cell.line.height for cell in one) for one in (row, following)]
    same_size = min(heights) > 0.75 * max(heights)
    return same_size and not LEGAL.search(fold_row(row)) and any(w in words for w in fold_row(following).split())


def _plain_name(row: tuple[Cell, ...]) -> bool:
    return _name_before(row) and not LEGAL.search(fold_row(row))


def _name_before(row: tuple[Cell, ...]) -> bool:
    """A row that may be a name whose legal form stands in the next one."""
    text = fold_row(row)
    return sum(sign.isalpha() for sign in text) > 4 and not (
        FINAL.search(text) or NEVER.search(text) or NOT_COMPANY.search(text) or is_address(row) or TITLE.match(text)
    )


def mended(cell: Cell) -> str:
    """Return a cell's text; where its reader was not quite sure, common words that it misread are mended."""
    return mend(cell.line.text, doubtful=cell.line.score < SURE_READING or cell.line.least < SURE_LETTER)


def find_address(sheet: Sheet, company: tuple[Cell, ...]) -> Place | None:
    """Return the issuer's address: the first run of address-like rows after the company, or in the head."""
    start = max((cell.row for cell in company), default=-1) + 1
    run: list[tuple[Cell, ...]] = []
    for row in head_rows(sheet):
        if row[0].row < start:
            continue
        if is_address(row) or (run and _continues(row, run[-1])):
            run.append(row)
        elif run:
            break
    if not run:
        return None
    cells = tuple(cell for row in run for cell in row if not NOT_ADDRESS.search(cell.folded))
    text = " ".join(mended(cell) for cell in cells)
    score = 0.55 + 0.2 * bool(POSTCODE.search(text)) + 0.08 * min(2, len(run) - 1) - 0.12 * (len(run) > 5)
    score *= min(cell.line.least for cell in cells)
    return Place(text, cells, round(min(0.95, score), 4))


def is_address(row: tuple[Cell, ...]) -> bool:
    """Say whether a row looks like a part of a postal address."""
    return _looks_like_address(fold_row(row), " ".join(cell.line.text for cell in row))


@lru_cache(maxsize=512)
def _looks_like_address(text: str, printed: str) -> bool:
    if NOT_ADDRESS.search(text) or len(text) < 4 or BRACKETED.match(text):
        return False
    return ADDRESS.search(text) is not None or POSTCODE.search(printed) is not None


def fold_row(row: tuple[Cell, ...] | list[Cell]) -> str:
    """Return a row's text in lower case without accents."""
    return " ".join(cell.folded for cell in row)


def _continues(row: tuple[Cell, ...], last: tuple[Cell, ...]) -> bool:
    """A row without address words goes on with the address when the last one ended with a comma, or when it is a
    place's name in brackets below it."""
    text = " ".join(cell.line.text for cell in row).strip()
    if row[0].row - last[0].row > 1 or NOT_ADDRESS.search(fold_row(row)) or TITLE.match(fold_row(row)):
        return False
    if re.match(r"^\([^\W\d][^)]{3,}\)$", text):
        return True
    return last[-1].line.text.rstrip().endswith((",", "-", "&")) and len(text) < 45


def head_rows(sheet: Sheet) -> list[tuple[Cell, ...]]:
    """Return the first rows of the first page: the head of a receipt, the letter head of an invoice. A mail that only
    carries a document is not that page."""
    pages = [cell.page for cell in sheet.cells]
    first = next((page for page in pages if page.reader != "mail"), pages[0] if pages else None)
    top = next((number for number, row in enumerate(sheet.rows) if row[0].page is first), 0)
    return [row for row in sheet.rows[top : top + HEAD_ROWS] if row[0].page is first and len(fold_row(row)) > 1]
