"""Plain text, HTML and XML."""

from collections.abc import Iterator
from typing import ClassVar

from agents.documents.html import html_text, parse_html
from agents.documents.parser import Source
from agents.documents.parsers.pdf import decode_xml
from agents.documents.values import Embedded, Heading, Part, flow


class TextParser:
    """Takes text in UTF-8, UTF-16 or, failing these, Windows' western code page."""

    name: ClassVar[str] = "text"
    media_types: ClassVar[frozenset[str]] = frozenset({"text/plain", "text/csv", "text/markdown", "application/json"})

    def score(self, media_type: str) -> float | None:
        """Take what was recognised as text; the last resort of the list."""
        return 0.5 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield one page."""
        text = decode(source.path.read_bytes())[: source.limits.characters]
        if source.wanted(source.first):
            rows = (line.expandtabs(8).replace("   ", "\t") for line in text.splitlines())
            yield flow(rows, source.first, self.name, source.part, text)


class HtmlParser:
    """Takes web pages and mails' HTML; hidden parts are left out, cells of a table's row are separated by tabs."""

    name: ClassVar[str] = "html"
    media_types: ClassVar[frozenset[str]] = frozenset({"text/html", "application/xhtml+xml"})

    def score(self, media_type: str) -> float | None:
        """Take HTML."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield the title and one page."""
        soup = parse_html(decode(source.path.read_bytes())[: source.limits.characters])
        if soup.title and soup.title.get_text(strip=True):
            yield Heading("title", soup.title.get_text(" ", strip=True))
        if source.wanted(source.first):
            text = html_text(soup)
            yield flow(text.splitlines(), source.first, self.name, source.part, text.replace("\t", "  "))


class XmlParser:
    """Takes XML as it is: e-invoices are understood from it, and people can read it too."""

    name: ClassVar[str] = "xml"
    media_types: ClassVar[frozenset[str]] = frozenset({"application/xml", "text/xml"})

    def score(self, media_type: str) -> float | None:
        """Take XML."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield the XML as embedded data. It is parsed later, without entities or network."""
        yield Embedded(source.filename, "application/xml", decode_xml(source.path.read_bytes()), source.part)


def decode(data: bytes) -> str:
    """Decode text by byte-order mark, as UTF-8, else as Windows-1252 (which takes every byte)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
