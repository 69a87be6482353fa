"""Training triage: examples in, a classifier with calibrated probabilities out. A background task runs it."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.triage import calibration, kernel, ngrams
from agents.triage.blob import halved
from agents.triage.classifier import Classifier
from agents.triage.embedder import Embedder, MessageEmbedder, clean, unit
from agents.triage.examples import Example, in_scope
from agents.triage.language import fold, spellings
from agents.triage.views import views_for
from core.errors import Rejected

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MAX_EXAMPLES = 16_000  # fitting takes memory and time by their square: 2 GB and about a minute at the limit
FOLDS = 4
FEW = 2000
FOLDS_OF_FEW = 20  # of fewer than FEW messages: in 4 folds the luck of the draw shows in every score
NGRAM_WEIGHTS = (0.06, 0.12, 0.20)  # of the n-gram scores in the joint ones: the best on held-out messages is kept
LEVELLING = 10.0  # how much is added to the scatter within intents, in multiples of its mean
KEPT = 384  # dimensions: of more the axes in which messages differ the most, so that two embedders cost no more
VIEW_MOST = 2000  # rows on which embedders are compared
VIEW_COST = 0.01  # what the quickest may cost, in the mean of three shares
QUICK_SHARES = tuple(share / 100 for share in range(95, 0, -5))  # of messages that the n-gram classifier may decide
QUICK_COST = 0.005  # what that may cost, held out: in accuracy, and in the share automatable at either of these targets
QUICK_TARGETS = (0.90, 0.95)
QUICK_LEAST = 2000  # messages: on fewer held-out ones such a cost cannot be seen, and every message is embedded


@dataclass(frozen=True)
class _Rows:
    """What is learnt from, row by row. `labels` is the number of the intent, or of "none of them" after the last."""

    texts: list[str]
    languages: list[str]
    labels: Ints
    groups: Ints  # rows of one group are one message, written in several ways
    messages: int  # rows before this one are messages; the rest are the intents' names


@dataclass(frozen=True)
class _Held:
    """Held-out scores of messages in two worlds: the message unseen, and then its whole intent unseen."""

    joint: Floats
    kernel: Floats
    quick: Floats
    near: Floats
    known: Floats
    truth: Ints  # the right intent, or -1 where none of the learnt ones is right
    ngram_weight: float  # of `quick` in `joint`

    @property
    def scope(self) -> NDArray[np.bool_]:
        return self.truth >= 0


class Judged(NamedTuple):
    """Per held-out message: the calibrated probability that its best intent is right, and whether it is."""

    probability: Floats
    right: NDArray[np.bool_]


def train(examples: Sequence[Example], *, embedder: Embedder | None = None, seed: int = 0) -> Classifier:
    """Return a classifier of the intents in `examples`. Labels beginning with '__oos' are messages no intent fits.

    Raises Rejected where no example names an intent. The same examples give the same classifier, in whatever order
    (but of two labels given equally often to one message the later counts).
    """
    embedder = embedder or MessageEmbedder()
    names = in_scope([example.label for example in examples])
    if not names:
        raise Rejected("there is nothing to learn from: no agent has examples", code="no_examples")
    readable = [example._replace(text=clean(example.text)) for example in examples]
    # In a fixed order: which fold an example falls into must not hang on where it stands in a file.
    distinct = sorted(_distinct(readable), key=lambda example: (_bare(example.text), example.label))
    rows = _rows(thin(distinct, MAX_EXAMPLES, seed), names)
    embedder = best_view(views_for(embedder, rows.languages), rows, len(names))
    raw = embedder.embed(rows.texts)
    centre, directions, vectors = prepared(raw, rows.labels, len(names))
    vectors = halved(vectors)
    fitted = kernel.fit(vectors, rows.labels, len(names), rows.groups)
    features = ngrams.learn_features(rows.texts)
    machine = ngrams.fit(features, rows.texts, rows.labels, len(names) + 1)
    held = _held_out(fitted, features, rows, len(names), seed)
    quick = calibration.quick_signals(held.quick, held.known)
    full = calibration.full_signals(held.joint, held.kernel, held.quick, held.near, held.known)
    weight = _weight(held.scope)
    quick_right = held.quick[:, :-1].argmax(axis=1) == held.truth
    full_right = held.joint[:, :-1].argmax(axis=1) == held.truth
    quick_calibrator = calibration.fit(quick, quick_right, weight)
    full_calibrator = calibration.fit(full, full_right, weight)
    spoken = tuple(sorted(set(rows.languages) - {""}))
    return Classifier(
        labels=tuple(names),
        languages=spoken,
        embedder=embedder.name,
        centre=centre,
        stretch=directions,
        vectors=vectors,
        gamma=fitted.gamma,
        alpha=halved(fitted.alpha),
        outside=np.flatnonzero(rows.labels == len(names)).astype(np.int32),
        ngrams=ngrams.joined(machine, _speech(rows, spoken, features)),
        ngram_weight=held.ngram_weight,
        quick_right=quick_calibrator,
        quick_scope=calibration.fit(quick, held.scope, weight),
        full_right=full_calibrator,
        full_scope=calibration.fit(full, held.scope, weight),
        quick_from=quick_from(
            Judged(quick_calibrator.probability(quick), quick_right),
            Judged(full_calibrator.probability(full), full_right),
            weight,
        ),
        spellings=spellings(text for text, spoken in zip(rows.texts, rows.languages, strict=True) if spoken == "vi"),
    )


def best_view(tried: Sequence[Embedder], rows: _Rows, classes: int) -> Embedder:
    """Return the quickest of the embedders that is within VIEW_COST of the best: by the mean of held-out accuracy and
    the shares automatable, kernel scores alone, of at most VIEW_MOST rows."""
    if len(tried) == 1:
        return tried[0]
    draw = np.random.default_rng(0)
    taken = np.sort(draw.permutation(len(rows.texts))[:VIEW_MOST])
    labels, groups = rows.labels[taken], rows.groups[taken]
    worths = []
    for embedder in tried:
        raw = embedder.embed(rows.texts)[taken]  # all of them: where they are remembered, one reading of the file
        fitted = kernel.fit(prepared(raw, labels, classes)[2], labels, classes, groups)
        has = labels < classes
        scores = np.concatenate([fitted.one_out[:, :-1], fitted.class_out[has, :-1]])
        truth = np.concatenate([np.where(has, labels, -1), np.full(int(has.sum()), -1)])
        judged = Judged(scores.max(axis=1), scores.argmax(axis=1) == truth)
        worths.append(float(np.mean(_worth(judged, _weight(truth >= 0)))))
    return next(one for one, worth in zip(tried, worths, strict=True) if worth >= max(worths) - VIEW_COST)


def prepared(raw: Floats, labels: Ints, classes: int) -> tuple[Floats, Floats, Floats]:
    """Return the centre of the embeddings, what they are multiplied with once it is taken away (e x d), and the vectors
    of length one that come out."""
    centre: Floats = raw[labels < classes].mean(axis=0).astype(np.float32)
    directions = stretch(unit(raw - centre), labels, classes)
    vectors = unit(((raw - centre) @ directions).astype(np.float32))
    if raw.shape[1] <= KEPT:
        return centre, directions, vectors
    axes: Floats = np.linalg.eigh(vectors.T @ vectors)[1][:, -KEPT:]
    return centre, directions @ axes, unit(vectors @ axes)


def _rows(examples: Sequence[Example], names: Sequence[str]) -> _Rows:
    """Return the examples as rows, Vietnamese ones a second time as many customers type them, and intents' names."""
    index = {name: number for number, name in enumerate(names)}
    found = [(one.text, one.language, index.get(one.label, len(names)), group) for group, one in enumerate(examples)]
    found += [(fold(text), "vi", label, group) for text, spoken, label, group in found if _has_twin(text, spoken)]
    messages = len(found)
    found += [(_words(name), "", number, len(examples) + number) for number, name in enumerate(names)]
    texts, languages, labels, groups = zip(*found, strict=True)
    return _Rows(list(texts), list(languages), np.array(labels, np.int64), np.array(groups, np.int64), messages)


