"""What a parser is: a small class with a name, the media types it takes, and a generator of parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from agents.documents.values import Part


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Ceilings of one reading; what is beyond them is refused with a typed reason (`core.errors.Rejected`)."""

    bytes: int = 100_000_000
    unpacked_bytes: int = 300_000_000  # of a ZIP container, all members together
    ratio: int = 200  # unpacked to packed, for members above 1 MB
    members: int = 5_000
    pages: int = 2_000
    pixels: int = 120_000_000
    depth: int = 3  # a ZIP in a mail in a ZIP
    characters: int = 5_000_000


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What the caller knows beforehand: the customer's language, and whether pictures may be read here at all."""

    language: str = ""


class OcrWanted(Exception):
    """A signal, not a failure: the next page is a picture and this process has no OCR engine loaded."""


class Ocr(Protocol):
    """Reads one picture. `picture` is a numpy array, height x width x 3, blue-green-red, 8 bits."""

    def read(self, picture: object, number: int, hints: Hints, part: str = "") -> Iterator[Part]:
        """Yield the page with the codes found on it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file to parse. `first` is the number its first page gets; pages whose number is in `done` are skipped."""

    path: Path
    filename: str
    media_type: str
    hints: Hints = Hints()
    limits: Limits = Limits()
    ocr: Ocr | None = None
    first: int = 1
    done: frozenset[int] = frozenset()
    depth: int = 0
    part: str = ""
    read_inner: Callable[["Source"], Iterator[Part]] | None = field(default=None, compare=False)
    asked: set[int] = field(default_factory=set, compare=False)  # shared by all files inside one

    def wanted(self, number: int) -> bool:
        """Say whether this page is still to be read. Parsers ask for each page, so that numbers go on behind pages
        that an earlier attempt read."""
        self.asked.add(number)
        return number not in self.done

    @property
    def next_number(self) -> int:
        """The number of the page after all that were asked for."""
        return max(self.asked, default=self.first - 1) + 1


class Parser(Protocol):
    """One parser a format. Takes a source, yields parts page by page; raises Rejected for a file it must refuse."""

    name: ClassVar[str]
    media_types: ClassVar[frozenset[str]]

    def score(self, media_type: str) -> float | None:
        """Return how well this parser fits (0 to 1), or None to decline."""
        ...

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield the parts in order."""
        ...
