from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.triage import ngrams, training
from agents.triage.classifier import Classifier
from agents.triage.embedder import Floats
from agents.triage.examples import Example
from agents.triage.language import fold
from agents.triage.training import quick_held_out, thin, train
from bench.ticket_sets import read_sets
from core.errors import Broken, Rejected


@pytest.mark.parametrize(
    ("text", "label", "language"),
    [
        ("hello, somebody took my card away", "cards/card_lost", "en"),
        ("how expensive is your card?", "cards/card_fee", "en"),
        ("Em làm mất thẻ ngân hàng rồi", "cards/card_lost", "vi"),
        ("Wann kommt endlich meine Lieferung?", "parcels/parcel_late", "de"),
        ("Ich brauche die Sendung an einer neuen Adresse", "parcels/change_address", "de"),
    ],
)
def test_a_new_message_finds_its_intent_and_language(
    classifier: Classifier, text: str, label: str, language: str
) -> None:
    (scored,) = classifier.route([text])
    assert (scored.label, scored.language) == (label, language)
    assert 0 < scored.score < 1


def test_a_message_that_fits_nothing_scores_lower_than_one_that_does(classifier: Classifier) -> None:
    fitting, strange = classifier.route(["my credit card is lost", "what is the capital of Mongolia"])
    assert strange.score < fitting.score
    assert strange.in_scope < fitting.in_scope
    assert strange.score < 0.5


def test_the_runner_up_is_another_intent(classifier: Classifier) -> None:
    (scored,) = classifier.route(["card"])
    assert scored.runner_up != scored.label
    assert 0 <= scored.runner_up_score <= scored.score


def test_vietnamese_is_understood_with_and_without_diacritics() -> None:
    (data,) = read_sets(Path(__file__).parent / "vietnamese.csv")
    learnt = train([Example(row.text, row.label, row.language) for row in data.train])
    asked = [row for row in data.test if row.in_scope]

    def right(spell: Callable[[str], str]) -> float:
        found = learnt.route([spell(row.text) for row in asked])
        return sum(one.label == row.label for one, row in zip(found, asked, strict=True)) / len(asked)

    assert right(str) >= 0.85
    assert right(fold) >= 0.75  # as it was typed: 0.70


def test_what_is_no_vietnamese_is_read_as_it_is(classifier: Classifier) -> None:
    texts = ["my card was stolen, can you block the card", "wo bleibt mein Paket", "Phí thẻ bao nhiêu"]
    assert classifier.spellings["the"] == "thẻ"
    assert classifier.route(texts) == replace(classifier, spellings={}).route(texts)
    assert classifier.route(["mat the roi"]) != replace(classifier, spellings={}).route(["mat the roi"])


def test_many_messages_at_once_score_as_each_alone(classifier: Classifier) -> None:
    texts = ["my card was stolen", "Phí thẻ bao nhiêu", "wo bleibt mein Paket"]
    together = classifier.route(texts)
    for text, scored in zip(texts, together, strict=True):
        (alone,) = classifier.route([text])
        assert alone.label == scored.label
        assert alone.score == pytest.approx(scored.score, abs=1e-4)


def test_no_messages_give_no_scores(classifier: Classifier) -> None:
    assert classifier.route([]) == []


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud83d", "?!", "a" * 20_000, "🦄" * 50])
def test_odd_messages_are_scored_like_any_other(classifier: Classifier, text: str) -> None:
    assert 0 <= classifier.route([text])[0].score <= 1


def test_a_stored_classifier_says_the_same(classifier: Classifier) -> None:
    stored = classifier.to_bytes()
    again = Classifier.from_bytes(stored)
    assert again.fingerprint == classifier.fingerprint
    assert again.to_bytes() == stored
    texts = ["my card is lost", "Đơn hàng đâu", "nonsense about whales"]
    assert again.route(texts) == classifier.route(texts)


def test_the_same_examples_give_the_same_classifier(examples: list[Example], classifier: Classifier) -> None:
    assert train(examples).fingerprint == classifier.fingerprint


