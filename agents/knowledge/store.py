"""An agent's knowledge as one value: articles cut into chunks, with their vectors. It is stored without pickle.

Building it again takes only what changed: a file whose bytes are the same keeps its chunks and vectors, one that is
gone is gone from the value too.
"""

import io
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.chunks import Article, Chunk, chunks
from agents.knowledge.files import File, fingerprint
from agents.triage.embedder import Embedder
from core.errors import Broken, Rejected

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One file's part: its chunks, their vectors (n x d), and the vector of its title read as a question (d)."""

    file: File
    chunks: tuple[Chunk, ...]
    vectors: Halves
    title: Halves
    problem: str = ""  # why the file could not be read; then it has no chunks
    apart: int = 0  # chunks that are kept elsewhere: in the database, where the knowledge is large


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """All parts, in the order of names. `embedder` names who made the vectors."""

    embedder: str
    parts: tuple[Kept, ...]

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the folder it was made from."""
        return fingerprint(part.file for part in self.parts)

    @property
    def is_apart(self) -> bool:
        """Say whether chunks of it are kept elsewhere."""
        return any(part.apart for part in self.parts)

    @property
    def size(self) -> int:
        """Return the number of chunks of all articles, wherever they are kept."""
        return sum(len(part.chunks) + part.apart for part in self.parts)

    @property
    def chunks(self) -> list[Chunk]:
        """Return the chunks of all articles."""
        return [chunk for part in self.parts for chunk in part.chunks]


def build(
    files: Sequence[File],
    read: Callable[[str], Article],
    embedder: Embedder,
    passages: Embedder,
    before: Knowledge | None = None,
    until: float = math.inf,
) -> Knowledge:
    """Return the knowledge in `files`. `read` gives a file's article, `embedder` and `passages` the vectors of
    questions and of passages; what `before` holds of an unchanged file is taken over.

    No file but the first new one is begun after `until` (of time.monotonic): what is left out shows in the fingerprint.
    """
    kept = {part.file: part for part in before.parts} if before and before.embedder == embedder.name else {}
    parts, is_new = [], False
    for file in files:
        if file in kept:
            parts.append(kept[file])
        elif not is_new or time.monotonic() < until:
            parts.append(_part(file, read, embedder, passages))
            is_new = True
    return Knowledge(embedder=embedder.name, parts=tuple(parts))


def set_apart(knowledge: Knowledge) -> Knowledge:
    """Return the knowledge without its chunks, which are kept elsewhere: what is left says which files it has."""
    parts = [
        replace(part, chunks=(), vectors=part.vectors[:0], apart=len(part.chunks) + part.apart)
        for part in knowledge.parts
    ]
    return replace(knowledge, parts=tuple(parts))


def _part(file: File, read: Callable[[str], Article], embedder: Embedder, passages: Embedder) -> Kept:
    try:
        article = read(file.name)
    except Rejected as error:
        none = passages.embed([]).astype(np.float16)
        return Kept(file=file, chunks=(), vectors=none, title=np.zeros(none.shape[1], np.float16), problem=str(error))
    cut = chunks(article)
    vectors = passages.embed([f"{chunk.place}\n{chunk.text}" for chunk in cut])
    title = embedder.embed([article.title])[0]
    return Kept(file=file, chunks=tuple(cut), vectors=vectors.astype(np.float16), title=title.astype(np.float16))


def pack(knowledge: Knowledge) -> bytes:
    """Return the knowledge as bytes: arrays with a JSON header (.npz)."""
    parts = [
        {
            "name": part.file.name,
            "sha256": part.file.sha256,
            "problem": part.problem,
            "apart": part.apart,
            "title": part.chunks[0].title if part.chunks else "",
            "chunks": [[chunk.heading, chunk.text] for chunk in part.chunks],
        }
        for part in knowledge.parts
    ]
    header = json.dumps({"format": FORMAT, "embedder": knowledge.embedder, "parts": parts}, ensure_ascii=False)
    arrays = {"header": np.frombuffer(header.encode(), np.uint8)}
    if knowledge.parts:
        arrays["vectors"] = np.concatenate([part.vectors for part in knowledge.parts])
        arrays["titles"] = np.stack([part.title for part in knowledge.parts])
    with io.BytesIO() as out:
        np.savez(out, allow_pickle=False, **arrays)
        return out.getvalue()


def unpack(data: bytes) -> Knowledge:
    """Return the knowledge in `data`. Raises Broken if it is none, or of another format."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        header = json.loads(arrays["header"].tobytes())
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise Broken(f"these bytes are no knowledge: {error}") from None
    if header.get("format") != FORMAT:
        raise Broken(f"knowledge of format {header.get('format')!r}; this version reads {FORMAT}: index again")
    parts, start = [], 0
    for place, one in enumerate(header["parts"]):
        end = start + len(one["chunks"])
        cut = [
            Chunk(article=one["name"], title=one["title"], heading=heading, text=text)
            for heading, text in one["chunks"]
        ]
        file = File(name=one["name"], sha256=one["sha256"])
        vectors, title = arrays["vectors"][start:end], arrays["titles"][place]
        told = {"problem": one["problem"], "apart": one.get("apart", 0)}
        parts.append(Kept(file=file, chunks=tuple(cut), vectors=vectors, title=title, **told))
        start = end
    return Knowledge(embedder=header["embedder"], parts=tuple(parts))
