"""Messages with two matters: a reply to one of them is not right, however surely that one is recognised.

Each sentence is read by itself. Where one that stands alone is surely about something else than the whole, the message
is right to answer with the whole's intent at most as probably as that sentence is not. Sentences whose n-grams say the
same as the whole, or nothing, are not embedded: that found as many, for a quarter of the time.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from agents.triage.classifier import Classifier, Scored
from agents.triage.embedder import Embedder

SURE = 0.6  # below this probability a message is held whatever else it says, and its sentences are not read
OTHER = 0.9  # a sentence must be so surely about something else: "I sent money yesterday." before a question is not
GLANCE = 0.2  # by n-grams alone it must be at least this probable
WORDS = 3  # a part of fewer says nothing alone
PARTS = 4  # at most so many are read: each costs as much as a message
_BORDER = re.compile(
    r"(?<=[.!?…;])\s+|\n+|,?\s+(?=(?:and also|also|besides|another thing|außerdem|ausserdem|und noch|ngoài ra|ngoai ra|"
    r"với lại|voi lai|đồng thời|dong thoi|tiện thể|tien the)\b)",
    re.IGNORECASE,
)


class Read(NamedTuple):
    """A message as triage reads it: `other` is another matter ('agent/intent') that a part of it is about, with its
    probability; '' and 0 where there is none."""

    scored: Scored
    other: str
    other_score: float


def parts(text: str) -> list[str]:
    """Return the sentences of a message that may stand alone; fewer than two are none."""
    found = [part.strip() for part in _BORDER.split(text) if len(part.split()) >= WORDS]
    return found[:PARTS] if len(found) > 1 else []


def read(classifier: Classifier, texts: Sequence[str], *, embedder: Embedder | None = None) -> list[Read]:
    """Return what triage thinks of each message, its score lowered by what its parts say."""
    whole = classifier.route(texts, embedder=embedder)
    asked = [(row, part) for row, one in enumerate(whole) if one.score >= SURE for part in parts(texts[row])]
    glances = classifier.glance([part for _, part in asked])
    asked = [
        (row, part)
        for (row, part), (label, right) in zip(asked, glances, strict=True)
        if label != whole[row].label and right >= GLANCE
    ]
    found = [Read(one, "", 0.0) for one in whole]
    for (row, _), part in zip(asked, classifier.route([part for _, part in asked], embedder=embedder), strict=True):
        if part.label != whole[row].label and part.score >= max(OTHER, found[row].other_score):
            score = min(whole[row].score, 1.0 - part.score)
            found[row] = Read(whole[row]._replace(score=score), part.label, part.score)
    return found
