"""Hybrid search in knowledge: words (BM25) and meaning (vectors), each article ranked by both together.

Views of every article are scored for a question: its words and pairs of words, in the whole article and in its best
chunk (BM25); the meaning of its chunks (vectors, moved to their common centre); letters and meaning of its title. Each
message of a ticket is looked up by itself, and what they find is added up. Of a long one each sentence is looked up,
and one that fits an article well counts for more than two that fit a little. Scores of a view are brought to mean 0 and
deviation 1 over all articles, and added; the more words are asked for, the more do words count against meaning. Then
what resembles the best articles moves up behind the first. docs/knowledge.md says how good it is.

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

LONG = 60  # words of a message above which its sentences are looked up one by one
SHARP = 1.5  # power of the scores of words: an article that holds rare words of the question stands out
SOFTNESS = 0.05  # likenesses of sentences: differences of so much count
MEANING, SHORT = 5.0, 12  # weight of meaning against words, in questions of so many words and fewer;
MEANING_LEAST = 0.8  # it falls as the number of words grows, to this
TITLE, LETTERS = 0.5, 0.15  # weights of a title's meaning and letters against the meaning of the text
FEEDBACK, FEEDBACK_WEIGHT = 5, 0.75
FEW = 20  # texts that count for as much as the shift of the centre: see _centred


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
            self._chunk_words = _bm25([words(f"{chunk.place}\n{chunk.text}") for chunk in self._chunks])
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
        messages = pieces(asked)
        texts = [text for message in messages for text in message]
        starts = np.cumsum([0, *(len(message) for message in messages)])[:-1]
        shares = np.concatenate([np.full(len(message), 1 / len(message), np.float32) for message in messages])[:, None]
        vectors = self._embedder.embed(texts)
        likeness = unit(vectors - self._centre) @ self._passages.T
        titles = unit(vectors - self._title_centre) @ self._titles.T
        tokens = [words(text) for text in texts]
        in_article = np.stack([_scores(self._words, one) for one in tokens])
        in_chunk = np.stack([self._best([_scores(self._chunk_words, one)])[0] for one in tokens])
        length = max(SHORT, sum(len(text.split()) for text in asked))
        weight = max(MEANING_LEAST, MEANING * SHORT / length)
        views = {
            "words": 0.7 * (_standard(_added(in_article, starts)) + _standard(_added(in_chunk, starts))),
            "meaning": weight * _standard(_likened(self._best(likeness), starts)),
            "titles": weight * TITLE * _standard((shares * titles).sum(axis=0)),
            "letters": weight * LETTERS * _standard(_scores(self._letters, letters("\n".join(asked)))),
        }
        whole = (shares * likeness).sum(axis=0)
        ends = [*self._first[1:], len(whole)]
        fits = [start + int(whole[start:end].argmax()) for start, end in zip(self._first, ends, strict=True)]
        return views, np.asarray(fits, np.int64)

    def _best(self, scores: Floats | list[Floats]) -> Floats:
        """Return for each row the best score among each article's chunks."""
        found: Floats = np.maximum.reduceat(np.asarray(scores), self._first, axis=1)
        return found

    def joined(self, views: Mapping[str, Floats]) -> Floats:
        """Return one score an article: the views added up, and for all but the best what is like the best five."""
        scores = _standard(np.sum(list(views.values()), axis=0))
        if len(scores) <= FEEDBACK:
            return scores
        order = np.argsort(-scores, kind="stable")
        best = order[:FEEDBACK]
        trust = np.exp(scores[best] - scores[best[0]])
        found = scores + FEEDBACK_WEIGHT * _standard(self._means @ (trust[:, None] * self._means[best]).sum(axis=0))
        found[best[0]] = max(float(found.max()), float(scores[best[0]])) + 1e-3
        return np.asarray(found, np.float32)


def pieces(asked: Sequence[str]) -> list[list[str]]:
    """Return for each message that says something what is looked up: itself, or the sentences of a long one."""
    found = []
    for message in asked:
        parts = [message] if len(message.split()) <= LONG else SENTENCE.split(message)
        found.append([part.strip() for part in parts if part.strip()])
    return [message for message in found if message]


def _added(scores: Floats, starts: Places) -> Floats:
    """Return the scores of articles for all pieces together: of a message the root of the sum of squares."""
    sums: Floats = np.sqrt(np.add.reduceat(scores**2, starts, axis=0)).sum(axis=0)
    return sums**SHARP


def _likened(likeness: Floats, starts: Places) -> Floats:
    """Return the likenesses of articles to all pieces together: of a message nearly its best sentence's."""
    counts = np.diff([*starts, len(likeness)])[:, None]
    means = np.add.reduceat(np.exp(likeness / SOFTNESS), starts, axis=0) / counts
    return np.asarray(np.log(means).mean(axis=0), np.float32)


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
