"""Search in a knowledge folder as it is now: for an agent's cases at a developer's desk. Nothing is stored."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from agents.knowledge import files as folder_files
from agents.knowledge.articles import Read, article
from agents.knowledge.index import Index
from agents.knowledge.store import build
from agents.triage.embedder import Embedder
from core.contracts import Source

Search = Callable[[str, int], Sequence[Source]]


def search_in(folder: Path, read: Read | None, questions: Embedder, passages: Embedder) -> Search:
    """Return the search in `folder`; `read` reads PDF and DOCX, the embedders give the vectors of questions and of
    passages."""
    index = Index(
        build(folder_files.files(folder), partial(article, folder, read=read), questions, passages), questions
    )

    def search(query: str, limit: int) -> list[Source]:
        return [
            Source(kind="article", id=hit.article, title=hit.chunk.place, quote=hit.chunk.text)
            for hit in index.search([query], limit)
        ]

    return search
