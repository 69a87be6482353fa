"""From an article to chunks: pieces short enough to embed and to quote, each with the headings above it.

A chunk never crosses a heading. Within a section whole sentences are packed, and the last of a chunk begin the next, so
that what stands on a border is found in one piece.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

WORDS = 110  # of a chunk: some 700 letters, well within what the embedder reads
OVERLAP = 25  # words of the chunk before that are repeated, at most
SENTENCE = re.compile(r"(?<=[.!?:;…])\s+|\n+")


@dataclass(frozen=True, kw_only=True)
class Article:
    """One text of a knowledge folder. `id` is its path there; `text` is Markdown as far as headings go."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A piece of an article; `heading` is the path of headings above it, ' > ' between them, '' for none."""

    article: str
    title: str
    heading: str
    text: str

    @property
    def place(self) -> str:
        """Return where it stands in words: title and headings, none twice."""
        first, _, _ = self.heading.partition(" > ")
        return self.heading if first == self.title else " > ".join(part for part in (self.title, self.heading) if part)


def chunks(article: Article) -> list[Chunk]:
    """Return the article's chunks in order; one with an empty text where there is a title alone."""
    found = [
        Chunk(article=article.id, title=article.title, heading=heading, text=text)
        for heading, body in _sections(article.text)
        for text in _packed(body)
    ]
    return found or [Chunk(article=article.id, title=article.title, heading="", text="")]


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield each heading's path and the text under it."""
    rows = text.replace("\r\n", "\n").split("\n")
    # Only headings and fences (a '#' in one is no heading); everything else stays as written.
    tokens = MarkdownIt("zero").enable(["heading", "fence"]).disable(["inline"]).parse("\n".join(rows))
    heads = [
        (token.map[0], token.map[1], int(token.tag[1]), tokens[place + 1].content.strip())
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.map
    ]
    first = heads[0][0] if heads else len(rows)
    yield "", "\n".join(rows[:first])
    path: list[tuple[int, str]] = []
    ends = [head[0] for head in heads[1:]] + [len(rows)]
    for (_, body, level, name), end in zip(heads, ends, strict=False):
        path = [*((above, told) for above, told in path if above < level), (level, name)]
        yield " > ".join(told for _, told in path), "\n".join(rows[body:end])


def _packed(body: str) -> Iterator[str]:
    sentences = [" ".join(part.split()) for part in SENTENCE.split(body)]
    pieces = [piece for sentence in sentences if sentence for piece in _short(sentence)]
    kept: list[str] = []
    fresh = False
    for piece in pieces:
        if kept and _words(kept) + _words([piece]) > WORDS:
            yield " ".join(kept)
            kept, fresh = _tail(kept), False
        kept.append(piece)
        fresh = True
    if fresh:
        yield " ".join(kept)


def _short(sentence: str) -> Iterator[str]:
    """Yield a sentence, or the parts of one that is longer than a chunk may be."""
    words = sentence.split()
    for start in range(0, len(words), WORDS):
        yield " ".join(words[start : start + WORDS])


def _tail(kept: list[str]) -> list[str]:
    """Return the last sentences, OVERLAP words of them at most."""
    count = 0
    while count < len(kept) - 1 and _words(kept[-count - 1 :]) <= OVERLAP:
        count += 1
    return kept[len(kept) - count :]


def _words(parts: list[str]) -> int:
    return sum(len(part.split()) for part in parts)
