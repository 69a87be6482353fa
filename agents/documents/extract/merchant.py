"""Who issued a receipt or invoice, and where: the head of the page holds both, mostly without a label.

The company is the best-looking line among the first ones: large, high up, with a legal form or a trade's name, not a
slogan, a telephone number or a title. The address is the run of lines after it that look like one.
"""

import re

from agents.documents.extract.candidates import Candidate
from agents.documents.extract.found import Found
from agents.documents.extract.layout import Cell, Sheet
from agents.documents.extract.text import fold

LEGAL = re.compile(
    r"\b(?:sdn\.?\s*\.?\s*bhd|s/b|s\.b\.|bhd|berhad|plt|gmbh|ag|kg|ohg|ug|e\.\s?k\.?|ltd|"
    r"limited|llc|inc|corp|co\.?|plc|pte|"
    r"b\.?v\.?|n\.?v\.?|s\.?a\.?s?|s\.?r\.?l|s\.?p\.?a|oy|ab|a/s|enterprise|trading|cong ty|tnhh|cp|co phan|jsc|tm)\b"
    r"|gmbh|sdn|bhd"
)
TRADE = re.compile(
    r"restaura|restoran|hardware|machinery|stationery|mart\b|market|supermarkt|store|shop|bakery|cafe|kedai|pasar|"
    r"perniagaan|motor|electrical|books?\b|pharmacy|apotheke|baumarkt|boutique|gallery|bistro|kopitiam|furniture|"
    r"services?\b|station|petro|optik|clinic|klinik|hotel|sieu thi|cua hang|nha hang|electronics|einrichtung"
)
NOT_COMPANY = re.compile(
    r"invoice|receipt|rechnung|hoa don|quittung|kassenbon|cash (?:bill|sale)|\btel\b|\bfax\b|phone|gst|vat\b|ust|mst|"
    r"co\.? ?reg|reg\.? ?no|roc no|date|welcome|thank|www\.|@|https?:|page \d|table|cashier|no\s*:|order|bill|customer|"
    r"copy|original|duplicate|total|^rm$|^\W*$|qty|member|slip|bestell|kunde"
)
REGISTRATION = re.compile(
    r"\s*[(\[]?\s*(?:co\.?\s*reg[^\d]*)?[(\[]?\s*[A-Za-z]{0,3}\s?\d{5,}\s?-?\s?[A-Za-z]?\s*[)\]]?\s*$"
)
ADDRESS = re.compile(
    r"\bjalan\b|\bjln\b|\bjl\b|\blot\b|\btaman\b|\btmn\b|\bno\.?\s?\d|\blorong\b|"
    r"\bpersiaran\b|\bbandar\b|\bkampung\b|\bkg\.|"
    r"\bkawasan\b|\bseksyen\b|\bsection\b|\bfloor\b|\bflr\b|\blevel\b|\bblock\b|\bblok\b|"
    r"\bplaza\b|\bmall\b|\bunit\b|\bkm\s?\d|"
    r"\bselangor\b|\bjohor\b|\bkuala\b|\bmelaka\b|\bpenang\b|\bperak\b|\bkedah\b|\bpahang\b|"
    r"\bsabah\b|\bsarawak\b|\bmalaysia\b|"
    r"\bpetaling\b|\bshah alam\b|\bklang\b|\bbaru\b|\bbesar\b|\bindustri|\bbatu\b|\bsetia\b|"
    r"\bgf\b|\bbgn\b|\bbangunan\b|"
    r"stra(?:s|ss|ß)e\b|str\.|\bplatz\b|\bweg\b|\ballee\b|\bgasse\b|\bring\b|\bstreet\b|"
    r"\bst\.|\broad\b|\brd\b|\bavenue\b|\bave\b|"
    r"\blane\b|\bdrive\b|\bduong\b|\bpho\b|\bquan\b|\bphuong\b|\bhuyen\b|\bxa\b|\btp\b|"
    r"\btinh\b|\bthanh pho\b|\bha noi\b|"
    r"\bho chi minh\b|\bso \d|\bngo \d|\bsouth\b|\bjaya\b|\bwilayah\b|\bkl\b|\bpj\b|"
    r"\bd\.?e\.?\b|\bdarul\b|\bjaya\b|\bss\s?\d|"
    r"\brue\b|\bvia\b|\bdamansara\b|\bcheras\b|\bsungai\b|\bpusat\b|\bboulevard\b|\bcity\b|"
    r"\bhighway\b|\blebuh|\bsri\b|\bseri\b"
)
NEVER = re.compile(r"thank|@|www|invoice|receipt")
POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)|\b[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}\b|(?<!\d)\d{4} ?[A-Z]{2}\b")
NOT_ADDRESS = re.compile(
    r"\btel\b|\btel[.:/ ]|\bfax\b|phone|\bhp\b|gst|\breg\b|invoice|receipt|\bdate\b|cashier|"
    r"\broc\b|@|www\.|\bco\.? ?(?:reg|no)\b|"
    r"cash|rechnung|hoa don|\bmst\b|ust-|\bbill\b|welcome|table|hotline|description|\bqty\b|"
    r"e-?mail|company|\btime\b|\bmember"
)


