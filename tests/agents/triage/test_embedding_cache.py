from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from agents.triage.embedder import Floats
from agents.triage.embedding_cache import CachedEmbedder


class Counting:
    """An embedder of three dimensions that counts what it is asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        return np.array([[len(text), 1 / 3, text.count("a")] for text in texts], np.float32).reshape(len(texts), 3)


def test_a_text_is_embedded_once_also_by_the_next_process(tmp_path: Path) -> None:
    inner = Counting()
    first = CachedEmbedder(inner, tmp_path).embed(["a", "bb", "a"])
    second = CachedEmbedder(inner, tmp_path).embed(["bb", "ccc", "a"])
    assert inner.asked == ["a", "bb", "ccc"]
    assert first[[1, 0]].tolist() == second[[0, 2]].tolist()
    assert first.dtype == np.float32


def test_no_texts_give_no_vectors(tmp_path: Path) -> None:
    assert CachedEmbedder(Counting(), tmp_path).embed([]).shape == (0, 3)


def test_a_record_cut_short_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    inner = Counting()
    cached = CachedEmbedder(inner, tmp_path)
    cached.embed(["a", "bb"])
    cached.path.write_bytes(cached.path.read_bytes()[:-5])
    assert cached.embed(["a", "bb", "ccc"])[:, 0].tolist() == [1, 2, 3]
    assert CachedEmbedder(inner, tmp_path).embed(["a", "bb", "ccc"])[:, 0].tolist() == [1, 2, 3]
    assert inner.asked == ["a", "bb", "bb", "ccc"]


@pytest.mark.parametrize("broken", [b"", b"\0", b"\xff" * 50])
def test_a_file_of_something_else_is_no_harm(tmp_path: Path, broken: bytes) -> None:
    cached = CachedEmbedder(Counting(), tmp_path)
    cached.path.write_bytes(broken)
    assert cached.embed(["a"])[:, 0].tolist() == [1]


def test_another_embedder_has_a_file_of_its_own(tmp_path: Path) -> None:
    other = Counting()
    other.name = "other"
    assert CachedEmbedder(other, tmp_path).path != CachedEmbedder(Counting(), tmp_path).path


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert CachedEmbedder(Counting(), tmp_path / "file" / "inside").embed(["a"]).shape == (1, 3)
