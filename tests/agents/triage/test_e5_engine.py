"""The quick engine against the wheel's own, which reads the same weights: the same pieces, nearly the same vectors."""

from pathlib import Path

import numpy as np
import pytest

from agents.triage.e5_engine import engine
from agents.triage.e5_file import BEGIN, END, UNKNOWN, E5File, Pieces
from agents.triage.embedder import LEAD, LEAD_PIECES, MAX_CHARS, MessageEmbedder, bundled
from core.errors import Broken

TEXTS = [
    "I lost my card",
    "Tôi bị mất thẻ, giúp tôi với",
    "toi bi mat the",
    "Meine Karte wurde gestohlen!!",
    "  two  spaces, a ligature ﬁ and a number ①",
    "カード 😀 x",
    "hello\nworld\tand more",
    "please help me " * 60,
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_cut_into_as_many_pieces_as_by_the_wheel_and_its_vector_is_close(text: str) -> None:
    asked = f"query: {text[:MAX_CHARS]}"
    count = bundled()._model.token_count(text[:MAX_CHARS], True)
    assert len(Pieces(E5File()).ids(asked, 10_000)) == count
    assert float(engine().embed(asked) @ bundled().embed([text])[0]) > 0.985


def test_what_every_message_begins_with_is_read_and_left_out_of_the_mean() -> None:
    ids = Pieces(E5File()).ids(LEAD, 10)
    assert ids[:LEAD_PIECES] == Pieces(E5File()).ids(f"{LEAD}I lost my card", 100)[:LEAD_PIECES]
    whole, own = engine().embed(f"{LEAD}I lost my card"), MessageEmbedder().embed(["I lost my card"])[0]
    assert 0.9 < float(whole @ own) < 0.9999
    assert np.isfinite(MessageEmbedder().embed([""])).all()


def test_a_vector_has_length_one_and_does_not_depend_on_the_other_texts() -> None:
    alone = MessageEmbedder().embed([TEXTS[0]])[0]
    among = MessageEmbedder().embed(TEXTS)
    np.testing.assert_array_equal(alone, among[0])
    np.testing.assert_allclose(np.linalg.norm(among, axis=1), 1.0, rtol=1e-5)
    assert MessageEmbedder().embed([]).shape == (0, 384)


def test_what_no_piece_knows_is_unknown_and_a_text_is_cut_where_the_network_ends() -> None:
    ids = Pieces(E5File()).ids("\U000f0000", 510)
    assert ids[0] == BEGIN and ids[-1] == END and UNKNOWN in ids
    assert len(Pieces(E5File()).ids("q " * 900, 510)) == 512
    assert engine().embed("q " * 900).shape == (384,)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "model.bin"
    other.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(Broken, match=r"model\.bin"):
        E5File(other)
