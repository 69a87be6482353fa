"""Frozen values of a document that was read: lines with boxes, pages, machine-readable parts, the whole reading.

All are plain and small: they cross a process boundary as JSON, thousands to a page.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from core.contracts import Evidence


class Line(NamedTuple):
    """A run of text without wide gaps. Box in the page's units, origin at the top left. `score` is the reader's for
    the whole line, `least` the one of its least sure letter or digit: one misread digit hides in a good mean."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float = 1.0
    least: float = 1.0

    @property
    def height(self) -> float:
        """Height of the box in the page's units."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Vertical middle of the box."""
        return (self.top + self.bottom) / 2


class Code(NamedTuple):
    """A barcode, QR code or machine-readable zone found on a page; `kind` is qr, barcode or mrz."""

    kind: str
    text: str
    page: int
    box: tuple[float, float, float, float] | None = None


class Embedded(NamedTuple):
    """A machine-readable file inside the document (an e-invoice's XML), or the document itself when it is XML.

    `part` is the file of a mail or ZIP that it was in, as a page's."""

    name: str
    media_type: str
    text: str
    part: str = ""


class Heading(NamedTuple):
    """What the container says of itself: mail headers, title, the part's name where a file holds several."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `reader` names who read it (pdf, ocr, ocr-vi, docx, ...). `part` is the file inside a mail or ZIP.

    Lines of a skewed scan are stored upright; `angle` (degrees) turns their boxes back onto the picture. A picture that
    stood on its side or head was turned left by `turned` (0, 90, 180, 270) degrees before; evidence is turned back too.
    """

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    reader: str
    part: str = ""
    angle: float = 0.0
    turned: int = 0
    body: str = ""  # the text in reading order where the format gives one (mail, HTML); else it comes from the lines
    codes: tuple[Code, ...] = ()  # found on its picture: they are kept with the page when reading is interrupted

    @property
    def text(self) -> str:
        """The page's text in reading order, one printed row a line, cells of a row two spaces apart."""
        return self.body or "\n".join("  ".join(line.text for line in row) for row in rows(self.lines))


Part = Page | Code | Embedded | Heading