def test_another_example_gives_another_fingerprint(examples: list[Example], classifier: Classifier) -> None:
    more = [*examples, Example("the card does not work abroad", "cards/card_abroad", "en")]
    assert train(more).fingerprint != classifier.fingerprint


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04broken"])
def test_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(Broken):
        Classifier.from_bytes(data)


def test_a_classifier_refuses_vectors_of_another_embedder(classifier: Classifier) -> None:
    class Other:
        name = "other"

        def embed(self, texts: Sequence[str]) -> Floats:
            raise AssertionError

    with pytest.raises(Broken, match="other"):
        classifier.route(["something it is not sure of"], embedder=Other())


def test_nothing_to_learn_from_is_told() -> None:
    with pytest.raises(Rejected, match="nothing to learn"):
        train([Example("hello", "__oos__")])


@pytest.mark.parametrize(
    "few",
    [
        [Example("I lost my card", "cards/card_lost", "en")],
        [Example("I lost my card", "cards/card_lost", "en"), Example("card fee", "cards/card_fee", "en")],
        [Example("I lost my card", "cards/card_lost"), Example("what is love", "__oos__")],
    ],
)
def test_a_handful_of_examples_is_enough_to_begin(few: list[Example]) -> None:
    trained = train(few)
    assert trained.route(["I have lost my card"])[0].label == "cards/card_lost"
    assert Classifier.from_bytes(trained.to_bytes()).fingerprint == trained.fingerprint


def test_messages_that_nobody_covers_teach_what_is_out_of_scope(examples: list[Example]) -> None:
    strange = ["I want to sell you machines", "job application", "our press inquiry", "we offer web design", "hiring?"]
    with_strange = train([*examples, *(Example(text, "__oos__", "en") for text in strange)])
    assert "__oos__" not in with_strange.labels
    (scored,) = with_strange.route(["here is my application for a job"])
    assert scored.score < 0.5


def test_a_repeated_message_counts_once_with_the_label_given_most(examples: list[Example]) -> None:
    votes = [Example("wo ist es", "parcels/parcel_late", "de")] * 2 + [Example("Wo ist  es", "cards/card_lost", "de")]
    assert train([*examples, *votes]).route(["wo ist es"])[0].label == "parcels/parcel_late"


def test_the_order_of_the_examples_changes_nothing(examples: list[Example], classifier: Classifier) -> None:
    assert train(examples[::-1]).fingerprint == classifier.fingerprint


def test_of_few_examples_the_luck_of_the_folds_hardly_shows(examples: list[Example]) -> None:
    texts = [one.text for one in examples]
    numbers = {label: number for number, label in enumerate(sorted({one.label for one in examples}))}
    labels = np.array([numbers[one.label] for one in examples], np.int64)
    features = ngrams.learn_features(texts)
    scores = np.array(
        [quick_held_out(features, texts, labels, np.arange(len(texts)), len(numbers), seed)[0] for seed in range(4)]
    )
    assert scores.std(axis=0).mean() < 0.12 * scores.std()


def test_thinning_takes_from_the_largest_intents_first() -> None:
    many = [Example(f"a{n}", "x/a") for n in range(90)] + [Example(f"b{n}", "x/b") for n in range(10)]
    kept = thin(many, 30, seed=0)
    assert [sum(one.label == label for one in kept) for label in ("x/a", "x/b")] == [20, 10]
    assert thin(many, 100, seed=0) == many


def test_the_quick_part_decides_alone_only_where_it_costs_nothing() -> None:
    drawn = np.random.default_rng(3)
    sure = drawn.random(4000).astype(np.float32)
    right = drawn.random(4000) < sure
    weight = np.ones(4000, np.float32)
    full = training.Judged(sure, right)
    assert training.quick_from(full, full, weight) < 0.1  # as good as the whole: it decides nearly all
    swaggering = training.Judged(1 - sure, right)
    assert training.quick_from(swaggering, full, weight) == 2.0
    rash = training.Judged(sure, right & (sure > 0.7))  # as good where it is sure
    assert 0.6 < training.quick_from(rash, full, weight) < 0.8
    few = training.Judged(sure[:1000], right[:1000])  # too few to see what it would cost
    assert training.quick_from(few, few, weight[:1000]) == 2.0
