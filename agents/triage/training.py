"""Training triage: examples in, a classifier with calibrated probabilities out. A background task runs it."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.triage import calibration, kernel, ngrams
from agents.triage.blob import halved
from agents.triage.calibration import Calibrator
from agents.triage.classifier import Classifier, unit
from agents.triage.embedder import Embedder, bundled, clean
from agents.triage.examples import Example, in_scope
from core.errors import Rejected

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MAX_EXAMPLES = 16_000  # fitting takes memory and time by their square: 2 GB and about a minute at the limit
FOLDS = 5
NGRAM_WEIGHT = 0.12
QUICK_ERRORS = 0.005  # the n-gram classifier decides alone where, held out, at most this share was wrong


@dataclass(frozen=True)
class _Held:
    """Held-out scores of every example in two worlds: itself unseen, and its whole intent unseen."""

    joint: Floats
    kernel: Floats
    quick: Floats
    near: Floats
    known: Floats
    right: NDArray[np.bool_]
    scope: NDArray[np.bool_]


def train(examples: Sequence[Example], *, embedder: Embedder | None = None, seed: int = 0) -> Classifier:
    """Return a classifier of the intents in `examples`. Labels beginning with '__oos' are messages no intent fits.

    Raises Rejected where no example names an intent. The same examples give the same classifier.
    """
    embedder = embedder or bundled()
    names = in_scope([example.label for example in examples])
    if not names:
        raise Rejected("there is nothing to learn from: no agent has examples", code="no_examples")
    readable = [example._replace(text=clean(example.text)) for example in examples]
    kept = thin(_distinct(readable), MAX_EXAMPLES, seed)
    texts = [example.text for example in kept]
    index = {name: number for number, name in enumerate(names)}
    labels = np.array([index.get(example.label, -1) for example in kept], np.int64)
    raw = embedder.embed(texts)
    centre = raw[labels >= 0].mean(axis=0).astype(np.float32)
    vectors = halved(unit(raw - centre))
    fitted = kernel.fit(vectors, labels, len(names))
    features = ngrams.learn_features(texts)
    machine = ngrams.fit(features, texts, labels, len(names))
    held = _held_out(fitted, features, texts, labels, len(names), seed)
    quick = calibration.quick_signals(held.quick, held.known)
    full = calibration.full_signals(held.joint, held.kernel, held.quick, held.near, held.known)
    weight = _weight(held.scope)
    # The quick part is judged by its own best intent, the full part by the joint one.
    labels_twice = np.concatenate([labels, labels])[: len(held.right)]
    quick_right = held.scope & (held.quick.argmax(axis=1) == labels_twice)
    quick_calibrator = calibration.fit(quick, quick_right, weight)
    languages, spoken = _languages(kept, features)
    return Classifier(
        labels=tuple(names),
        languages=languages,
        embedder=embedder.name,
        centre=centre,
        vectors=vectors,
        alpha=halved(fitted.alpha),
        ngrams=ngrams.joined(machine, spoken),
        ngram_weight=NGRAM_WEIGHT,
        quick_right=quick_calibrator,
        quick_scope=calibration.fit(quick, held.scope, weight),
        full_right=calibration.fit(full, held.right, weight),
        full_scope=calibration.fit(full, held.scope, weight),
        quick_from=_quick_from(quick_calibrator, quick, quick_right, weight),
    )


def thin(examples: Sequence[Example], limit: int, seed: int) -> list[Example]:
    """Return at most `limit` examples: the largest intents give up some first, drawn at random, order kept."""
    if len(examples) <= limit:
        return list(examples)
    places: dict[str, list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        places[example.label].append(place)
    sizes = np.array([len(found) for found in places.values()])
    low, high = 0, int(sizes.max())
    while low < high:  # the largest cap a label may keep within the limit
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(sizes, middle).sum() <= limit else (low, middle - 1)
    draw = np.random.default_rng(seed)
    kept = [draw.permutation(found)[: max(low, 1)] for found in places.values()]
    return [examples[place] for place in sorted(np.concatenate(kept))]


def _distinct(examples: Sequence[Example]) -> list[Example]:
    """Return the examples without repeats of the same message; the label given most often, then last, is kept."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    chosen: dict[str, Example] = {}
    for example in examples:
        key = " ".join(unicodedata.normalize("NFC", example.text).lower().split())
        votes[key][example.label] += 1
        if key and votes[key][example.label] == max(votes[key].values()):
            chosen[key] = example
    return list(chosen.values())


