"""Dates in a line of text: numeric in any order, or with the month's name in a dozen languages."""

import re
from datetime import date
from functools import lru_cache

from babel.dates import get_month_names

from agents.documents.extract.found import Found
from agents.documents.extract.misread import is_cut, mend, misread_months
from agents.documents.extract.text import fold

LOCALES = ("en", "de", "fr", "nl", "es", "it", "pl", "pt", "sv", "da", "cs", "ms", "id")
NUMERIC = re.compile(
    r"(?<!\d)(?<!\d[./-])(?:(?P<y>(?:19|20)\d\d)\s?[-/.年]\s?(?P<m>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})日?"
    r"|(?P<a>\d{1,2})\s?(?P<s>[-/.·])\s?(?P<b>\d{1,2})\s?[-/.·]\s?(?P<c>(?:19|20)\d\d|\d\d))"
    r"(?:(?=[-/.,_]?\d{1,2}:\d\d)|(?!\d|[-/.]\d|,\d))"  # a time of day may stand close behind
)
LOOSE = re.compile(  # a separator that OCR lost or took for another sign
    r"(?<!\d)(?P<d>[0-3]\d)\s?[/.,:|\\'’·-]?\s?(?P<m>[01]\d)\s?[/.,:|\\'’·-]?\s?(?P<y>(?:19|20)\d\d)(?=\d?\d:\d\d|\D|$)"
)
STROKES = re.compile(  # one of the two slashes taken for a thin letter, a one or a seven
    r"(?<![\d/.-])(?P<d>[0-3]\d)(?:(?P<s>[/-])(?P<m>[01]\d)[17lIi|!]|[17lIi|!](?P<m2>[01]\d)(?P<s2>[/-]))"
    r"(?P<y>20\d\d|\d\d)(?:(?=\d\d:\d\d)|(?![\d/.-]))"
)
THIN = re.compile(  # both of them
    r"(?<![\w/.-])(?P<d>[0-3]\d)[lIi|!](?P<m>[01]\d)[lIi|!](?P<y>20\d\d)(?!\d(?!\d?:)|[/.-])"
)
BURIED = re.compile(  # between other digits that stand close: a number before it, a time behind it
    r"(?P<d>0[1-9]|[12]\d|3[01])(?P<s>[-/.])(?P=s)?(?P<m>0[1-9]|1[0-2])(?P=s)(?P=s)?(?P<y>20[0-4]\d)"
)
CROWDED = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})(?P<s>[-/])(?P<m>\d{1,2})(?P=s)(?P<y>\d\d)(?!\d)"
)  # other signs stand close
LABELLED = re.compile(r"\b(?:date|datum|ngay|tarikh)\s{0,2}[:.]?\s{0,2}")
STROKELESS = re.compile(  # behind a label: strokes that OCR lost, or took for thin signs
    r"(?P<d>[0-3]\d)[ 17lI|!'’~/.-]{0,2}(?P<m>[01]\d)[ 17lI|!'’~/.-]{0,2}(?P<y>20[0-4]\d|[0-4]\d)(?!\d(?!\d?:)|[./-]\d)"
)
ISO_SPACED = re.compile(r"(?P<y>20[0-4]\d)[ ~_](?P<m>0[1-9]|1[0-2])[ ~_](?P<d>0[1-9]|[12]\d|3[01])(?!\d)")
SPACED = re.compile(  # a space within a number
    r"(?<![\d/-])(?P<d>[0-3] ?\d) ?(?P<s>[/-]) ?(?P<m>[01] ?\d) ?(?P=s) ?(?P<y>20 ?\d ?\d)(?!\d|[/-])"
)
BEHIND_TIME = re.compile(r"(?<=\d:\d\d)(?P<d>[0-3]\d)(?P<s>[/-])(?P<m>[01]\d)(?P=s)(?P<y>[0-4]\d)(?![\d/-])")
UNDERLINED = re.compile(r"(?<!\d)(?P<d>0[1-9]|[12]\d|3[01])_(?P<m>0[1-9]|1[0-2])_(?P<y>20[0-4]\d)(?!\d)")
ISO_TIMED = re.compile(r"(?<!\d)(?P<y>20[0-4]\d)-(?P<m>\d\d)-(?P<d>\d\d)-\d\d\.\d\d(?!\d)")
GLUED = re.compile(  # a time without colon close behind a short year
    r"(?<![\d/.-])(?P<d>[0-3]\d)(?P<s>[-/])(?P<m>[01]\d)(?P=s)(?P<y>[0-4]\d)(?:[01]\d|2[0-3])[0-5]\d(?!\d)"
)
ALONE = re.compile(  # one stroke of a short date lost, where the line holds nothing else but perhaps a time
    r"^(?P<d>0[1-9]|[12]\d|3[01])(?P<s>[ ~_]|[-/])(?P<m>0[1-9]|1[0-2])(?!(?P=s))[-/ ~_](?P<y>[0-4]\d)"
    r"(?=(?:\W+\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?)?\W*$)",
    re.IGNORECASE,
)
BARE = re.compile(r"(?P<d>[0-3]\d)(?P<m>[01]\d)(?P<y>[0-3]\d)(?!\d|[./-])")  # six digits that a label calls a date
MOST_LABEL = 14  # signs
TIME = re.compile(r":\d\d(?!\d)")
COMPACT = re.compile(
    r"(?<![\d.,/-])(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?:(?=[-.,]?\s?\d\d:\d\d)|(?![\d.,-]))"
)
VIETNAMESE = re.compile(
    r"ngay\s*(?P<d>\d{1,2})\s*[/.,-]?\s*thang\s*(?P<m>\d{1,2})\s*[/.,-]?\s*nam\s*(?P<y>(?:19|20)\d\d)"
    r"|(?P<d2>\d{1,2})\s*thang\s*(?P<m2>\d{1,2})\s*(?:nam|,)?\s*(?P<y2>(?:19|20)\d\d)"
)


