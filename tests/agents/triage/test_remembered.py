"""Remembered embeddings: computed once, the same after a restart, and a damaged file does no harm."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agents.triage.embedder import Floats
from agents.triage.remembered import Remembered


class Counting:
    """An embedder that counts how many texts it was asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, texts: Sequence[str]) -> Floats:
        self.asked += len(texts)
        return np.array([[len(text), 1.0] for text in texts], np.float32)


def test_each_text_is_computed_once_also_after_a_restart(tmp_path: Path) -> None:
    counting = Counting()
    first = Remembered(counting, tmp_path).embed(["a", "bb", "a"])
    again = Remembered(counting, tmp_path).embed(["bb", "ccc"])
    assert counting.asked == 3
    assert first[:, 0].tolist() == [1, 2, 1]
    assert again[:, 0].tolist() == [2, 3]
    assert not any(b"bb" in path.name.encode() for path in tmp_path.iterdir())


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    counting = Counting()
    Remembered(counting, tmp_path).embed(["a"])
    [path] = tmp_path.iterdir()
    path.write_bytes(b"no zip at all")
    Remembered(counting, tmp_path).embed(["a"])
    assert counting.asked == 2
