"""PDF: the text layer with positions by PDFium; pages that are pictures go to OCR; attached files (e-invoices) too."""

from collections.abc import Iterator
from ctypes import byref
from typing import Any, ClassVar

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from agents.documents.parser import OcrWanted, Source
from agents.documents.values import Embedded, Heading, Line, Page, Part
from core.errors import Rejected

ENOUGH_CHARACTERS = 16  # fewer on a page that shows something: the page is a picture
OCR_LONG_SIDE = 2200  # pixels a page is rendered to for OCR


class PdfParser:
    """Reads PDF pages one by one, so that 500 pages need the memory of one."""

    name: ClassVar[str] = "pdf"
    media_types: ClassVar[frozenset[str]] = frozenset({"application/pdf"})

    def score(self, media_type: str) -> float | None:
        """Take PDF."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield attached XML, then pages. Raises Rejected (encrypted, damaged, too_many_pages)."""
        try:
            document = pdfium.PdfDocument(source.path)
        except pdfium.PdfiumError as error:
            if "password" in str(error).lower():
                raise Rejected("the PDF is protected by a password", code="encrypted", hint="send it open") from error
            raise Rejected("the PDF is damaged", code="damaged", hint="export or scan it again") from error
        try:
            if len(document) > source.limits.pages:
                raise Rejected(f"{len(document)} pages are too many", code="too_many_pages")
            yield from _attached(document, source.part)
            for index in range(len(document)):
                number = source.first + index
                if source.wanted(number):
                    yield from _page(document, index, number, source)
        finally:
            document.close()


def _attached(document: Any, part: str) -> Iterator[Part]:
    for index in range(min(document.count_attachments(), 50)):
        try:
            attachment = document.get_attachment(index)
            name, data = attachment.get_name(), bytes(attachment.get_data())
        except pdfium.PdfiumError:
            continue  # a damaged attachment costs the pages nothing
        if name.lower().endswith(".xml") and len(data) < 20_000_000:
            yield Embedded(name, "application/xml", decode_xml(data), part)


def decode_xml(data: bytes) -> str:
    """Decode XML bytes by their byte-order mark, their declaration or as UTF-8; the parser checks well-formedness."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    declaration = data[:200].split(b"?>")[0].lower()
    for encoding in ("iso-8859-15", "iso-8859-1", "windows-1252", "utf-16"):
        if encoding.encode() in declaration:
            return data.decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def _page(document: Any, index: int, number: int, source: Source) -> Iterator[Part]:
    try:
        page = document[index]
    except pdfium.PdfiumError:
        yield Heading("note", f"page {number} is damaged and was not read")
        return
    try:
        width, height = page.get_size()
        textpage = page.get_textpage()
        try:
            lines, printable = text_lines(page, textpage, width, height)
        finally:
            textpage.close()
        if printable >= ENOUGH_CHARACTERS or not _shows_something(page):
            yield Page(number, width, height, tuple(lines), "pdf", source.part)
            return
        if source.ocr is None:
            raise OcrWanted
        scale = min(4.0, OCR_LONG_SIDE / max(width, height, 1.0))
        picture = page.render(scale=scale).to_numpy()
        yield from source.ocr.read(picture[:, :, :3], number, source.hints, source.part)
    finally:
        page.close()


def _shows_something(page: Any) -> bool:
    return bool(raw.FPDFPage_CountObjects(page.raw) > 0)


def text_lines(page: Any, textpage: Any, width: float, height: float) -> tuple[list[Line], int]:
    """Return the text layer's lines and the number of printable characters.

    PDFium's characters come in writing order; a line ends at a break, a jump, or a gap wider than its height.
    """
    count = raw.FPDFText_CountChars(textpage.raw)
    place = _placer(page, width, height)
    box = raw.FS_RECTF()
    target = byref(box)
    unicode_at, box_at, handle = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox, textpage.raw
    lines: list[Line] = []
    text: list[str] = []
    left = top = right = bottom = 0.0
    space, printable = False, 0

    def flush() -> None:
        if text:
            lines.append(Line("".join(text), round(left, 1), round(top, 1), round(right, 1), round(bottom, 1)))
            text.clear()

    for index in range(count):
        code = unicode_at(handle, index)
        if code in (10, 13):
            flush()
            space = False
            continue
        if code in (32, 160, 9, 0, 0xFFFE, 0x00AD) or code == 0x2002 or code == 0x2003:
            if code == 0xFFFE or code == 0x00AD:
                code = 45  # PDFium's mark for a hyphen at a line's end
            else:
                space = True
                continue
        if not box_at(handle, index, target):
            continue
        x0, y0, x1, y1 = place(box.left, box.top, box.right, box.bottom)
        printable += 1
        if text:
            size = max(bottom - top, 1.0)
            same_row = min(y1, bottom) - max(y0, top) > 0.4 * min(size, max(y1 - y0, 0.1))
            gap = x0 - right
            if not same_row or gap > 1.0 * size or gap < -1.5 * size:
                flush()
            elif space or gap > 0.28 * size:
                text.append(" ")
        if text:
            left, top, right, bottom = min(left, x0), min(top, y0), max(right, x1), max(bottom, y1)
        else:
            left, top, right, bottom = x0, y0, x1, y1
        text.append(chr(code))
        space = False
    flush()
    return lines, printable


def _placer(page: Any, width: float, height: float) -> Any:
    """Return the mapping from PDF space (origin bottom left, unrotated) to the page as shown (origin top left)."""
    turned = page.get_rotation()
    x, y, _, _ = page.get_bbox()
    if turned == 0:
        base = y + height
        return lambda left, top, right, bottom: (left - x, base - top, right - x, base - bottom)

    def place(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        left, right, top, bottom = left - x, right - x, top - y, bottom - y
        if turned == 90:
            return bottom, left, top, right
        if turned == 180:
            return width - right, bottom, width - left, top
        return width - top, height - right, width - bottom, height - left

    return place
