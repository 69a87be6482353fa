"""Messages with two matters: their parts are read, and what disagrees lowers the score."""

import pytest

from agents.triage.classifier import Classifier
from agents.triage.matters import parts, read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I lost my card", []),
        ("I lost my card. Thanks!", []),
        ("I lost my card. Where is my parcel now?", ["I lost my card.", "Where is my parcel now?"]),
        ("I lost my card and also my parcel is late", ["I lost my card", "also my parcel is late"]),
        ("Tôi bị mất thẻ, ngoài ra hàng chưa tới", ["Tôi bị mất thẻ", "ngoài ra hàng chưa tới"]),
        ("Karte ist verloren\nWo ist mein Paket", ["Karte ist verloren", "Wo ist mein Paket"]),
        (" ".join(["This is a sentence."] * 9), ["This is a sentence."] * 4),
    ],
)
def test_a_message_is_cut_where_a_second_matter_may_begin(text: str, found: list[str]) -> None:
    assert parts(text) == found


def test_two_matters_lower_the_score_and_one_told_in_two_sentences_does_not(classifier: Classifier) -> None:
    one, two, same = read(
        classifier,
        [
            "my card was stolen",
            "my card was stolen yesterday. where is my parcel?",
            "my card was stolen. I cannot find my card",
        ],
    )
    assert one.other == "" and one.scored.score > 0.8
    assert two.other and two.scored.score <= 1 - two.other_score
    assert same.other == "" and same.scored.score > 0.8
    assert read(classifier, []) == []
