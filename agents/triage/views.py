"""Which bundled embedder reads a tenant's messages: the multilingual one, the English one, or both side by side.

The English one is considered where as good as all messages that say their language are English. Training tries all
three on its own messages (training.py), and a classifier names the one it was trained with.
"""

from collections.abc import Sequence

import numpy as np

from agents.triage.embedder import Embedder, Floats
from core.errors import Broken

OTHERS = 0.05  # of the messages may be said to be in another language: of short ones this is often a mistake
MULTILINGUAL = np.float32(1.5)  # times the English vectors: its own differ less from each other


class Both:
    """The vectors of two embedders side by side, at length one."""

    def __init__(self, multilingual: Embedder, english: Embedder) -> None:
        self.name = f"{multilingual.name} + {english.name}"
        self._parts = multilingual, english

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x (d + e) vectors."""
        first, second = (part.embed(texts) for part in self._parts)
        found: Floats = np.concatenate([first * MULTILINGUAL, second], axis=1)
        found /= np.sqrt(np.float32(1.0) + MULTILINGUAL**2)
        return found


def english_of(embedder: Embedder) -> Embedder | None:
    """Return what an embedder has for English alone, or None where it has nothing."""
    find = getattr(embedder, "english", None)
    found: Embedder | None = find() if find else None
    return found


def views(embedder: Embedder) -> tuple[Embedder, ...]:
    """Return the embedders a classifier may have been trained with, the quickest first."""
    english = english_of(embedder)
    return (english, embedder, Both(embedder, english)) if english else (embedder,)


def views_for(embedder: Embedder, languages: Sequence[str]) -> tuple[Embedder, ...]:
    """Return the embedders to be tried on messages in these languages ('' where it is not known)."""
    told = [language for language in languages if language]
    others = sum(language != "en" for language in told)
    return views(embedder) if told and others <= OTHERS * len(told) else (embedder,)


def view(embedder: Embedder, name: str) -> Embedder:
    """Return the one of that name. Raises Broken where there is none: its vectors would be compared with others'."""
    for one in views(embedder):
        if one.name == name:
            return one
    raise Broken(f"the classifier was trained with {name!r}, and the embedder is {embedder.name!r}")
