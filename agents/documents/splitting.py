"""Several documents in one file: where one ends and the next begins.

Parts of a mail or ZIP are documents of their own; an e-invoice's XML belongs to the one document of the same name
that has pages ("4711.pdf" beside "4711.xml"), else it is a document without pages. Within one part a page begins a
document when it says that it is page 1 of some, when it carries another document's number than the pages before, or
when it has a title at its top after a sum to pay was already printed. Everything else goes on. Receipts that lie side
by side on one photo are told by the empty strip between them, each with a sum of its own; one below the other also by
another sum and a shop's name.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median

from agents.documents.einvoice.reader import read_invoice
from agents.documents.extract.amounts import find_amounts
from agents.documents.extract.text import fold
from agents.documents.extract.words import LEGAL, STRONG_TOTAL, TITLE, TOTAL, TRADE
from agents.documents.language import detect
from agents.documents.values import Embedded, Line, Page, Reading, rows

COUNTED = re.compile(
    r"\b(?:page|seite|trang|pagina|blatt)\s*:?\s*(\d{1,3})\s*(?:of|von|/|tren|van|sur|di)\s*(\d{1,3})\b"
)
NUMBERED = re.compile(
    r"(?:invoice|receipt|bill|rechnungs?|beleg|credit note|hoa don|facture|factuur)\s*-?\s*"
    r"(?:number|no\.?|nr\.?|nummer|so|#|n°)\s*[:.#]?\s*([a-z0-9][\w/.-]*\d[\w/.-]*)|"
    r"so hoa don\s*:?\s*([a-z0-9][\w/.-]*\d)"
)
TOP = 0.35  # of the page's height: where a title stands
MOST_PAGES = 300  # a longer file is a book or a log, and one document
STRIP, GAP = 1.0, 3.5  # times the height of the print: the least empty space beside and below a receipt on a photo
LEAST_LINES = 5  # of a receipt
Halves = tuple[tuple[Line, ...], tuple[Line, ...]]
BODY = "mail"  # the reader of a mail's own text


def split(reading: Reading) -> list[Reading]:
    """Return the documents in a file, each with its pages; the whole reading where there is but one. A mail's own text
    is no document beside its attachments."""
    if len(reading.pages) > MOST_PAGES:
        return [reading]
    pages = [piece for page in reading.pages for piece in (_pieces(page) if page.reader.startswith("ocr") else [page])]
    inside = [one for one in reading.embedded if one.part]
    if len(pages) + len(inside) < 2:
        return [reading]
    groups = [group for part in _parts(pages) for group in _documents(part)]
    carried = [group for group in groups if group[0].reader != BODY]
    alone = _alone(inside, carried)
    if len(carried) + len(alone) < 2:
        return [reading]
    return [
        *(_of(reading, group, _beside_it(group, inside, carried)) for group in carried),
        *(replace(reading, pages=(), codes=(), embedded=(one,)) for one in alone),
    ]


def _alone(inside: Sequence[Embedded], carried: Sequence[Sequence[Page]]) -> list[Embedded]:
    """The e-invoices that belong to no document with pages."""
    taken = {one for group in carried for one in _beside_it(group, inside, carried)}
    return [one for one in inside if one not in taken and _is_invoice(one)]


def _beside_it(
    group: Sequence[Page], inside: Sequence[Embedded], carried: Sequence[Sequence[Page]]
) -> tuple[Embedded, ...]:
    """The XML in the group's own file, and that in a file of the same name where this is its only document."""
    part = group[0].part
    only = sum(_stem(other[0].part) == _stem(part) for other in carried) == 1
    return tuple(one for one in inside if one.part == part or (only and part and _stem(one.part) == _stem(part)))


def _stem(part: str) -> str:
    return part.rsplit(".", 1)[0].lower()


def _is_invoice(one: Embedded) -> bool:
    try:
        return read_invoice(one.text) is not None
    except ValueError:
        return False


def _parts(pages: Sequence[Page]) -> Iterator[list[Page]]:
    part: list[Page] = []
    for page in pages:
        if part and (page.part != part[-1].part or (part[-1].reader == BODY) != (page.reader == BODY)):
            yield part
            part = []
        part.append(page)
    yield part


