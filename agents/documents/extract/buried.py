"""Dates between other signs, without a gap: the last resort for a document on which no other date is found."""

import re
from collections.abc import Iterator

from agents.documents.extract.dates import dated, month_number, month_words
from agents.documents.extract.found import Found
from agents.documents.extract.text import fold

QUALITY = 0.15
_D, _M, _Y = r"(?P<d>0[1-9]|[12]\d|3[01])", r"(?P<m>0[1-9]|1[0-2])", r"(?P<y>20[0-4]\d)"
NUMERIC = (
    re.compile(rf"{_Y}(?P<s>[-/.]){_M}(?P=s){_D}"),
    re.compile(rf"{_D}(?P<s>[-/.]){_M}(?P=s){_Y}"),
    re.compile(rf"{_M}(?P<s>[-/.]){_D}(?P=s){_Y}"),
    re.compile(rf"(?P<d>3[01]|[12]?\d)(?P<s>[-/.])(?P<m>1[0-2]|\d)(?P=s){_Y}"),
    re.compile(rf"{_D}(?P<s>[-/.]){_M}(?P=s)(?P<y>[0-4]\d)"),
    re.compile(rf"{_Y}{_M}{_D}"),
)


def find_buried(text: str) -> list[Found]:
    """Return the first date of the surest form that stands anywhere in a text, with a low quality; none without one."""
    folded = fold(text)
    for match in _matches(folded):
        month = match["m"] if match["m"].isdigit() else str(month_number(match["m"]))
        if (day := dated(match["y"], month, match["d"])) is not None:
            return [Found(*match.span(), text[slice(*match.span())], day, QUALITY)]
    return []


def _matches(folded: str) -> Iterator[re.Match[str]]:
    some = "|".join(word for word in month_words() if len(word) > 2)
    gap = r"[\s./,'-]{0,2}"
    yield from re.finditer(rf"(?P<d>3[01]|[0-2]?\d){gap}(?P<m>{some}){gap}(?P<y>20[0-4]\d|[0-4]\d)", folded)
    yield from re.finditer(rf"(?P<m>{some})[\s.]{{0,2}}(?P<d>3[01]|[0-2]?\d)[\s,]{{1,2}}(?P<y>20[0-4]\d)", folded)
    for pattern in NUMERIC:
        yield from pattern.finditer(folded)
