"""`read`: a file in, a frozen reading out. Pure: no process, no network, no database.

Untrusted files are read in a limited child process (workers.parse_server), which runs the same code page by page.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from agents.documents.formats import check_zip, sniff
from agents.documents.language import detect
from agents.documents.parser import Hints, Limits, Ocr, Parser, Source
from agents.documents.parsers.archive import ZipParser
from agents.documents.parsers.image import ImageParser
from agents.documents.parsers.mail import EmlParser, MsgParser
from agents.documents.parsers.office import DocxParser, SheetParser, SlidesParser
from agents.documents.parsers.pdf import PdfParser
from agents.documents.parsers.text import HtmlParser, TextParser, XmlParser
from agents.documents.values import Part, Reading, assemble
from core.errors import Rejected

PARSERS: tuple[Parser, ...] = (
    PdfParser(),
    ImageParser(),
    DocxParser(),
    SheetParser(),
    SlidesParser(),
    EmlParser(),
    MsgParser(),
    ZipParser(),
    XmlParser(),
    HtmlParser(),
    TextParser(),
)


def read(
    path: Path,
    media_type: str = "",
    filename: str = "",
    *,
    hints: Hints | None = None,
    limits: Limits | None = None,
    ocr: Ocr | None = None,
) -> Reading:
    """Read a whole file. Raises Rejected (with a code: damaged, encrypted, zip_bomb, too_large, too_many_pages,
    too_many_pixels, unsupported) and OcrWanted where a page is a picture and `ocr` is None."""
    source = Source(
        path=path,
        filename=filename or path.name,
        media_type=media_type,
        hints=hints or Hints(),
        limits=limits or Limits(),
        ocr=ocr,
    )
    kind, parts = open_source(source)
    return finish(assemble(parts, kind))


def finish(reading: Reading) -> Reading:
    """Add what is known only from the whole: the language."""
    return replace(reading, language=detect(reading.text))


def open_source(source: Source) -> tuple[str, Iterator[Part]]:
    """Find the parser for a source and return the real media type and the parts to come. Raises Rejected."""
    size = source.path.stat().st_size
    if size == 0:
        raise Rejected("the file is empty", code="empty")
    if size > source.limits.bytes:
        raise Rejected(f"{size // 1_000_000} MB are too many", code="too_large")
    if source.depth > source.limits.depth:
        raise Rejected("files are nested too deep", code="too_deep")
    with source.path.open("rb") as file:
        head = file.read(4096)
    kind = sniff(head, source.filename, source.media_type)
    if kind == "application/zip":
        kind = check_zip(source.path, source.limits)
    scored = [(score, parser) for parser in PARSERS if (score := parser.score(kind)) is not None]
    if not scored:
        raise Rejected("files of this kind cannot be read", code="unsupported", hint="send a PDF, a picture or a text")
    _, best = max(scored, key=lambda pair: pair[0])
    return kind, best.parts(replace(source, media_type=kind, read_inner=_read_inner))


def _read_inner(source: Source) -> Iterator[Part]:
    return open_source(source)[1]