def _documents(pages: Sequence[Page]) -> Iterator[list[Page]]:
    document: list[Page] = []
    number, paid = "", False
    for page in pages:
        if document and page.number == document[-1].number:  # another piece of the same photo
            yield document
            document, number, paid = [], "", False
        lines = ["  ".join(line.text for line in row) for row in rows(page.lines)]
        folded = [fold(line) for line in lines]
        text = "\n".join(folded)
        own = _number(text)
        if document and _begins(page, text, own, number, paid):
            yield document
            document, number, paid = [], "", False
        document.append(page)
        number = number or own
        paid = paid or bool(STRONG_TOTAL.search(text))
    yield document


def _pieces(page: Page) -> list[Page]:
    """The receipts on one photo, from left to right and from top to bottom; the page itself where there is but one."""
    for cut, fits in ((_beside, _is_whole), (_below, _is_another)):
        for first, second in cut(page.lines):
            if fits(first, second):
                return [piece for lines in (first, second) for piece in _pieces(replace(page, lines=lines))]
    return [page]


def _beside(lines: Sequence[Line]) -> Iterator[Halves]:
    """Each way to divide the lines by an empty strip from top to bottom."""
    yield from _divided(sorted(lines, key=lambda line: line.left), lambda line: (line.left, line.right), STRIP)


def _below(lines: Sequence[Line]) -> Iterator[Halves]:
    yield from _divided(sorted(lines, key=lambda line: line.top), lambda line: (line.top, line.bottom), GAP)


def _divided(lines: Sequence[Line], ends: Callable[[Line], tuple[float, float]], least: float) -> Iterator[Halves]:
    if len(lines) < 2 * LEAST_LINES:
        return
    usual = median(line.height for line in lines)
    reached = ends(lines[0])[1]
    for number, line in enumerate(lines[1:], 1):
        start, end = ends(line)
        if start - reached >= least * usual and LEAST_LINES <= number <= len(lines) - LEAST_LINES:
            yield tuple(lines[:number]), tuple(lines[number:])
        reached = max(reached, end)


def _is_whole(*halves: Sequence[Line]) -> bool:
    return all(_sums(half) for half in halves)


def _is_another(first: Sequence[Line], second: Sequence[Line]) -> bool:
    """A payment slip below a receipt repeats its sum, and an appendix has no shop's name at its top."""
    head = [fold(line.text) for line in second[:4]]
    named = any(LEGAL.search(text) or TRADE.search(text) for text in head)
    one, other = _sums(first), _sums(second)
    return named and bool(one) and bool(other) and not one & other


def _sums(lines: Sequence[Line]) -> set[str]:
    """The amounts in rows that speak of a total."""
    found = set()
    for row in rows(lines):
        text = " ".join(line.text for line in row)
        if STRONG_TOTAL.search(fold(text)) or TOTAL.search(fold(text)):
            found |= {one.normalised.split(" ")[0] for one in find_amounts(text) if one.quality >= 0.6}
    return found


def _begins(page: Page, text: str, own: str, number: str, paid: bool) -> bool:
    counted = COUNTED.search(text)
    if counted is not None:
        return counted.group(1) == "1"
    if own and number:
        return own != number
    return paid and any(TITLE.match(fold(line.text)) for line in page.lines if line.bottom < TOP * page.height)


def _number(text: str) -> str:
    found = NUMBERED.search(text)
    return next((group for group in found.groups() if group), "") if found is not None else ""


def _of(reading: Reading, pages: Sequence[Page], inside: tuple[Embedded, ...]) -> Reading:
    numbers = {page.number for page in pages}
    language = detect("\f".join(page.text for page in pages))
    return replace(
        reading,
        language=language or reading.language,
        pages=tuple(pages),
        codes=tuple(code for code in reading.codes if code.page in numbers),
        embedded=inside or tuple(one for one in reading.embedded if not one.part and not pages[0].part),
    )


def names(documents: Sequence[Reading]) -> list[str]:
    """Return what each document of a file is called: `pages 1-2`, `a.pdf`, `page 1 (2)` for the second on a photo."""
    told = []
    for one in documents:
        if not one.pages:  # XML alone
            told.append(next((xml.part for xml in one.embedded), "") or "the file")
            continue
        first, last = one.pages[0].number, one.pages[-1].number
        told.append(one.pages[0].part or (f"page {first}" if first == last else f"pages {first}-{last}"))
    return [
        f"{name} ({told[:number].count(name) + 1})" if told.count(name) > 1 else name
        for number, name in enumerate(told)
    ]


def named(documents: Sequence[Reading]) -> str:
    """Return the documents of a file in words: `pages 1-2, page 3, a.pdf`."""
    return ", ".join(names(documents))
