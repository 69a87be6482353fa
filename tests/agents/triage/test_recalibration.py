"""Probabilities set right on later messages: closer to the truth, in the same order."""

import numpy as np

from agents.triage.examples import Example
from agents.triage.recalibration import recalibrated
from agents.triage.training import train

TEXTS = {
    "shop/hours": ["when do you open", "opening hours please", "are you open on sunday", "until when are you open"],
    "shop/parcel": ["where is my parcel", "my parcel is late", "parcel not arrived", "track my parcel please"],
    "shop/card": ["i lost my card", "my card was stolen", "block my card", "card is gone block it"],
}


def test_scores_that_were_too_high_come_down_and_keep_their_order() -> None:
    classifier = train([Example(text, label, "en") for label, texts in TEXTS.items() for text in texts])
    # The world has changed: of what reads like these intents, half is now about something else.
    texts = [f"{text} {number}" for texts in TEXTS.values() for text in texts for number in range(8)]
    guesses = classifier.route(texts)
    later = [
        Example(text, guess.label if number % 2 else "__oos__", "en")
        for number, (text, guess) in enumerate(zip(texts, guesses, strict=True))
    ]
    adjusted = recalibrated(classifier, later).route(texts)
    before, after = (np.array([one.score for one in some]) for some in (guesses, adjusted))
    assert abs(after.mean() - 0.5) < 0.05 < abs(before.mean() - 0.5)
    assert [one.label for one in adjusted] == [guess.label for guess in guesses]
    settled = np.array([guess.quick for guess in guesses])
    assert [one.quick for one in adjusted] == list(settled)
    for part in (settled, ~settled):
        assert (np.diff(after[part][np.argsort(before[part], kind="stable")]) >= -1e-6).all()


def test_a_handful_of_messages_changes_nothing() -> None:
    classifier = train([Example(text, label, "en") for label, texts in TEXTS.items() for text in texts])
    assert recalibrated(classifier, [Example("when do you open", "__oos__", "en")] * 10) is classifier
