import os
import shutil
import time
from pathlib import Path

import pytest

from agents.folder_look import Look, look, unchanged


def settled(folder: Path) -> Look:
    """A look at a folder that has been as it is for a while."""
    for one in (folder, folder / "inner"):
        os.utime(one, ns=(time.time_ns(), time.time_ns() - 60_000_000_000))
    return look(str(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, an inner one with a file, and a hidden file."""
    (tmp_path / "inner").mkdir()
    for name in ("one.md", "inner/two.md", ".hidden"):
        (tmp_path / name).write_text("as it was")
    return tmp_path


def test_a_look_holds_files_and_folders_but_hidden_ones(folder: Path) -> None:
    seen = settled(folder)
    assert [name for name, _, _ in seen.signature] == ["inner/two.md", "one.md"]
    assert [path for path, _ in seen.folders] == [str(folder), str(folder / "inner")]
    assert unchanged(str(folder), seen)


@pytest.mark.parametrize("name", ["one.md", "inner/two.md"])
def test_a_file_that_is_written_over_in_its_place_is_seen(folder: Path, name: str) -> None:
    seen = settled(folder)
    (folder / name).write_text("as it is now")
    assert not unchanged(str(folder), seen)


@pytest.mark.parametrize("name", ["new.md", "inner/new.md"])
def test_a_file_that_comes_is_seen(folder: Path, name: str) -> None:
    seen = settled(folder)
    (folder / name).write_text("new")
    assert not unchanged(str(folder), seen)


@pytest.mark.parametrize("name", ["one.md", "inner", "."])
def test_what_goes_is_seen(folder: Path, name: str) -> None:
    seen = settled(folder)
    gone = folder / name
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert not unchanged(str(folder), seen)


def test_a_folder_that_changed_just_before_the_look_is_listed_again(folder: Path) -> None:
    assert not unchanged(str(folder), look(str(folder)))
