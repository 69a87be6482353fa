"""The machine-readable zone of passports and identity cards: found among the lines, repaired where OCR confuses
letters and digits, believed only as far as its digits prove.

Source: ICAO Doc 9303, parts 3 (check digits, 7-3-1), 4 (TD3: two lines of 44), 5 (TD1: three of 30), 6 (TD2)
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from agents.documents.extract.layout import Cell, Sheet

TO_DIGIT = str.maketrans(
    {"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "G": "6", "B": "8", "T": "7"}
)
TO_LETTER = str.maketrans("012568", "OIZSGB")
ALLOWED = re.compile(r"[^A-Z0-9<]")
FILLER = re.compile(r"[«‹≤〈《]|&LT;", re.IGNORECASE)


@dataclass(frozen=True)
class Zone:
    """What a zone says. `checked` are the fields whose check digit is right; `whole` says that all are."""

    document_type: str
    issuer: str
    names: str
    number: str
    nationality: str
    birth: str  # ISO date, or '' where it is none
    sex: str
    expiry: str
    checked: frozenset[str]
    cells: tuple[Cell, ...]

    @property
    def whole(self) -> bool:
        """Whether every check digit is right."""
        return self.checked >= {"number", "birth", "expiry"}


def find_zone(sheet: Sheet, today: date) -> Zone | None:
    """Return the zone on the sheet, if there is one."""
    lines = [(cell, _clean(cell.line.text)) for cell in sheet.cells]
    likely = [(cell, text) for cell, text in lines if len(text) >= 24 and ("<<" in text or _mostly_code(text))]
    found: list[tuple[int, int, Zone]] = []
    for place in range(len(likely)):
        for count, length in ((2, 44), (2, 36), (3, 30)):
            rows = likely[place : place + count]
            off = sum(abs(len(text) - length) for _, text in rows)
            if len(rows) == count and off <= 6 * count:
                zone = _read([text for _, text in rows], length, tuple(cell for cell, _ in rows), today)
                if zone is not None:
                    found.append((len(zone.checked), -off, zone))
    return max(found, key=lambda one: one[:2])[2] if found else None


def check_digit(text: str) -> int:
    """Return the check digit of a field: characters as 0 to 35, weighted 7, 3, 1, modulo 10."""
    values = (0 if sign == "<" else int(sign, 36) for sign in text)
    return sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10


def _clean(text: str) -> str:
    return ALLOWED.sub("", FILLER.sub("<<", text.replace(" ", "")).upper())


def _mostly_code(text: str) -> bool:
    return sum(sign.isdigit() or sign == "<" for sign in text) > 0.4 * len(text)


def _fit(text: str, length: int) -> str:
    """Bring a line to its length: fillers were read as too many or too few."""
    runs = sorted(re.finditer(r"<+", text), key=lambda run: run.end() - run.start(), reverse=True)
    if len(text) == length or not runs:
        return text[:length].ljust(length, "<")
    run = runs[0]
    have = run.end() - run.start()
    return text[: run.start()] + "<" * max(1, have + length - len(text)) + text[run.end() :]


def _read(texts: Sequence[str], length: int, cells: tuple[Cell, ...], today: date) -> Zone | None:
    rows = [_fit(text, length)[:length] for text in texts]
    if rows[0][0] not in "PIACV" or any(len(row) != length for row in rows):
        return None
    if length == 30:
        number, birth, expiry = _field(rows[0], 5, 14, letters=True), _field(rows[1], 0, 6), _field(rows[1], 8, 14)
        names, sex, nationality, issuer = rows[2], rows[1][7], rows[1][15:18], rows[0][2:5]
    else:
        number, birth, expiry = _field(rows[1], 0, 9, letters=True), _field(rows[1], 13, 19), _field(rows[1], 21, 27)
        names, sex, nationality, issuer = rows[0][5:], rows[1][20], rows[1][10:13], rows[0][2:5]
    checked = {name for name, (_, right) in (("number", number), ("birth", birth), ("expiry", expiry)) if right}
    if not checked:
        return None
    return Zone(
        document_type="passport" if rows[0][0] == "P" else "id card",
        issuer=issuer.translate(TO_LETTER).strip("<"),
        names=_names(names.translate(TO_LETTER)),
        number=number[0].strip("<"),
        nationality=nationality.translate(TO_LETTER).strip("<"),
        birth=_date(birth[0], today, past=True),
        sex={"M": "M", "F": "F"}.get(sex, ""),
        expiry=_date(expiry[0], today, past=False),
        checked=frozenset(checked),
        cells=cells,
    )


def _field(row: str, start: int, end: int, *, letters: bool = False) -> tuple[str, bool]:
    """Return a field, repaired where that makes its check digit (the character behind it) right, and whether it is."""
    text, digit = row[start:end], row[end : end + 1].translate(TO_DIGIT)
    if not digit.isdigit():
        return text, False
    for option in _options(text, letters):
        if check_digit(option) == int(digit):
            return option, True
    return text if letters else text.translate(TO_DIGIT), False


def _options(text: str, letters: bool) -> Iterator[str]:
    """Readings of a field: as it is, all digits, then single confusions of letters and digits."""
    if not letters:
        yield text.translate(TO_DIGIT)
        return
    yield text
    choices = [(sign, *{sign.translate(TO_DIGIT), sign.translate(TO_LETTER)} - {sign}) for sign in text]
    if sum(len(choice) > 1 for choice in choices) <= 5:
        yield from ("".join(signs) for signs in product(*choices))


def _names(text: str) -> str:
    last, _, first = text.partition("<<")
    return " ".join(part for part in (*last.split("<"), *first.split("<")) if part)


def _date(text: str, today: date, *, past: bool) -> str:
    try:
        year = int(text[:2]) + 2000
        if past and date(year, int(text[2:4]), int(text[4:6])) > today:
            year -= 100
        return date(year, int(text[2:4]), int(text[4:6])).isoformat()
    except ValueError:
        return ""
