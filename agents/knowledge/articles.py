"""From a file of a knowledge folder to an article: Markdown and text, HTML, PDF and DOCX."""

from collections.abc import Callable
from pathlib import Path

from bs4 import BeautifulSoup

from agents.documents import reading
from agents.documents.html import html_text, parse_html
from agents.documents.parser import OcrWanted
from agents.documents.parsers.text import decode
from agents.documents.values import Reading
from agents.knowledge.chunks import Article
from agents.knowledge.files import HTML, MARKDOWN, MAX_BYTES
from core.errors import Rejected

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")

Read = Callable[[Path], Reading]


def article(folder: Path, name: str, read: Read | None = None) -> Article:
    """Return one file as an article. Raises Rejected where it is too large, or cannot be read.

    `read` reads PDF and DOCX; workers hand in one that does so in a limited child process.
    """
    path = folder / name
    if path.stat().st_size > MAX_BYTES:
        raise Rejected(f"{name} has more than {MAX_BYTES // 1_000_000} MB", code="too_large")
    suffix = path.suffix.lower()
    if suffix in HTML:
        return _html(name, parse_html(decode(path.read_bytes())))
    if suffix in MARKDOWN:
        text = decode(path.read_bytes())
        return Article(id=name, title=_first_heading(text) or _told(name), text=text)
    try:
        found = (read or reading.read)(path)
    except OcrWanted:
        raise Rejected(f"{name} is a picture of pages, not text", code="no_text") from None
    if not found.text.strip():
        raise Rejected(f"{name} holds no text", code="no_text")
    return Article(id=name, title=found.heading("title") or _told(name), text=found.text.replace("\f", "\n\n"))


def _html(name: str, soup: BeautifulSoup) -> Article:
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    for heading in soup.find_all(_HEADINGS):
        told = " ".join(heading.get_text(" ").split())
        title = title or told
        heading.string = f"{'#' * int(heading.name[1])} {told}" if told else ""
    return Article(id=name, title=title or _told(name), text=html_text(soup))


def _first_heading(text: str) -> str:
    return next((row.lstrip("# ").strip() for row in text.splitlines() if row.startswith("# ")), "")


def _told(name: str) -> str:
    """Return a file's name as words: 'returns/how-to_return.pdf' is 'how to return'."""
    return Path(name).stem.replace("_", " ").replace("-", " ")