def _has_twin(text: str, language: str) -> bool:
    return language == "vi" and fold(text) != text.lower()


def _words(label: str) -> str:
    """Return an intent's name as words: 'cards/card_lost' is 'card lost'."""
    return label.rpartition("/")[2].replace("_", " ").lower()


def stretch(vectors: Floats, labels: Ints, classes: int) -> Floats:
    """Return e x e: directions in which messages of one intent differ (words, length, language) count for less.

    Source: within-class covariance normalisation (A. Hatch, S. Kajarekar, A. Stolcke, Interspeech 2006), shrunk far
    towards doing nothing, the more the fewer messages there are.
    """
    sums = np.zeros((classes, vectors.shape[1]), np.float64)
    inside = labels < classes
    np.add.at(sums, labels[inside], vectors[inside])
    means = sums / np.maximum(np.bincount(labels[inside], minlength=classes), 1)[:, None]
    apart = vectors[inside] - means[labels[inside]]
    values, axes = np.linalg.eigh(apart.T @ apart / len(apart))
    level = LEVELLING * (1 + vectors.shape[1] / len(apart)) * max(float(values.mean()), 1e-6)
    found: Floats = (axes * (np.maximum(values, 0) + level) ** -0.5).astype(np.float32)
    return found


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
        key = _bare(example.text)
        votes[key][example.label] += 1
        if key and votes[key][example.label] == max(votes[key].values()):
            chosen[key] = example
    return list(chosen.values())


