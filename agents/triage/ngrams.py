"""The quick classifier: a linear support vector machine on hashed n-grams of characters and words.

It needs no embedding, so it answers in well under a millisecond; it decides alone where it is sure, and elsewhere
its scores join those of the embeddings. Everything in it is an array, so it is stored without pickle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.svm import LinearSVC

from agents.triage.language import fold

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BUCKETS = 2**20
MAX_FEATURES = 40_000
WORD = r"(?u)\b\w+\b"
SOFTNESS = 1.0  # C of the support vector machine


@dataclass(frozen=True)
class Features:
    """Which hashed n-grams count, and their inverse document frequency. `column` is -1 for the others."""

    column: NDArray[np.int32]
    idf: Floats

    def transform(self, texts: Sequence[str]) -> tuple[sparse.csr_matrix, Floats]:
        """Return m x features TF-IDF rows of length one, and each text's share of n-grams that are known."""
        counts = _counts(texts)
        seen = np.add.reduceat(np.r_[counts.data, 0.0], counts.indptr[:-1]) * (np.diff(counts.indptr) > 0)
        columns = self.column[counts.indices]
        kept = columns >= 0
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))[kept]
        columns, values = columns[kept], counts.data[kept]
        known = np.bincount(rows, weights=values, minlength=counts.shape[0])
        values = (1.0 + np.log(values)) * self.idf[columns]
        length = np.sqrt(np.bincount(rows, weights=values**2, minlength=counts.shape[0]))
        values = values / np.maximum(length, 1e-9)[rows]
        shape = (counts.shape[0], len(self.idf))
        matrix = sparse.csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)
        return matrix, (known / np.maximum(seen, 1.0)).astype(np.float32)


@dataclass(frozen=True)
class Ngrams:
    """A trained model: `weights` features x classes (half precision once trained), `bias` classes."""

    features: Features
    weights: NDArray[np.float32] | NDArray[np.float16]
    bias: Floats

    def scores(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Return m x classes margins and m shares of known n-grams."""
        matrix, known = self.features.transform(texts)
        found = np.empty((matrix.shape[0], len(self.bias)), np.float32)
        for row in range(matrix.shape[0]):
            # A gather of some 200 rows; a sparse product would first turn all weights into single precision.
            span = slice(matrix.indptr[row], matrix.indptr[row + 1])
            found[row] = matrix.data[span] @ self.weights[matrix.indices[span]].astype(np.float32)
        return found + self.bias, known


def learn_features(texts: Sequence[str]) -> Features:
    """Choose the n-grams that count: in at least two texts (of 2,000 or more), the most frequent first."""
    counts = _counts(texts)
    frequency = np.bincount(counts.indices, minlength=BUCKETS)
    chosen = np.flatnonzero(frequency >= _least(len(texts)))
    if len(chosen) > MAX_FEATURES:
        chosen = np.sort(chosen[np.argsort(-frequency[chosen], kind="stable")[:MAX_FEATURES]])
    column = np.full(BUCKETS, -1, np.int32)
    column[chosen] = np.arange(len(chosen), dtype=np.int32)
    idf = np.log((1 + len(texts)) / (1 + frequency[chosen])) + 1
    return Features(column, idf.astype(np.float32))


def known_without(features: Features, texts: Sequence[str], keys: Ints) -> Floats:
    """Return each text's share of n-grams that would be known had no text with its key been learnt from."""
    counts = _counts(texts)
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    total = np.bincount(counts.indices, minlength=BUCKETS)
    pairs = keys[rows].astype(np.int64) * BUCKETS + counts.indices
    _, place, own = np.unique(pairs, return_inverse=True, return_counts=True)
    still = (total[counts.indices] - own[place] >= _least(len(texts))) & (features.column[counts.indices] >= 0)
    known = np.bincount(rows, weights=counts.data * still, minlength=counts.shape[0])
    seen = np.bincount(rows, weights=counts.data, minlength=counts.shape[0])
    shares: Floats = (known / np.maximum(seen, 1.0)).astype(np.float32)
    return shares


def _least(texts: int) -> int:
    return 2 if texts >= 2000 else 1


def fit(features: Features, texts: Sequence[str], labels: Ints, classes: int) -> Ngrams:
    """Train on texts with labels 0 to classes - 1. Classes without examples score low."""
    weights = np.zeros((len(features.idf), classes), np.float32)
    bias = np.full(classes, -1.0, np.float32)
    present = np.unique(labels)
    if len(present) < 2:
        bias[present] = 1.0
        return Ngrams(features, weights, bias)
    matrix, _ = features.transform(texts)
    machine = LinearSVC(C=SOFTNESS, tol=1e-3, random_state=0).fit(matrix, labels)
    coefficients, intercepts = machine.coef_, machine.intercept_
    if len(present) == 2:
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.r_[-intercepts, intercepts]
    for row, label in enumerate(present):
        weights[:, label], bias[label] = coefficients[row], intercepts[row]
    return Ngrams(features, weights, bias)


def joined(first: Ngrams, second: Ngrams) -> Ngrams:
    """Return one model with the classes of both, in that order: a message is then read once for all of them."""
    weights = np.concatenate([first.weights, second.weights], axis=1).astype(np.float16)
    return Ngrams(first.features, weights, np.concatenate([first.bias, second.bias]))


@lru_cache
def _hashers() -> tuple[HashingVectorizer, ...]:
    common = {"n_features": BUCKETS, "alternate_sign": False, "norm": None, "dtype": np.float32}
    return (
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
        HashingVectorizer(analyzer="word", ngram_range=(1, 2), token_pattern=WORD, **common),
    )


def _counts(texts: Sequence[str]) -> sparse.csr_matrix:
    hash_characters, hash_words = _hashers()
    # Characters without diacritics (as many customers type), words with them.
    characters = hash_characters.transform([fold(text) for text in texts])
    return sparse.csr_matrix(characters + hash_words.transform(texts))
