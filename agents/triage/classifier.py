"""The trained triage classifier: a message in, the best intent with the probability that it is right.

Two parts in a cascade. The n-gram classifier reads the message first; where it is sure by its own calibrated
probability, that is the answer. Elsewhere the message is embedded, and the joint scores of both parts are calibrated.
A classifier is a frozen value: arrays only, stored without pickle, named by the hash of what it holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.triage import blob, calibration, kernel
from agents.triage.calibration import Calibrator
from agents.triage.embedder import Embedder, clean, unit
from agents.triage.embedders import chosen
from agents.triage.language import choose, is_bare, spelt
from agents.triage.ngrams import Ngrams
from agents.triage.views import view

Floats = NDArray[np.float32]


class Scored(NamedTuple):
    """What triage thinks of one message. `label` is the best intent ('agent/intent'), `score` the probability that it
    is right, `in_scope` the probability that any known intent fits; `runner_up` is the second-best intent."""

    label: str
    score: float
    in_scope: float
    language: str
    runner_up: str
    runner_up_score: float
    quick: bool
    signals: dict[str, float]


@dataclass(frozen=True)
class Classifier:
    """A trained classifier. Shapes: n examples, d dimensions, c intents."""

    labels: tuple[str, ...]
    languages: tuple[str, ...]
    embedder: str
    centre: Floats  # e: the mean of the training vectors, taken away before anything is compared
    stretch: Floats  # e x d, e dimensions of the embedder: see training.prepared
    vectors: Floats  # n x d, of length one
    gamma: float
    alpha: Floats  # n x (c + 1): the last column is "none of them"
    outside: NDArray[np.int32]  # the rows of examples that no intent fits
    ngrams: Ngrams  # classes: the intents, "none of them", then the languages
    ngram_weight: float
    quick_right: Calibrator
    quick_scope: Calibrator
    full_right: Calibrator
    full_scope: Calibrator
    quick_from: float  # the n-gram classifier decides alone at this probability and above
    spellings: Mapping[str, str] = field(default_factory=dict)  # Vietnamese words with diacritics by those without

    def __post_init__(self) -> None:
        # One order in memory, trained or loaded, gives the same sums to the last bit; in this one messages are compared
        # with the examples in a third of the time.
        object.__setattr__(self, "vectors", np.asfortranarray(self.vectors))
        object.__setattr__(self, "stretch", np.ascontiguousarray(self.stretch))

    @cached_property
    def fingerprint(self) -> str:
        """Return the hash of everything that could change a route."""
        return blob.fingerprint(self)

    def to_bytes(self) -> bytes:
        """Return the classifier as a zip of arrays (.npz) with a JSON header."""
        return blob.pack(self)

    @staticmethod
    def from_bytes(data: bytes) -> "Classifier":
        """Return a stored classifier. Raises Broken if the bytes are none of ours."""
        return blob.unpack(data)

    def route(self, texts: Sequence[str], *, embedder: Embedder | None = None) -> list[Scored]:
        """Return what triage thinks of each message, in the order given. Raises Broken for another embedder's."""
        if not texts:
            return []
        texts = [clean(text) for text in texts]
        scores, known = self.ngrams.scores(texts)
        columns = len(self.labels) + 1
        quick, languages = scores[:, :columns], scores[:, columns:]
        signals = calibration.quick_signals(quick, known)
        right = self.quick_right.probability(signals)
        scope = self.quick_scope.probability(signals)
        joint = quick.copy()
        near = np.full((len(texts), 2), np.nan, np.float32)
        unsure = np.flatnonzero(right < self.quick_from)
        if len(unsure):
            spelt_out = [self._spelt(texts[int(row)], languages[row]) for row in unsure]
            found = self._full(spelt_out, quick[unsure], known[unsure], embedder)
            joint[unsure], near[unsure], right[unsure], scope[unsure] = found
        return [
            self._scored(
                text, joint[row], languages[row], float(right[row]), float(scope[row]), near[row], float(known[row])
            )
            for row, text in enumerate(texts)
        ]

    def glance(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Return the best intent of each message by its n-grams alone, and the probability that it is right."""
        if not texts:
            return []
        scores, known = self.ngrams.scores([clean(text) for text in texts])
        quick = scores[:, : len(self.labels) + 1]
        right = self.quick_right.probability(calibration.quick_signals(quick, known))
        best = quick[:, :-1].argmax(axis=1)
        return [(self.labels[int(place)], float(one)) for place, one in zip(best, right, strict=True)]

    def _spelt(self, text: str, spoken: Floats) -> str:
        """Return Vietnamese without diacritics with those of the examples: the embedder hardly reads it without."""
        if not self.spellings or not is_bare(text) or self._language(text, spoken) != "vi":
            return text
        return spelt(text, self.spellings)

    def _language(self, text: str, spoken: Floats) -> str:
        return choose(text, dict(zip(self.languages, spoken.tolist(), strict=True)))

    def _full(
        self, texts: Sequence[str], quick: Floats, known: Floats, embedder: Embedder | None
    ) -> tuple[Floats, Floats, Floats, Floats]:
        embedder = view(embedder or chosen("message"), self.embedder)
        moved = (embedder.embed(texts) - self.centre) @ self.stretch
        likeness: Floats = unit(moved.astype(np.float32)) @ self.vectors.T
        inside = likeness.copy()
        inside[:, self.outside] = kernel.FAR
        near = kernel.nearest(inside)
        scores = kernel.of_likeness(likeness, self.gamma) @ self.alpha
        joint = scores + np.float32(self.ngram_weight) * quick
        signals = calibration.full_signals(joint, scores, quick, near, known)
        return joint, near, self.full_right.probability(signals), self.full_scope.probability(signals)

    def _scored(
        self,
        text: str,
        scores: Floats,
        spoken: Floats,
        right: float,
        scope: float,
        near: Floats,
        known: float,
    ) -> Scored:
        order = np.argsort(-scores[:-1], kind="stable")[:2]
        second = int(order[1]) if len(order) > 1 else -1
        # What is left of the probability that some intent fits is the runner-up's at most.
        runner_up = max(0.0, min(right, scope - right)) if second >= 0 else 0.0
        signals = {"in_scope": scope, "known": known}
        quick = bool(np.isnan(near[0]))
        if not quick:
            signals |= {"nearest": float(near[0]), "near": float(near[1])}
        return Scored(
            label=self.labels[int(order[0])],
            score=right,
            in_scope=scope,
            language=self._language(text, spoken),
            runner_up=self.labels[second] if second >= 0 else "",
            runner_up_score=runner_up,
            quick=quick,
            signals=signals,
        )
