"""Homes for tests that start commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded.place import find_place


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home that does not exist yet; what a command makes for it elsewhere (sockets, root's data) is removed."""
    yield tmp_path / "home"
    if (tmp_path / "home" / "embedded.json").exists():
        find_place(tmp_path / "home").remove()