@lru_cache(maxsize=1)
def _months() -> tuple[dict[str, int], tuple[re.Pattern[str], ...]]:
    names: dict[str, int] = {"sept": 9, "maerz": 3, "mrz": 3}
    for locale in LOCALES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    folded = fold(name).strip(". ")
                    if len(folded) >= 3 and not folded.isdigit():
                        names.setdefault(folded, number)
    for misread, number in misread_months().items():
        names.setdefault(misread, number)
    some = "|".join(sorted(names, key=len, reverse=True))
    day_first = re.compile(
        rf"(?<!\d)(?<!\d[.,])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|hb|\.)?[\s./,'-]{{0,3}}(?:of\s|de\s)?(?P<m>{some})\.?(?![a-z])"
        rf"[\s./,'-]{{0,3}}(?:de\s|of\s)?(?P<y>\d\d(?=\d\d:\d\d)|(?:19|20)\d\d|\d\d(?![\d:.]))(?:(?=\d{{1,2}}:\d\d)|(?!\d))"
    )
    month_first = re.compile(
        rf"(?<![a-z])(?P<m>{some})\.?[\s./,'-]{{0,3}}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)"
        rf"[\s.,/'-]{{1,4}}(?P<y>(?:19|20)\d\d|(?:(?<=['’,])|(?<=, ))\d\d(?![\d:.,]))(?:(?=\d\d:\d\d)|(?!\d))"
    )
    year_first = re.compile(
        rf"(?<!\d)(?P<y>(?:19|20)\d\d)[\s./,'-]{{1,3}}(?P<m>{some})\.?[\s./,'-]{{1,3}}(?P<d>\d{{1,2}})(?!\d)"
    )
    return names, (day_first, month_first, year_first)


