"""Which passages of a draft its sources support, and which source supports which passage."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

_END = re.compile(r"(?<=[.!?])\s+|\n+")  # of a sentence
_SLOT = re.compile(r"\{[\w.]+\}")  # of an approved answer
_VALUE = re.compile(r"(?<=: ')[^']+(?=')|(?<=: )[\d.,]+\d")
SHORTEST = 8  # characters of a passage that says anything
SHORTEST_VALUE = 4  # and of a value


class Passage(NamedTuple):
    """A part of the text, the numbers of the sources (from 1) that support it, and of those whose passage ends here."""

    text: str
    sources: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


def passages(text: str, quotes: Sequence[str]) -> list[Passage]:
    """Return the whole text in parts. A quote that is not there as a whole (a name was filled in, a reply begins
    otherwise) supports those of its sentences that are; a look-up supports the values that it gave."""
    spots = [(start, end, number) for number, quote in enumerate(quotes, 1) for start, end in _spots(text, quote)]
    edges = sorted({0, len(text), *(start for start, _, _ in spots), *(end for _, end, _ in spots)})
    made = []
    for start, end in pairwise(edges):
        over = [spot for spot in spots if spot[0] <= start and spot[1] >= end]
        ends = tuple(number for _, stop, number in over if stop == end)
        made.append(Passage(text[start:end], tuple(number for _, _, number in over), ends))
    return made


def of_proposal(proposal: Mapping[str, Any]) -> list[Passage]:
    """Return the passages of a proposal's reply."""
    quotes = [source["quote"] for source in proposal.get("sources") or ()]
    return passages(proposal.get("reply") or "", quotes)


def _spots(text: str, quote: str) -> Iterator[tuple[int, int]]:
    """Yield where a quote stands in a text; parts with nothing but space between them are one spot."""
    parts = [quote] if quote in text else [*_parts(text, quote)]
    found = sorted((at, at + len(part)) for part in parts if len(part) >= SHORTEST and (at := text.find(part)) >= 0)
    found += [one.span() for value in _values(quote) for one in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text)]
    found.sort()
    while found:
        start, end = found.pop(0)
        while found and not text[end : found[0][0]].strip():
            end = max(end, found.pop(0)[1])
        yield start, end


def _parts(text: str, quote: str) -> Iterator[str]:
    """Sentences; of one into which a value was put, what stands around it."""
    for sentence in (part.strip() for part in _END.split(quote)):
        yield from [sentence] if sentence in text else [part.strip() for part in _SLOT.split(sentence)]


def _values(quote: str) -> set[str]:
    """The values of a look-up's result, as it is kept: `{'status': 'sent', ...}`."""
    return {value for value in _VALUE.findall(quote) if len(value) >= SHORTEST_VALUE} if quote[:1] in "{[" else set()
