"""Hybrid search in knowledge: words (BM25) and meaning (vectors), each article ranked by both together.

Three views of every article are scored for a question: its words and pairs of words (BM25 over the whole article), the
letters and the meaning of its title, and the meaning of its chunks (vectors, moved to their common centre). A long
question is looked up sentence by sentence, and what each sentence finds is added up. Scores of a view are brought to
mean 0 and deviation 1 over all articles, and added. Then what resembles the three best articles moves up behind the
first.

Sources: S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond" (2009); S. Bruch,
S. Gai, A. Ingber, "An analysis of fusion functions for hybrid retrieval" (2023), where adding normalised scores beats
reciprocal ranks; O. Khattab and M. Zaharia, "ColBERT" (2020) for adding up what each part of a question finds;
J. Rocchio, "Relevance feedback in information retrieval" (1971) for the last step, with the first hits taken as good.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import bm25s
import numpy as np
from numpy.typing import NDArray

from agents.knowledge.chunks import SENTENCE, Chunk
from agents.knowledge.store import Knowledge
from agents.knowledge.words import letters, words
from agents.triage.embedder import Embedder, Floats, unit

Places = NDArray[np.int64]

SHARP = 1.5  # a sentence that fits one article well says more than two that fit many a little
SOFTNESS = 0.05  # the same, for likeness: differences of so much count
FEEDBACK, FEEDBACK_WEIGHT = 3, 2.0
FEW = 20  # texts that count for as much as the shift of the centre: see _centred
LONG = 60  # words of a message above which its sentences are looked up one by one


class Hit(NamedTuple):
    """One article that was found, with the chunk that fits best. `score` only orders the hits of one question."""

    article: str
    chunk: Chunk
    score: float


class Index:
    """Knowledge made ready to be searched. `embedder` is the one of questions that made its vectors."""

    def __init__(self, knowledge: Knowledge, embedder: Embedder) -> None:
        self._parts = [part for part in knowledge.parts if part.chunks]
        self._embedder = embedder
        self._chunks = [chunk for part in self._parts for chunk in part.chunks]
        self._first = np.cumsum([0, *(len(part.chunks) for part in self._parts)])[:-1]
        if self._parts:
            self._words = _bm25([words(_whole(part.chunks)) for part in self._parts])
            self._letters = _bm25([letters(part.chunks[0].title) for part in self._parts])
            self._passages, self._centre = _centred([part.vectors for part in self._parts])
            self._titles, self._title_centre = _centred([part.title[None, :] for part in self._parts])
            counts = np.diff([*self._first, len(self._chunks)]).astype(np.float32)
            sums = np.add.reduceat(self._passages, self._first, axis=0).astype(np.float32)
            self._means = unit(np.asarray(sums / counts[:, None], np.float32))

    @property
    def articles(self) -> list[str]:
        """Return the articles' ids, in the order of the scores of `views`."""
        return [part.file.name for part in self._parts]

    def search(self, asked: Sequence[str], limit: int) -> list[Hit]:
        """Return the best articles for a customer's messages, the newest first in `asked`; the best hit comes first."""
        if not self._parts or not any(text.strip() for text in asked):
            return []
        views, fits = self.views(asked)
        scores = self.joined(views)
        best = [int(place) for place in np.argsort(-scores, kind="stable")[:limit]]
        return [Hit(self._parts[one].file.name, self._chunks[int(fits[one])], float(scores[one])) for one in best]

    def views(self, asked: Sequence[str]) -> tuple[dict[str, Floats], Places]:
        """Return the weighted, standardised scores of all articles in each view, and each article's best chunk."""
        texts, counts = pieces(asked)
        vectors = self._embedder.embed(texts)
        weights = np.asarray(counts, np.float32)[:, None]
        likeness = unit(vectors - self._centre) @ self._passages.T
        whole = (weights * likeness).sum(axis=0)
        ends = [*self._first[1:], len(whole)]
        fits = [start + int(whole[start:end].argmax()) for start, end in zip(self._first, ends, strict=True)]
        nearest = np.maximum.reduceat(likeness, self._first, axis=1)
        titles = unit(vectors - self._title_centre) @ self._titles.T
        spoken = np.sum([_scores(self._words, words(text)) ** SHARP for text in texts], axis=0)
        text = "\n".join(asked)
        short = min(1.0, LONG / max(1, len(text.split())))  # a title is like a short question, and unlike a long story
        views = {
            "words": _standard(spoken),
            "letters": 0.5 * short * _standard(_scores(self._letters, letters(text))),
            "titles": short * _standard((weights * titles).sum(axis=0)),
            "meaning": (0.2 + 0.8 * short) * _standard((weights * np.exp(nearest / SOFTNESS)).sum(axis=0)),
        }
        return views, np.asarray(fits, np.int64)

    def joined(self, views: Mapping[str, Floats]) -> Floats:
        """Return one score an article: the views added up, and for all but the best what is like the best three."""
        scores: Floats = np.sum(list(views.values()), axis=0)
        if len(scores) <= FEEDBACK:
            return scores
        order = np.argsort(-scores, kind="stable")
        found = scores + FEEDBACK_WEIGHT * _standard(self._means @ self._means[order[:FEEDBACK]].mean(axis=0))
        found[order[0]] = max(float(found.max()), float(scores[order[0]])) + 1e-3
        return np.asarray(found, np.float32)


def pieces(asked: Sequence[str]) -> tuple[list[str], list[float]]:
    """Return what is looked up by its meaning, and what each counts: every message, a long one sentence by sentence.

    All messages count the same: what a ticket is about often stands in the first.
    """
    texts: list[str] = []
    weights: list[float] = []
    for message in asked:
        parts = [message] if len(message.split()) <= LONG else SENTENCE.split(message)
        told = [part.strip() for part in parts if part.strip()]
        texts += told
        weights += [1.0 / len(told)] * len(told)
    return texts, weights


def _whole(chunks: Sequence[Chunk]) -> str:
    """Return an article's text: title, headings and chunks (words that overlap count twice, which does no harm)."""
    headings = dict.fromkeys(chunk.heading for chunk in chunks)
    return "\n".join([chunks[0].title, *headings, *(chunk.text for chunk in chunks)])


def _bm25(texts: Sequence[list[str]]) -> bm25s.BM25:
    # A text without any token makes the library fail; an impossible token stands for it.
    found = bm25s.BM25()
    found.index([tokens or ["\0"] for tokens in texts], show_progress=False)
    return found


def _scores(bm25: bm25s.BM25, tokens: list[str]) -> Floats:
    known = [token for token in tokens if token in bm25.vocab_dict]
    return np.asarray(bm25.get_scores(known) if known else np.zeros(bm25.scores["num_docs"]), np.float32)


def _centred(parts: Sequence[NDArray[np.float16]]) -> tuple[Floats, Floats]:
    vectors = np.concatenate(parts).astype(np.float32)
    # The centre of a handful of texts is these texts themselves: it is taken away only as far as it is known.
    centre = vectors.mean(axis=0) * np.float32(len(vectors) / (len(vectors) + FEW))
    return unit(vectors - centre), centre


def _standard(scores: Floats) -> Floats:
    return np.asarray((scores - scores.mean()) / max(float(scores.std()), 1e-6), np.float32)
