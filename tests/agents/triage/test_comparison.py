"""Two classifiers on later messages: which is better."""

from collections.abc import Sequence

import numpy as np

from agents.triage.comparison import compared
from agents.triage.embedder import Floats
from agents.triage.examples import Example
from agents.triage.training import train


class Letters:
    """An embedder of counted letters: quick, and enough to tell these messages apart."""

    name = "letters"

    def embed(self, texts: Sequence[str]) -> Floats:
        rows = [[text.lower().count(letter) + 0.01 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        vectors = np.array(rows, np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


FEW = [
    Example("zzz please", "a/zebra"),
    Example("qqq please", "a/queue"),
    Example("zzz", "a/zebra"),
    Example("qqq", "a/queue"),
]
NEW_WORDS = [Example(f"xxxx {n * 'k'}", "a/zebra") for n in range(1, 9)]
LATER = [Example(f"{n * 'k'} xxxx now", "a/zebra") for n in range(1, 9)] + [Example("jjj www", "__oos__")]


def test_what_has_learnt_the_new_words_is_better_and_the_other_way_round_it_is_not() -> None:
    embedder = Letters()
    before, now = train(FEW, embedder=embedder), train([*FEW, *NEW_WORDS], embedder=embedder)
    found = compared(before, now, LATER, embedder)
    assert (found["messages"], found["in_scope"]) == (9, 8)
    assert found["now"]["right"] == 8
    assert found["better"]
    assert not compared(now, before, LATER, embedder)["better"]
    assert not compared(now, now, LATER, embedder)["better"], "the same is not better"