def _bare(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _held_out(fitted: kernel.Fit, features: ngrams.Features, rows: _Rows, classes: int, seed: int) -> _Held:
    """Return the held-out scores: each message without itself, then each of an intent without its intent."""
    quick_one, quick_class = quick_held_out(features, rows.texts, rows.labels, rows.groups, classes, seed)
    known_one = ngrams.known_without(features, rows.texts, rows.groups)
    known_class = ngrams.known_without(features, rows.texts, rows.labels)
    one = np.arange(rows.messages)
    has = one[rows.labels[one] < classes] if classes > 2 else one[:0]
    truth = np.concatenate([np.where(rows.labels[one] < classes, rows.labels[one], -1), np.full(len(has), -1)])
    kernels = np.concatenate([fitted.one_out[one], np.maximum(fitted.class_out[has], -5.0)])
    quick = np.concatenate([quick_one[one], quick_class[has]])
    weight = _ngram_weight(kernels, quick, truth)
    return _Held(
        joint=kernels + np.float32(weight) * quick,
        kernel=kernels,
        quick=quick,
        near=np.concatenate([fitted.near_one_out[one], fitted.near_class_out[has]]),
        known=np.concatenate([known_one[one], known_class[has]]),
        truth=truth,
        ngram_weight=weight,
    )


def _ngram_weight(kernels: Floats, quick: Floats, truth: Ints) -> float:
    """Return the weight under which most held-out messages that have an intent get theirs; of equal ones the least."""
    has = truth >= 0
    inside, other = kernels[has][:, :-1], quick[has][:, :-1]
    right = [int(((inside + np.float32(w) * other).argmax(axis=1) == truth[has]).sum()) for w in NGRAM_WEIGHTS]
    return NGRAM_WEIGHTS[int(np.argmax(right))]


def quick_held_out(
    features: ngrams.Features, texts: Sequence[str], labels: Ints, groups: Ints, classes: int, seed: int
) -> tuple[Floats, Floats]:
    """Return n x (classes + 1) scores of the n-gram classifier: each row unseen, and each row's intent unseen."""
    draw = np.random.default_rng(seed)
    folds = FOLDS_OF_FEW if len(texts) < FEW else FOLDS
    part = draw.integers(0, folds, int(groups.max()) + 1)[groups]
    its_set = np.append(draw.permutation(classes) % folds, -1)[labels]
    one: Floats = np.full((len(texts), classes + 1), -1.0, np.float32)
    without = one.copy()
    for into, fold_of in ((one, part), (without, its_set)):
        for number in range(folds):
            held, seen = np.flatnonzero(fold_of == number), np.flatnonzero(fold_of != number)
            if len(held) and len(seen):
                model = ngrams.fit(features, [texts[int(row)] for row in seen], labels[seen], classes + 1)
                into[held] = model.scores([texts[int(row)] for row in held])[0]
    return one, without


def _weight(scope: NDArray[np.bool_]) -> Floats:
    """Return weights under which out-of-scope examples make up the assumed share."""
    inside, outside = int(scope.sum()), int((~scope).sum())
    if not inside or not outside:
        return np.ones(len(scope), np.float32)
    share = calibration.UNSEEN_SHARE
    found: Floats = np.where(scope, (1 - share) / inside, share / outside).astype(np.float32) * len(scope)
    return found


def quick_from(quick: Judged, full: Judged, weight: Floats) -> float:
    """Return the lowest probability at and above which the n-gram classifier decides alone, so that held-out accuracy
    and the automatable shares stay what they are with every message embedded, within QUICK_COST; 2 for never.

    Below QUICK_LEAST held-out scores it never does.
    """
    if len(weight) < QUICK_LEAST:
        return 2.0
    whole = np.array(_worth(full, weight))
    order = np.argsort(-quick.probability, kind="stable")
    covered = np.cumsum(weight[order]) / weight.sum()
    for share in QUICK_SHARES:
        cut = float(quick.probability[order[int(np.searchsorted(covered, share))]])
        alone = quick.probability >= cut
        mixed = Judged(*(np.where(alone, one, other) for one, other in zip(quick, full, strict=True)))
        if bool((np.array(_worth(mixed, weight)) >= whole - QUICK_COST).all()):
            return cut
    return 2.0


def _worth(judged: Judged, weight: Floats) -> list[float]:
    """Return the accuracy, and the share automatable at each target with the best threshold."""
    order = np.argsort(-judged.probability, kind="stable")
    taken = np.cumsum(weight[order])
    right = np.cumsum(weight[order] * judged.right[order])
    found = [float(right[-1] / taken[-1])]
    for target in QUICK_TARGETS:
        good = np.flatnonzero(right >= target * taken)
        found.append(float(taken[good[-1]] / taken[-1]) if len(good) else 0.0)
    return found


def _speech(rows: _Rows, spoken: tuple[str, ...], features: ngrams.Features) -> ngrams.Ngrams:
    """Return an n-gram classifier of the languages in which the examples are written."""
    told = [row for row in range(rows.messages) if rows.languages[row]]
    labels = np.array([spoken.index(rows.languages[row]) for row in told], np.int64)
    return ngrams.fit(features, [rows.texts[row] for row in told], labels, len(spoken))