@dataclass(frozen=True)
class Reading:
    """Everything read from one file."""

    media_type: str
    pages: tuple[Page, ...] = ()
    codes: tuple[Code, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    headings: tuple[Heading, ...] = ()
    language: str = ""
    notes: tuple[str, ...] = field(default=())  # what was left unread and why, in words for staff

    @cached_property
    def text(self) -> str:
        """All pages' text, a form feed between pages."""
        return "\f".join(page.text for page in self.pages)

    def heading(self, name: str) -> str:
        """Return the value of a heading (a mail header, the title), or the empty string."""
        return next((h.value for h in self.headings if h.name == name), "")


def rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Group lines that stand on one printed row, rows from top to bottom, lines in a row from left to right.

    A line joins the row whose nearest line, across, overlaps it in height by more than half of the smaller one;
    lines above each other never share a row, so that a tilted page does not run together.
    """
    found: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: one.middle):
        home, most = None, 0.5
        for row in found[-8:]:
            share = _shared_height(line, row)
            if share > most:
                home, most = row, share
        if home is None:
            found.append([line])
        else:
            home.append(line)
    found.sort(key=lambda row: sum(line.middle for line in row) / len(row))
    return [sorted(row, key=lambda one: one.left) for row in found]


def _shared_height(line: Line, row: list[Line]) -> float:
    nearest, distance = row[0], float("inf")
    for other in row:
        gap = max(other.left - line.right, line.left - other.right)
        if gap < -0.3 * min(line.right - line.left, other.right - other.left):
            return 0.0
        if gap < distance:
            nearest, distance = other, gap
    overlap = min(line.bottom, nearest.bottom) - max(line.top, nearest.top)
    return overlap / max(0.1, min(line.height, nearest.height))


FIELDS_BEFORE_CODES = 5  # of a page, behind its lines


def part_to_json(part: Part) -> list[Any]:
    """Return a part as a JSON list that `part_from_json` reads back."""
    if isinstance(part, Page):
        return [
            "page",
            part.number,
            part.width,
            part.height,
            part.lines,
            part.reader,
            part.part,
            part.angle,
            part.turned,
            part.body,
            part.codes,
        ]
    return [type(part).__name__.lower(), *part]


def part_from_json(values: Sequence[Any]) -> Part:
    """Read a part back from JSON. Raises ValueError for an unknown kind."""
    kind, rest = values[0], values[1:]
    if kind == "page":
        number, width, height, lines, *more = rest
        if len(more) > FIELDS_BEFORE_CODES:  # pages that older versions stored end before the codes
            more[-1] = tuple(_code(*code) for code in more[-1])
        return Page(number, width, height, tuple(Line(*line) for line in lines), *more)
    if kind == "code":
        return _code(*rest)
    if kind == "embedded":
        return Embedded(*rest)
    if kind == "heading":
        return Heading(*rest)
    raise ValueError(f"unknown part {kind!r}")


def _code(kind: str, text: str, page: int, box: Sequence[float] | None) -> Code:
    return Code(kind, text, page, (box[0], box[1], box[2], box[3]) if box else None)


def assemble(parts: Iterable[Part], media_type: str, language: str = "") -> Reading:
    """Put parts together into one reading; pages are ordered by number, a page given twice counts once."""
    pages: dict[int, Page] = {}
    codes: list[Code] = []
    embedded: list[Embedded] = []
    headings: list[Heading] = []
    for part in parts:
        if isinstance(part, Page):
            pages[part.number] = part
            codes += part.codes
        elif isinstance(part, Code):
            codes.append(part)
        elif isinstance(part, Embedded):
            embedded.append(part)
        else:
            headings.append(part)
    return Reading(
        media_type=media_type,
        pages=tuple(pages[number] for number in sorted(pages)),
        codes=tuple(dict.fromkeys(codes)),
        embedded=tuple(dict.fromkeys(embedded)),
        headings=tuple(h for h in dict.fromkeys(headings) if h.name != "note"),
        language=language,
        notes=tuple(dict.fromkeys(h.value for h in headings if h.name == "note")),
    )


def evidence(page: Page, line: Line, start: int = 0, end: int | None = None) -> Evidence:
    """Return where characters `start` to `end` of a line stand, as shares of the page (even widths assumed)."""
    end = len(line.text) if end is None else end
    step = (line.right - line.left) / max(1, len(line.text))
    corners = [
        _turn_back(page, x, y)
        for x in (line.left + start * step, line.left + end * step)
        for y in (line.top, line.bottom)
    ]
    shares = [_unturned(page.turned, x / page.width, y / page.height) for x, y in corners]
    across, down = [x for x, _ in shares], [y for _, y in shares]
    box = (_share(min(across)), _share(min(down)), _share(max(across)), _share(max(down)))
    return Evidence(kind="page", page=page.number, box=box, path=page.part, text=line.text[start:end])


def _turn_back(page: Page, x: float, y: float) -> tuple[float, float]:
    if not page.angle:
        return x, y
    from math import cos, radians, sin

    angle, cx, cy = radians(page.angle), page.width / 2, page.height / 2
    dx, dy = x - cx, y - cy
    return cx + dx * cos(angle) - dy * sin(angle), cy + dx * sin(angle) + dy * cos(angle)


def _unturned(turned: int, x: float, y: float) -> tuple[float, float]:
    """Map shares of the upright page onto the picture as it was sent."""
    return {0: (x, y), 90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[turned]


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 5)


def flow(texts: Iterable[str], number: int, reader: str, part: str = "", body: str = "") -> Page:
    """Lay out text that has no positions (HTML, plain text, DOCX) as a page of even rows, so that one layout serves
    all formats. A tab separates cells: they are placed 40 characters apart. Units: one character is 6 by 12."""
    lines = list(_flowed(texts))
    width = max([600.0, *(line.right for line in lines)])
    height = max([800.0, *(line.bottom for line in lines)])
    return Page(number, width, height, tuple(lines), reader, part, body=body)


def _flowed(texts: Iterable[str]) -> Iterator[Line]:
    for row, text in enumerate(texts):
        column = 0
        for cell in text.split("\t"):
            stripped = cell.strip()
            if stripped:
                yield Line(stripped, column * 6.0, row * 14.0, (column + len(stripped)) * 6.0, row * 14.0 + 12.0)
            column += max(40, (len(stripped) // 40 + 1) * 40)
