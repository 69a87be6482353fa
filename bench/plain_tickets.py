"""Yardsticks for ticket triage: the plain model, and the bare embedder and classifier on every core."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from agents.triage.embedder import bundled
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


def bare_speed(learnt: Sequence[Row], asked: Sequence[Row], vectors: np.ndarray, each: int = 400) -> float:
    """Return tickets a second of the bundled embedder and a logistic regression, a ticket at a time, one process of
    one thread for each core. `vectors` are the training vectors; each process works on `each` test messages."""
    model = LogisticRegression(C=10.0, max_iter=100).fit(vectors, [row.label for row in learnt])
    cores = os.cpu_count() or 1
    texts = [row.text for row in asked]
    parts = [[texts[(core * each + place) % len(texts)] for place in range(each)] for core in range(cores)]
    # A fresh process each: the parent's threads and models are not theirs.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn"), initializer=_prepare) as pool:
        list(pool.map(_warm, range(cores * 2)))
        started = time.perf_counter()
        list(pool.map(_work, [(part, model.coef_, model.intercept_) for part in parts]))
        seconds = time.perf_counter() - started
    return round(cores * each / seconds, 1)


def _prepare() -> None:
    bundled().embed(["warm"])


def _warm(_: int) -> None:
    bundled().embed(["warm up, please"])
    time.sleep(0.2)


def _work(job: tuple[list[str], np.ndarray, np.ndarray]) -> int:
    texts, weights, bias = job
    return sum(int((weights @ bundled().embed([text])[0] + bias).argmax()) >= 0 for text in texts)
