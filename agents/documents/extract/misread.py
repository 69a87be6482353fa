"""Dates whose digits, strokes or months a reader took for signs that look like them: `I2/O4/18`, `28 N0V`.

A token that has the shape of a date is mended sign by sign, so that places in the text stay; measured on made-up slips.
"""

import re

LIKE = {"O": "0", "o": "0", "D": "0", "Q": "0", "I": "1", "l": "1", "i": "1", "|": "1", "!": "1", "Z": "2", "z": "2"}
LIKE |= {"S": "5", "s": "5", "b": "6", "B": "8", "g": "9", "q": "9"}
_DIGITS = str.maketrans(LIKE)
_D = "[0-9" + "".join(LIKE) + "]"
_STROKE = r"[-/.,'’~_–—=\\:· ]"
_END = r"(?:(?=[-.,]?\d?\d:\d\d)|(?![A-Za-z0-9|!]|[-/.]\d))"
NUMERIC = re.compile(
    rf"(?<![A-Za-z0-9|!])(?<!\d[-/.,:])(?:(?P<a>{_D}{{1,2}})(?P<s>{_STROKE})(?P<b>{_D}{{1,2}})(?P<t>{_STROKE})(?P<c>{_D}{{4}}|{_D}{{2}})"
    rf"|(?P<y>[2Zz][0OoDQ]{_D}{{2}})(?P<u>{_STROKE})(?P<m>{_D}{{2}})(?P<v>{_STROKE})(?P<d>{_D}{{2}})){_END}"
)
LEAST_DIGITS = 4  # true ones; a token with fewer is a word
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG = (
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
SLIPS = {"o": "0", "a": "4", "e": "fc", "n": "mh", "g": "6cq", "b": "8", "l": "1i", "s": "5", "c": "g", "u": "v"}
SLIPS |= {"d": "o0"}


def misread_months() -> dict[str, int]:
    """Return English abbreviations with one letter misread, each with its month; what may be two of them is none."""
    found: dict[str, set[int]] = {}
    for number, name in enumerate(MONTHS, 1):
        for place, letter in enumerate(name):
            for other in SLIPS.get(letter, ""):
                found.setdefault(name[:place] + other + name[place + 1 :], set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1 and name not in MONTHS}


_NAMES = "|".join(sorted({*MONTHS, *LONG, *misread_months(), "sept"}, key=len, reverse=True))
_GAP = r"[\s./,'’~_–=-]{0,3}"
NAMED = re.compile(
    rf"(?<![A-Za-z0-9|!])(?P<a>{_D}{{1,2}})(?P<between>{_GAP}(?i:{_NAMES})\.?{_GAP})(?P<c>[2Z][0OoD]{_D}{{2}}|{_D}{{2}}){_END}"
)
DAY_SECOND = re.compile(
    rf"(?<![A-Za-z])(?P<month>(?i:{_NAMES})[\s.]{{1,2}})(?P<a>{_D}{{1,2}})(?P<then>,?\s?)(?P<c>[2Z][0OoD]{_D}{{2}}){_END}"
)


def mend(text: str) -> str:
    """Return the text, as long as before, with misread dates in it mended."""
    text = NUMERIC.sub(_numeric, text)
    return DAY_SECOND.sub(_day_second, NAMED.sub(_named, text))


def is_cut(text: str, start: int, end: int) -> bool:
    """Say whether what looks like a date is only the clean piece of a misread one: `2o19-01-08`, `03/06/20|7`."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    head = bool(before) and before[-1] in LIKE and not (len(before) > 1 and before[0].isalpha())
    tail = len(after) > 1 and after[0] in LIKE and not after[1].isalpha() and text[end - 2 : end] in ("20", "19")
    return (head and not (len(before) == 1 and before in "|!")) or tail


def _numeric(match: re.Match[str]) -> str:
    first, one, second, two, third = (match[name] for name in (("a", "s", "b", "t", "c") if match["a"] else "yumvd"))
    strokes = [sign for sign in (one, two) if sign in "-/."]
    plain = first + second + third
    if not strokes or sum(sign.isdigit() for sign in plain) < LEAST_DIGITS:
        return match.group()
    if plain.isdigit() and one == two:
        return match.group()
    if {one, two} & set(",:'’ ") and len(third) != 4 and len(first) != 4:
        return match.group()  # 12:03-19 and 1,200.50 are no dates
    digits = [part.translate(_DIGITS) for part in (first, second, third)]
    year, month, day = digits if match["y"] else digits[::-1]
    if not (0 < int(month) <= 31 and 0 < int(day) <= 31 and (len(year) == 2 or year[:2] in ("19", "20"))):
        return match.group()
    return strokes[0].join(digits)


def _named(match: re.Match[str]) -> str:
    if not any(map(str.isdigit, match["c"])):
        return match.group()
    between = re.sub("[~_–=]", "-", match["between"])
    return match["a"].translate(_DIGITS) + between + match["c"].translate(_DIGITS)


def _day_second(match: re.Match[str]) -> str:
    day, year = match["a"].translate(_DIGITS), match["c"].translate(_DIGITS)
    return match["month"] + day + match["then"] + year
