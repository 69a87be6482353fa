"""Who issued a receipt or invoice: the head of the page says it, mostly without a label.

The company is the best-looking row among the first ones: high up, large, with a legal form or a registration number
beside it, no slogan, telephone number or title. A name that is cut goes on in the next row: an open bracket, an `&` at
the end, a legal form that is missing its other half, a row of words that name no one ("SEAFOOD RESTAURANT SDN BHD").
"""

import re

from agents.documents.extract import sure
from agents.documents.extract.layout import Sheet
from agents.documents.extract.postal import Place, Row, fold_row, head_rows, is_address, is_bracketed, mended
from agents.documents.extract.words import (
    CONTACT,
    GENERIC,
    LEGAL,
    NEVER,
    NOT_COMPANY,
    OPENING_LEGAL,
    PLACES,
    POSTCODE,
    REGISTERED,
    TITLE,
    TRADE,
    any_of,
)

WIDE_GAP = 3.0  # times the height of the print
LIKE_HEIGHT = 0.75
LIKE = 0.12  # two names whose scores are nearer than this are easily taken for each other
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
AFTER_FINAL = re.compile(
    r"(?:bhd|berhad|s/b|gmbh|ltd|limited|jsc)\b\.?(\s*[(\[,-]?\s*(?:\S{0,12}\W+)?[a-z]{0,3}\d{4,}.*)$"
)
SENDER_LINE = re.compile(r"\s+[-–·•|,]\s+(?=.*\d)")  # "Name - Street 1 - Place" above the address of a letter
SELLER_LABEL = re.compile(
    r"^\W*(?:sold by|seller|vendor|supplier|verkäufer|lieferant|sprzedawca|vendeur|verkoper|đơn vị bán(?: hàng)?|"
    r"người bán(?: hàng)?|bên bán)\s*[:：]\s*(?=\S)",
    re.IGNORECASE,
)
LETTERS = re.compile(r"[a-z]+")
WORDS = re.compile(r"[a-z0-9&.]+")
STREET_WORD = any_of(
    *(
        "jalan",
        "jln",
        "jl",
        r"lot(?: no)?",
        "taman",
        "tmn",
        r"no\.? ?\d+[a-z]?",
        "lorong",
        "lrg",
        "persiaran",
        "bandar",
    ),
    *("kampung", r"kg\.", "kawasan", "seksyen", "section", "floor", "flr", r"level \d+", "block", "blok", r"unit \S+"),
    *(r"\w*stra(?:ss|s)e", r"\w*str\.", "street", "road", "rd", "avenue", "ave", "lane", "square", "duong", "phuong"),
    *("quan", "huyen", "thanh pho", r"so \d+", r"ngo \d+", "rue", "via", "weena", "malaysia", r"\w*weg", r"\w*platz"),
)
IN_BRACKETS = re.compile(r"\([^()]*\)")
LONG_NUMBER = re.compile(r"\d[\d ]{4,}")


