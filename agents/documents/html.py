"""The visible text of HTML."""

import warnings

from bs4 import BeautifulSoup, Comment, NavigableString, Tag, XMLParsedAsHTMLWarning
from bs4.element import PageElement

BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "tr", "ul"),
    )
)
HIDDEN = ("script", "style", "head", "template", "noscript", "title", "meta")


def html_text(soup: Tag) -> str:
    """Return the visible text: a line a block, a tab between the cells of a table's row."""
    pieces: list[str] = []
    _walk(soup, pieces)
    lines = ("\t".join(" ".join(c.split()) for c in line.split("\t")).strip() for line in "".join(pieces).split("\n"))
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def _walk(node: PageElement, pieces: list[str]) -> None:
    stack: list[PageElement | str] = [node]
    while stack:  # a stack, not recursion: hostile pages nest thousands deep
        one = stack.pop()
        if isinstance(one, Tag):
            if one.name in HIDDEN:
                continue
            if one.name in BLOCKS:
                stack.append("\n")
            elif one.name in ("td", "th"):
                stack.append("\t")
            stack.extend(reversed(one.contents))
            if one.name in BLOCKS:
                stack.append("\n")
        elif isinstance(one, NavigableString):
            if not isinstance(one, Comment):
                pieces.append(" ".join(one.replace("\xa0", " ").split("\n")))
        else:
            pieces.append(str(one))


def parse_html(markup: str) -> BeautifulSoup:
    """Parse HTML leniently; XHTML that begins as XML is HTML to us too, so that warning is silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        return BeautifulSoup(markup, "lxml")
