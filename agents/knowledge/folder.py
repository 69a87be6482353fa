"""The index of a knowledge folder as it is now: for an agent's cases at a developer's desk. Nothing is stored."""

from functools import partial
from pathlib import Path

from agents.knowledge import files as folder_files
from agents.knowledge.articles import Read, article
from agents.knowledge.index import Index
from agents.knowledge.store import build
from agents.triage.embedder import Embedder


def index_of(folder: Path, read: Read | None, questions: Embedder, passages: Embedder) -> Index:
    """Return the index of `folder`; `read` reads PDF and DOCX, the embedders give the vectors of questions and of
    passages."""
    files = folder_files.files(folder)
    return Index(build(files, partial(article, folder, read=read), questions, passages), questions)