def find_company(sheet: Sheet, most: int = 5) -> list[Place]:
    """Return candidates for the issuer's name, best first."""
    head = head_rows(sheet)
    heights = sorted(cell.line.height for row in head for cell in row) or [1.0]
    usual = heights[len(heights) // 2]
    first_address = next((row[0].row for row in head if is_address(row)), len(sheet.rows))
    scored = [
        (_company_score(head, place, group, usual, first_address), place, group)
        for place, row in enumerate(head)
        for group in _apart(row)
    ]
    scored = sorted((one for one in scored if one[0] > 0), key=lambda one: -one[0])[: most + 2]
    rivals = [score for score, _, _ in scored]
    found = []
    for number, (score, place, group) in enumerate(scored):
        rows = _name_rows([*head[:place], group, *head[place + 1 :]], place)
        others = [other for other in rivals if other != rivals[number]]
        margin = score - max((one for one in others if one < score), default=0.0)
        found.append(_name(head, rows, score, margin if number == 0 else 0.0, sheet.repeated))
    return sorted(found, key=lambda one: -one.score)[:most]


def _apart(row: Row) -> list[Row]:
    """What stands far apart in one row, as a letter head's name and the word INVOICE do, says different things."""
    groups: list[Row] = []
    for cell in row:
        last = groups[-1][-1].line if groups else None
        if last is not None and cell.line.left - last.right < WIDE_GAP * max(last.height, cell.line.height):
            groups[-1] = (*groups[-1], cell)
        else:
            groups.append((cell,))
    return groups


def _company_score(head: list[Row], place: int, row: Row, usual: float, first_address: int) -> float:
    printed = " ".join(cell.line.text for cell in row)
    folded = REGISTRATION.sub("", fold_row(row)) if not _registers(row) else fold_row(row)
    letters = sum(sign.isalpha() for sign in folded)
    legal = LEGAL.search(folded) is not None
    if letters < 3 or NEVER.search(folded) or is_bracketed(folded) or TITLE.match(folded):
        return 0.0
    if GOES_ON.match(folded) or REGISTERED.match(folded) or (CONTACT.match(folded) and not legal):
        return 0.0
    if NOT_COMPANY.search(folded) and not (legal and letters > 10):
        return 0.0
    score = 0.5 + 0.30 * legal + 0.03 * (TRADE.search(folded) is not None)
    score += 0.05 if printed == printed.upper() else -0.3 if printed == printed.lower() else 0.0
    score += 0.06 * min(2.0, max(-1.0, max(cell.line.height for cell in row) / usual - 1))
    score -= 0.045 * (row[0].row - head[0][0].row)
    score += 0.08 * (place + 1 < len(head) and _registers(head[place + 1]))
    if place + 1 < len(head) and _is_logo(row, head[place + 1]):
        score -= 0.4
    if _is_place(row) and not legal:
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


def _name(head: list[Row], rows: list[Row], score: float, margin: float, repeated: frozenset[str]) -> Place:
    """The rows' text without a registration number."""
    cells = tuple(cell for row in rows for cell in row)
    text = SELLER_LABEL.sub("", " ".join(mended(cell) for cell in cells))
    after = AFTER_FINAL.search(text.lower()) if len(text.lower()) == len(text) else None
    if after is not None:
        text = text[: after.start(1)]
    match = REGISTRATION.search(text) or SENDER_LINE.search(text)
    if match and match.start() > 3:
        text = text[: match.start()]
    least = min(cell.line.least for cell in cells)
    right = sure.choice(_points(head, rows, margin)) * sure.letters(cells, repeated)
    return Place(text.strip(" -:,|"), cells, round(score * (0.4 + 0.6 * least), 4), round(right, 4))


def _points(head: list[Row], rows: list[Row], margin: float) -> float:
    """Log-odds that exactly these rows are the name."""
    text = " ".join(fold_row(row) for row in rows)
    first = next((number for number, row in enumerate(head) if row[0].row == rows[0][0].row), 0)
    last = next((number for number, row in enumerate(head) if row[0].row == rows[-1][0].row), first)
    following = head[last + 1] if last + 1 < len(head) else ()
    final = FINAL.search(text) is not None or OPENING_LEGAL.match(text) is not None
    registered = REGISTRATION.search(text) is not None or bool(following and _registers(following))
    bounded = registered or bool(following and (is_address(following) or CONTACT.match(fold_row(following))))
    points = 1.7 + 1.1 * final + 0.8 * registered + (0.3 if bounded else -0.3 if final else -0.9)
    points -= 0.9 * any(_could_be_name(row) for row in head[:first])
    points -= 1.1 * (first > 0 and _alike(head[first - 1], rows[0])) + 0.9 * (
        bool(following) and _alike(following, rows[-1])
    )
    points -= 0.5 * (len(rows) > 1) + 0.7 * (margin < LIKE)
    words = LETTERS.findall(text)
    points -= 0.6 * (len(words) < 2) + 0.5 * (len(rows[0]) > 1)
    return points


def _registers(row: Row) -> bool:
    text = fold_row(row)
    return REGISTERED.match(text) is not None or (is_bracketed(text) and LONG_NUMBER.search(text) is not None)


def _alike(row: Row, name: Row) -> bool:
    """A row beside the name, printed like it, that may be a piece of it or the name itself."""
    heights = [max(cell.line.height for cell in one) for one in (row, name)]
    beside = abs(row[0].row - name[0].row) == 1 and min(heights) > LIKE_HEIGHT * max(heights)
    return beside and _could_be_name(row) and not _registers(row) and not CONTACT.match(fold_row(row))


def _could_be_name(row: Row) -> bool:
    """A row above the name that a person might take for it: not a scribble in small letters, not a stamped number."""
    printed = " ".join(cell.line.text for cell in row)
    return printed != printed.lower() and sum(sign.isalpha() for sign in printed) > 3 and _name_before(row)


def _name_rows(head: list[Row], place: int) -> list[Row]:
    """The row and what belongs to it: a name that is cut is joined with the rows before and after."""
    rows = [head[place]]
    if (
        place
        and (_lacks_name(head[place]) or _names_nobody(head[place]))
        and _name_before(head[place - 1])
        and not _is_logo(head[place - 1], head[place])
    ):
        rows.insert(0, head[place - 1])
    for following in head[place + 1 : place + 4]:
        if NOT_COMPANY.search(fold_row(following)) or not _joined(rows, following):
            break
        rows.append(following)
    return rows


def _lacks_name(row: Row) -> bool:
    """A legal form, perhaps with words that name no one, whose proper name stands above."""
    text = fold_row(row)
    words = LETTERS.findall(IN_BRACKETS.sub("", text)) or LETTERS.findall(text)
    named = LEGAL.search(text) is not None or "company" in words
    generic = named and all(word in GENERIC for word in words)
    return STARTS_LEGAL.match(text) is not None or (generic and not OPENING_LEGAL.match(text))


def _names_nobody(row: Row) -> bool:
    """Only words for what a shop is: no name by itself, but often a line about the name above it."""
    words = LETTERS.findall(IN_BRACKETS.sub("", REGISTRATION.sub("", fold_row(row))))
    return bool(words) and all(word in GENERIC for word in words)


def _joined(rows: list[Row], following: Row) -> bool:
    text, next_text = " ".join(fold_row(row) for row in rows), fold_row(following)
    cut = text.rstrip().endswith(("&", "-", ",")) or text.count("(") > text.count(")")
    if cut and not is_address(following):
        return True
    half = HALF_LEGAL.search(fold_row(rows[-1]))
    if _lacks_name(following) and (half or not FINAL.search(fold_row(rows[-1]))):
        return True
    if GOES_ON.match(next_text) and not is_address(following):
        return True
    opening = OPENING_LEGAL.match(text) and all(word in GENERIC for word in LETTERS.findall(text))
    return _plain_name(following) and (bool(opening) or _repeats(rows[-1], following))


def _repeats(row: Row, following: Row) -> bool:
    """A second row of the same size that repeats a word of the name belongs to it."""
    words = {word for word in re.findall(r"[a-z]{4,}", fold_row(row)) if not LEGAL.search(word)}
    heights = [max(cell.line.height for cell in one) for one in (row, following)]
    same_size = min(heights) > 0.75 * max(heights)
    return same_size and not LEGAL.search(fold_row(row)) and any(w in words for w in fold_row(following).split())


def _plain_name(row: Row) -> bool:
    return _name_before(row) and not LEGAL.search(fold_row(row))


def _name_before(row: Row) -> bool:
    """A row that may be a name whose legal form stands in the next one."""
    text = fold_row(row)
    return sum(sign.isalpha() for sign in text) > 4 and not (
        FINAL.search(text) or NEVER.search(text) or NOT_COMPANY.search(text) or _is_place(row) or TITLE.match(text)
    )


def _is_place(row: Row) -> bool:
    """A row of an address; a name may hold the name of a town or a word such as JAYA too."""
    text = fold_row(row)
    street = STREET_WORD.search(text) is not None or POSTCODE.search(text) is not None
    return is_address(row) and (street or all(word in PLACES for word in LETTERS.findall(text)))


def _is_logo(row: Row, following: Row) -> bool:
    """A word or two of the name that stands below in full."""
    words, whole = WORDS.findall(fold_row(row)), WORDS.findall(fold_row(following))
    return bool(words) and len(words) < len(whole) and words == whole[: len(words)]