def _held_out(
    fitted: kernel.Fit, features: ngrams.Features, texts: Sequence[str], labels: Ints, classes: int, seed: int
) -> _Held:
    """Return the held-out scores: first every example without itself, then those with an intent without its intent."""
    quick_one, quick_class, known = _quick_held_out(features, texts, labels, classes, seed)
    has = np.flatnonzero(labels >= 0) if classes > 2 else np.array([], np.int64)
    spare = np.where(np.isfinite(fitted.class_out), fitted.class_out, np.float32(-5.0))
    kernels = np.concatenate([fitted.one_out, spare[has]])
    quick = np.concatenate([quick_one, quick_class[has]])
    joint = kernels + np.float32(NGRAM_WEIGHT) * quick
    scope = np.concatenate([labels >= 0, np.zeros(len(has), bool)])
    truth = np.concatenate([labels, np.full(len(has), -1)])
    return _Held(
        joint=joint,
        kernel=kernels,
        quick=quick,
        near=np.concatenate([fitted.near_one_out, fitted.near_class_out[has]]),
        known=np.concatenate([known, known[has]]),
        right=scope & (joint.argmax(axis=1) == truth),
        scope=scope,
    )


def _quick_held_out(
    features: ngrams.Features, texts: Sequence[str], labels: Ints, classes: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Return n x classes scores of the n-gram classifier, each example unseen; the same with its class unseen; and the
    share of known n-grams. Fold j leaves out the classes of group j, and of the others the examples of part j."""
    draw = np.random.default_rng(seed)
    group = draw.permutation(classes) % FOLDS
    group_of = np.where(labels >= 0, group[labels], -1)
    # An example's part is never its class's group, so that each example is held out once in either way.
    part = (np.maximum(group_of, 0) + 1 + draw.integers(0, FOLDS - 1, len(labels))) % FOLDS
    one = np.full((len(labels), classes), -1.0, np.float32)
    without = np.full((len(labels), classes), -1.0, np.float32)
    _, known = features.transform(texts)
    for fold in range(FOLDS):
        left, unseen = np.flatnonzero(part == fold), np.flatnonzero(group_of == fold)
        seen = np.flatnonzero((part != fold) & (group_of != fold))
        if len(seen) == 0:
            continue
        model = ngrams.fit(features, [texts[int(row)] for row in seen], labels[seen], classes)
        for rows, into in ((left, one), (unseen, without)):
            if len(rows):
                into[rows] = model.scores([texts[int(row)] for row in rows])[0]
    return one, without, known


def _weight(scope: NDArray[np.bool_]) -> Floats:
    """Return weights under which out-of-scope examples make up the assumed share."""
    inside, outside = int(scope.sum()), int((~scope).sum())
    if not inside or not outside:
        return np.ones(len(scope), np.float32)
    share = calibration.UNSEEN_SHARE
    found: Floats = np.where(scope, (1 - share) / inside, share / outside).astype(np.float32) * len(scope)
    return found


def _quick_from(calibrator: Calibrator, signals: Floats, right: NDArray[np.bool_], weight: Floats) -> float:
    """Return the lowest probability at and above which the quick part was wrong in at most QUICK_ERRORS."""
    probability = calibrator.probability(signals)
    order = np.argsort(-probability, kind="stable")
    errors = np.cumsum(weight[order] * ~right[order]) / np.cumsum(weight[order])
    good = np.flatnonzero(errors <= QUICK_ERRORS)
    return float(probability[order[good[-1]]]) if len(good) >= 30 else 2.0


def _languages(examples: Sequence[Example], features: ngrams.Features) -> tuple[tuple[str, ...], ngrams.Ngrams]:
    names = tuple(sorted({example.language for example in examples if example.language}))
    told = [example for example in examples if example.language]
    labels = np.array([names.index(example.language) for example in told], np.int64)
    return names, ngrams.fit(features, [example.text for example in told], labels, len(names))
