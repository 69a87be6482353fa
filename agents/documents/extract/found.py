"""A value found in one line of text."""

from typing import NamedTuple


class Found(NamedTuple):
    """Characters `start` to `end` of a line hold a value; `normalised` is its canonical form, `quality` (0 to 1) says
    how much it looks like its type."""

    start: int
    end: int
    text: str
    normalised: str
    quality: float
