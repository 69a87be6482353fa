"""Which embedder a classifier is trained with, and that it is read with no other."""

from collections.abc import Sequence

import numpy as np
import pytest

from agents.triage.classifier import Classifier
from agents.triage.embedder import EnglishEmbedder, Floats, MessageEmbedder, unit
from agents.triage.examples import Example
from agents.triage.training import train
from agents.triage.views import Both, view, views, views_for
from core.errors import Broken


class Half:
    """Knows words of even or of odd number alone: an embedder that tells only some messages apart."""

    def __init__(self, name: str, words: Sequence[str], inner: "Half | None" = None) -> None:
        self.name, self._words, self._inner = name, words, inner

    def embed(self, texts: Sequence[str]) -> Floats:
        rows = [[float(word in text.split()) for word in self._words] + [0.1] for text in texts]
        return unit(np.array(rows, np.float32).reshape(len(rows), -1))

    def english(self) -> "Half | None":
        return self._inner


WORDS = [f"word{place}" for place in range(12)]
EXAMPLES = [
    Example(f"{word} {place} times", f"desk/{word}", "en")
    for word in WORDS
    for place in ("one", "two", "three", "four", "five", "six")
]


def test_the_quickest_as_good_as_the_best_is_chosen() -> None:
    english = Half("english", WORDS)
    assert train(EXAMPLES, embedder=Half("all", WORDS, english)).embedder == "english"
    blind = Half("english", WORDS[:2])
    assert train(EXAMPLES, embedder=Half("all", WORDS, blind)).embedder == "all"


def test_two_that_see_different_things_are_used_side_by_side() -> None:
    embedder = Half("even", WORDS[::2], Half("odd", WORDS[1::2]))
    made = train(EXAMPLES, embedder=embedder)
    assert made.embedder == "even + odd"
    again = Classifier.from_bytes(made.to_bytes())
    assert [one.label for one in again.route(["word3 two times", "word4 two times"], embedder=embedder)] == [
        "desk/word3",
        "desk/word4",
    ]


def test_messages_in_other_languages_are_not_read_by_the_english_one() -> None:
    embedder = MessageEmbedder()
    assert [one.name for one in views_for(embedder, ["en"] * 3)] == [one.name for one in views(embedder)]
    assert views_for(embedder, ["en", "vi", "de"]) == (embedder,)
    assert views_for(embedder, ["", ""]) == (embedder,)


def test_a_classifier_is_read_with_the_embedder_it_was_trained_with() -> None:
    embedder = MessageEmbedder()
    assert isinstance(view(embedder, EnglishEmbedder.name), EnglishEmbedder)
    both = view(embedder, f"{MessageEmbedder.name} + {EnglishEmbedder.name}")
    assert isinstance(both, Both)
    vectors = both.embed(["my card is lost", "thẻ của tôi bị mất"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    with pytest.raises(Broken, match="trained with"):
        view(embedder, "another")
