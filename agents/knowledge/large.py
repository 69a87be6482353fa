"""Search in knowledge that is too large for the memory of every worker: its passages lie in the database.

What is likely is fetched from there, by meaning and by words; the search that small knowledge gets ranks what came.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from agents.knowledge.chunks import Chunk
from agents.knowledge.files import File
from agents.knowledge.index import Hit, Index, pieces
from agents.knowledge.store import Kept, Knowledge
from agents.knowledge.words import words
from agents.triage.embedder import Embedder, Floats

LARGE = 20_000  # passages: some 60 MB in each worker process that uses them
PIECES = 12  # of a long message, the longest: each is one question to the database


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A chunk from the database with its vector, and that of its article's title."""

    chunk: Chunk
    place: int
    vector: Sequence[float]
    title_vector: Sequence[float]


Fetch = Callable[[Floats, Sequence[str]], Sequence[Passage]]  # the vectors asked for, and the words


class LargeIndex:
    """Knowledge in the database. `fetch` returns its likely passages, `embedder` is the one of questions."""

    def __init__(self, fetch: Fetch, embedder: Embedder) -> None:
        self._fetch, self._embedder = fetch, embedder

    def search(self, asked: Sequence[str], limit: int) -> list[Hit]:
        """Return the best articles for a customer's messages, as `Index.search` does."""
        texts = [text for message in pieces(asked) for text in message]
        if not texts:
            return []
        longest = sorted(texts, key=len, reverse=True)[:PIECES]
        found = self._fetch(self._embedder.embed(longest), words("\n".join(texts)))
        return Index(_as_knowledge(found, self._embedder.name), self._embedder).search(asked, limit)


def rows(parts: Sequence[Kept]) -> Iterator[Mapping[str, Any]]:
    """Yield the passages of articles as the database keeps them."""
    for part in parts:
        for place, (chunk, vector) in enumerate(zip(part.chunks, part.vectors, strict=True)):
            yield {
                "article": part.file.name,
                "place": place,
                "title": chunk.title,
                "heading": chunk.heading,
                "body": chunk.text,
                "words": sorted(set(words(f"{chunk.place}\n{chunk.text}"))),
                "vector": vector.astype(float).tolist(),
                "title_vector": None if place else part.title.astype(float).tolist(),
            }


def _as_knowledge(found: Sequence[Passage], embedder: str) -> Knowledge:
    ordered = sorted(found, key=lambda one: (one.chunk.article, one.place))
    parts = []
    for article, some in groupby(ordered, key=lambda one: one.chunk.article):
        passages = list(some)
        parts.append(
            Kept(
                file=File(name=article, sha256=""),
                chunks=tuple(one.chunk for one in passages),
                vectors=np.asarray([one.vector for one in passages], np.float16),
                title=np.asarray(passages[0].title_vector, np.float16),
            )
        )
    return Knowledge(embedder=embedder, parts=tuple(parts))
