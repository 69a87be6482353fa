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
CLEAR = 0.9  # certainty of a line's least sure sign, from which what no digit proves is believed
FILLER = re.compile(r"[«≤《]|&LT;", re.IGNORECASE)
ALIKE = str.maketrans(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТХ‹〈くㄑ", "ABEZHIKMNOPTYXABEKMHOPCTX<<<<"
)  # Greek and Cyrillic letters too


@dataclass(frozen=True)
class Zone:
    """What a zone says. `checked` are the fields whose check digit is right; `whole` says that all are, the one over
    the whole zone too. `sure` are the fields that may go on unseen: proved twice, by their own digit and that of the
    whole; and those that no digit proves, where every letter of their line was read with certainty."""

    document_type: str
    issuer: str
    names: str
    number: str
    nationality: str
    birth: str  # ISO date, or '' where it is none
    sex: str
    expiry: str
    checked: frozenset[str]
    whole: bool
    sure: frozenset[str]
    cells: tuple[Cell, ...]


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
    return ALLOWED.sub("", FILLER.sub("<<", text.replace(" ", "")).upper().translate(ALIKE))


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
    found = _card(rows) if length == 30 else _passport(rows)
    checked = frozenset(name for name, right in found.right.items() if right)
    if not checked:
        return None
    whole = found.proved and len(checked) == len(found.right)
    clear = [min(cell.line.least, cell.line.score) >= CLEAR for cell in cells]
    unproved = {name for name, row in found.unproved.items() if clear[row]}
    return Zone(
        document_type="passport" if rows[0][0] == "P" else "id card",
        issuer=rows[0][2:5].translate(TO_LETTER).strip("<"),
        names=_names(found.names.translate(TO_LETTER)),
        number=found.number.strip("<"),
        nationality=found.nationality.translate(TO_LETTER).strip("<"),
        birth=_date(found.birth, today, past=True),
        sex={"M": "M", "F": "F"}.get(found.sex, ""),
        expiry=_date(found.expiry, today, past=False),
        checked=checked,
        whole=whole,
        sure=frozenset({*(checked if whole else ()), *unproved}),
        cells=cells,
    )


@dataclass(frozen=True)
class _Found:
    """The zone's texts; whether each field's own check digit is right; whether that over the whole zone is; and the
    row of each field that no digit proves."""

    number: str
    birth: str
    expiry: str
    names: str
    sex: str
    nationality: str
    right: dict[str, bool]
    proved: bool
    unproved: dict[str, int]


def _card(rows: Sequence[str]) -> _Found:
    """Three lines of 30. The last digit of the second proves the first line's number and the second's digits."""
    top, middle = rows[0], rows[1]
    birth, born, expiry, ends = *_date_field(middle, 0), *_date_field(middle, 8)
    digit = middle[29].translate(TO_DIGIT)
    best = (top[5:14], False, False)
    for number, right in _numbers(top, 5):
        rest = f"{number}{top[14].translate(TO_DIGIT)}{top[15:]}{birth}{middle[6:7].translate(TO_DIGIT)}"
        rest += f"{expiry}{middle[14:15].translate(TO_DIGIT)}{middle[18:29]}"
        best = max(best, (number, right, right and str(check_digit(rest)) == digit), key=lambda one: one[1:])
    rights = {"number": best[1], "birth": born, "expiry": ends}
    unproved = {"document_type": 0, "issuer": 0, "names": 2, "sex": 1, "nationality": 1}
    return _Found(best[0], birth, expiry, rows[2], middle[7], middle[15:18], rights, best[2], unproved)


def _passport(rows: Sequence[str]) -> _Found:
    """Two lines of 44 or 36. The last digit proves the digits of the second line; a visa has none."""
    low = rows[1]
    birth, born, expiry, ends = *_date_field(low, 13), *_date_field(low, 21)
    digit, visa = low[-1].translate(TO_DIGIT), rows[0][0] == "V"
    dates = f"{birth}{low[19].translate(TO_DIGIT)}", f"{expiry}{low[27].translate(TO_DIGIT)}"
    best = (low[0:9], False, False)
    for number, right in _numbers(low, 0):
        for rest in _options(low[28:-1], letters=True):
            proved = visa or str(check_digit(f"{number}{low[9].translate(TO_DIGIT)}{''.join(dates)}{rest}")) == digit
            best = max(best, (number, right, right and proved), key=lambda one: one[1:])
            if best[2]:
                break
    rights = {"number": best[1], "birth": born, "expiry": ends}
    unproved = {"document_type": 0, "issuer": 0, "names": 0, "sex": 1, "nationality": 1}
    return _Found(best[0], birth, expiry, rows[0][5:], low[20], low[10:13], rights, best[2], unproved)


def _numbers(row: str, start: int) -> Iterator[tuple[str, bool]]:
    """Yield the readings of a document's number whose check digit is right; the first reading where none is."""
    text, digit = row[start : start + 9], row[start + 9].translate(TO_DIGIT)
    right = [option for option in _options(text, letters=True) if str(check_digit(option)) == digit]
    yield from ((option, True) for option in right)
    if not right:
        yield text, False


def _date_field(row: str, start: int) -> tuple[str, bool]:
    """Return a date's six digits and whether the check digit behind them is right."""
    digits = row[start : start + 7].translate(TO_DIGIT)
    return digits[:6], digits.isdigit() and check_digit(digits[:6]) == int(digits[6])


def _options(text: str, letters: bool) -> Iterator[str]:
    """Readings of a field: as it is, all digits, then confusions of letters and digits."""
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