def find_dates(text: str, order: str = "dmy") -> list[Found]:
    """Find dates. `order` (dmy or mdy) settles what the digits leave open. Normalised: ISO 8601."""
    found: list[Found] = []
    printed, text = text, mend(text)
    mended = text != printed
    folded = fold(text)
    for match in NUMERIC.finditer(text):
        if is_cut(text, *match.span()):
            continue
        if match["y"]:
            _add(found, match, text, match["y"], match["m"], match["d"], 1.0)
            continue
        if TIME.match(text, match.end()) and " " in match.group():
            continue  # 09/18 / 14:23
        first, second, year = int(match["a"]), int(match["b"]), match["c"]
        day, month = (second, first) if (order == "mdy" and first <= 12) or second > 12 else (first, second)
        if len(year) == 4 and TIME.match(text, match.end()):
            year = year[:2]  # a receipt's "30.04.2009:43" is the 30th of April 2020, 9:43
        long_year = len(year) == 4
        quality = 1.0 if long_year else 0.8 if match["s"] != "." else 0.6
        quality *= 0.7 if mended else 1.0
        _add(found, match, text, year, str(month), str(day), quality)
    names, patterns = _months()
    for pattern in patterns:
        for match in pattern.finditer(folded):
            if is_cut(text, *match.span()):
                continue
            _add(found, match, text, match["y"], str(names[match["m"]]), match["d"], 1.0)
    for match in VIETNAMESE.finditer(folded):
        year, month_text, day_text = (match[key] or match[key + "2"] for key in ("y", "m", "d"))
        _add(found, match, text, year, month_text, day_text, 1.0)
    if not found:
        for match in COMPACT.finditer(text):  # before six digits of these eight are taken for a date
            _add(found, match, text, match["y"], match["m"], match["d"], 0.4)
        for label in LABELLED.finditer(folded):
            if (six := BARE.match(text, label.end())) is not None:
                _add(found, six, text, six["y"], six["m"], six["d"], 0.3)
            elif (loose := STROKELESS.match(text, label.end())) is not None:
                _add(found, loose, text, loose["y"], loose["m"], loose["d"], 0.3)
        for match in LOOSE.finditer(text):
            if not match.group().isdigit() or "dat" in folded or "ngay" in folded:
                _add(found, match, text, match["y"], match["m"], match["d"], 0.6)
        for match in STROKES.finditer(text):
            sign, middle = match["s"] or match["s2"], match["m"] or match["m2"]
            quality = 0.6 if len(match["y"]) == 4 else 0.3
            _add(found, match, text, match["y"], middle, match["d"], quality)
            if found and found[-1].start == match.start():
                found[-1] = found[-1]._replace(text=sign.join((match["d"], middle, match["y"])))
        for match in BURIED.finditer(text):
            _add(found, match, text, match["y"], match["m"], match["d"], 0.6)
        for match in CROWDED.finditer(text):
            _add(found, match, text, match["y"], match["m"], match["d"], 0.4)
        for pattern in (ISO_SPACED, ISO_TIMED, UNDERLINED, THIN, GLUED, SPACED, BEHIND_TIME, ALONE):
            for match in pattern.finditer(text):
                _add(found, match, text, match["y"], match["m"], match["d"], 0.4)
    return sorted(found)


def _add(found: list[Found], match: re.Match[str], text: str, year: str, month: str, day: str, quality: float) -> None:
    value = dated(*(part.replace(" ", "") for part in (year, month, day)))
    start, end = match.span()
    if value is None or any(start < other.end and other.start < end for other in found):
        return
    found.append(Found(start, end, text[start:end], value, quality))


def dated(year: str, month: str, day: str) -> str | None:
    """Return the day in ISO 8601, None where the calendar has none; a year of two digits is one from 1970 to 2069."""
    whole = int(year)
    if len(year) == 2:
        whole += 2000 if whole < 70 else 1900
    try:
        return date(whole, int(month), int(day)).isoformat()
    except ValueError:
        return None


def month_words() -> list[str]:
    """Return the months' names in all languages read, folded, the longest first."""
    return sorted(_months()[0], key=len, reverse=True)


def month_number(name: str) -> int:
    """Return the number of a month by its folded name."""
    return _months()[0][name]


def is_label(folded: str) -> bool:
    """Say whether a folded text is hardly more than the label of a date."""
    return LABELLED.search(folded) is not None and len(folded) <= MOST_LABEL


def date_order(text: str, currency: str = "", language: str = "") -> str:
    """Return dmy or mdy: as a date with a number above 12 proves, else mdy for US dollars in English, else dmy."""
    day_first = month_first = 0
    for match in NUMERIC.finditer(text[:50_000]):
        if match["a"]:
            day_first += int(match["a"]) > 12 >= int(match["b"])
            month_first += int(match["b"]) > 12 >= int(match["a"])
    if day_first != month_first:
        return "dmy" if day_first > month_first else "mdy"
    return "mdy" if currency == "USD" and language == "en" else "dmy"
