"""Two classifiers on the same labelled messages, which neither has learnt from: is the new one better?"""

import math
from collections.abc import Sequence
from typing import Any

from agents.triage.classifier import Classifier, Scored
from agents.triage.embedder import Embedder
from agents.triage.examples import Example

LEAST = 1e-3  # no message costs more than this probability of its truth: one strange label must not decide


def compared(before: Classifier, now: Classifier, messages: Sequence[Example], embedder: Embedder) -> dict[str, Any]:
    """Return how both did on `messages` and whether the new one is `better`: at least as many right answers, and a
    higher mean log probability of the truth.

    `right` counts messages of an intent whose intent was found, of `in_scope`; `score` is that mean.
    """
    texts = [message.text for message in messages]
    sides = {}
    for name, classifier in (("before", before), ("now", now)):
        scored = classifier.route(texts, embedder=embedder)
        pairs = list(zip(scored, messages, strict=True))
        told = [_log_probability(one, message, len(classifier.labels)) for one, message in pairs]
        right = sum(one.label == message.label for one, message in pairs)
        sides[name] = {"right": right, "score": round(sum(told) / len(told), 4)}
    old, new = sides["before"], sides["now"]
    better = new["right"] >= old["right"] and new["score"] > old["score"]
    in_scope = sum(not message.label.startswith("__oos") for message in messages)
    return {"messages": len(messages), "in_scope": in_scope, **sides, "better": better}


def _log_probability(one: Scored, message: Example, intents: int) -> float:
    """Return the log probability of the truth: the best intent's where that is it, else an equal part of the rest."""
    if message.label.startswith("__oos"):
        found = 1 - one.in_scope
    elif one.label == message.label:
        found = one.score
    else:
        found = max(one.in_scope - one.score, 0.0) / max(intents - 1, 1)
    return math.log(max(found, LEAST))
