"""Several documents in one file: where one ends and the next begins.

Parts of a mail or ZIP are documents of their own. Within one part a page begins a document when it says that it is page
1 of some, when it carries another document's number than the pages before, or when it has a title at its top after a
sum to pay was already printed. Everything else goes on.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agents.documents.extract.text import fold
from agents.documents.extract.words import STRONG_TOTAL, TITLE
from agents.documents.values import Page, Reading, rows

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
BODY = "mail"  # the reader of a mail's own text


def split(reading: Reading) -> list[Reading]:
    """Return the documents in a file, each with its pages; the whole reading where there is but one. A mail's own text
    is no document beside its attachments."""
    if len(reading.pages) < 2 or len(reading.pages) > MOST_PAGES:
        return [reading]
    groups = [group for part in _parts(reading.pages) for group in _documents(part)]
    carried = [group for group in groups if group[0].reader != BODY]
    if len(carried) < 2:
        return [reading]
    return [_of(reading, group) for group in carried]


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


def _of(reading: Reading, pages: Sequence[Page]) -> Reading:
    numbers = {page.number for page in pages}
    names = {page.part for page in pages}
    return replace(
        reading,
        pages=tuple(pages),
        codes=tuple(code for code in reading.codes if code.page in numbers),
        embedded=tuple(one for one in reading.embedded if len(names - {""}) == 0 or one.name in names),
    )


def named(documents: Sequence[Reading]) -> str:
    """Return the documents of a file in words: `pages 1-2, page 3, a.pdf`."""
    told = []
    for one in documents:
        first, last = one.pages[0].number, one.pages[-1].number
        told.append(one.pages[0].part or (f"page {first}" if first == last else f"pages {first}-{last}"))
    return ", ".join(told)