def find_company(sheet: Sheet) -> list[Candidate]:
    """Return candidates for the issuer's name, best first."""
    found = []
    head = _head(sheet)
    heights = sorted(cell.line.height for cell in head) or [1.0]
    usual = heights[len(heights) // 2]
    first_address = next((cell.row for cell in head if is_address(cell)), len(sheet.rows))
    for cell in head:
        text = cell.folded
        letters = sum(sign.isalpha() for sign in text)
        doubtful = letters < 3 or NOT_COMPANY.search(text)
        if doubtful and (not LEGAL.search(text) or NEVER.search(text)):
            continue
        score = 0.45
        if LEGAL.search(text):
            score += 0.30
        if TRADE.search(text):
            score += 0.15
        printed = cell.line.text
        if printed == printed.upper():
            score += 0.05
        elif printed == printed.lower():
            score -= 0.25
        score += 0.06 * min(2.0, cell.line.height / usual - 1)
        score -= 0.035 * cell.row
        if is_address(cell):
            score -= 0.4
        if cell.row > first_address:
            score -= 0.25
        elif cell.row == first_address - 1:
            score += 0.05
        if sum(sign.isdigit() for sign in text) > letters:
            score -= 0.3
        found.append(_company(cell, max(0.01, min(0.95, score))))
    return sorted(found, key=lambda one: -one.score)[:5]


def _company(cell: Cell, score: float) -> Candidate:
    """The name without a registration number behind it; a name that goes on in the next line is not joined here."""
    text = cell.line.text
    match = re.search(
        r"\s*[(\[]?\s*(?:co\.?\s*reg[^\d]*)?[(\[]?\s*[A-Za-z]{0,3}\s?\d{5,}\s?-?\s?[A-Za-z]?\s*[)\]]?\s*$", text
    )
    end = match.start() if match and match.start() > 4 else len(text)
    name = text[:end].strip(" -:,")
    begin = text.index(name) if name else 0
    return Candidate(
        cell, Found(begin, begin + len(name), name, " ".join(name.split()), 0.9), score, "head of the page"
    )


def find_address(sheet: Sheet, company: Cell | None) -> tuple[list[Cell], float]:
    """Return the lines of the issuer's address and a score. They follow the company, or stand first in the head."""
    head = _head(sheet)
    start = company.row + 1 if company is not None else 0
    run: list[Cell] = []
    misses = 0
    for cell in head:
        if cell.row < start:
            continue
        if NOT_ADDRESS.search(cell.folded):
            if run:
                break
            continue
        if is_address(cell) or (run and _continues(cell, run[-1])):
            run.append(cell)
            misses = 0
        elif run:
            break
        else:
            misses += 1
            if misses > 6:
                break
    if not run:
        return [], 0.0
    text = " ".join(cell.line.text for cell in run)
    score = 0.5 + 0.2 * bool(POSTCODE.search(text)) + 0.08 * min(2, len(run) - 1) - 0.1 * (len(run) > 5)
    score *= 0.6 + 0.4 * min(cell.line.score for cell in run)
    return run, min(0.95, score)


def is_address(cell: Cell) -> bool:
    """Say whether a line looks like a part of a postal address."""
    text = cell.folded
    hits = len(ADDRESS.findall(text)) + bool(POSTCODE.search(cell.line.text))
    return hits >= 1 and not NOT_ADDRESS.search(text) and len(text) > 4


def _continues(cell: Cell, last: Cell) -> bool:
    """A line without address words goes on with the address when the last one ended with a comma or it is in brackets
    below it."""
    if cell.row - last.row > 1:
        return False
    text = cell.line.text.strip()
    return last.line.text.rstrip().endswith((",", "-", "&")) or bool(re.match(r"^\([A-Za-z][^)]{3,}\)$", text))


def _head(sheet: Sheet) -> list[Cell]:
    """The first dozen rows: the head of a receipt, the letter head of an invoice."""
    if not sheet.cells:
        return []
    first = sheet.cells[0].page
    return [cell for row in sheet.rows[:14] for cell in row if cell.page is first and len(fold(cell.line.text)) > 1]
