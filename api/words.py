"""The pages' words: one YAML file for each language, and how each language writes dates, numbers and money."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent
from ruamel.yaml import YAML

from core.errors import Rejected

FOLDER = Path(__file__).parent / "words"
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")
# Slots of a sentence that hold names, and what the words for them are called.
_NAMED = {one: one for one in ("agent", "intent", "language", "document_type", "check", "channel")} | {
    "source": "provenance",
    "other": "intent",
}
_SLOT = re.compile(r"\{(\w+)\}")
_CLASS = re.compile(r"(?:TryLater|NeedsHuman|Broken|Rejected): ")
LANGUAGES = {"en": "English", "vi": "Tiếng Việt", "de": "Deutsch"}


@lru_cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return a language's words by dotted key."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob(f"*.{language}.yaml")):
        _flatten(YAML(typ="safe").load(path.read_text(encoding="utf-8")), "", found)
    return found


def _flatten(value: Any, prefix: str, found: dict[str, str]) -> None:
    if not isinstance(value, dict):
        found[prefix] = str(value)
        return
    for name, part in value.items():
        _flatten(part, f"{prefix}.{name}" if prefix else str(name), found)


@lru_cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """Return the translations of sentences that other packages write in English."""
    files = sorted(FOLDER.glob("phrases*.yaml"))
    return {one["en"]: one for path in files for one in YAML(typ="safe").load(path.read_text(encoding="utf-8"))}


@lru_cache
def _patterns() -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    """Sentences into which values are put, {name} each; those with most words of their own first."""

    def pattern(text: str) -> re.Pattern[str]:
        parts = _SLOT.split(text)
        made = (f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        return re.compile("".join(made), re.S)

    found = [one for text, one in phrases().items() if _SLOT.search(text)]
    found.sort(key=lambda one: -len(_SLOT.sub("", one["en"])))
    return tuple((pattern(one["en"]), one) for one in found)


def _kind(fault: str) -> str:
    """What is wrong with a value, of the kinds that there are words for."""
    ends = {"_short": "short", "_long": "long", "_than": "small", "_than_equal": "small", "missing": "missing"}
    found = next((word for end, word in ends.items() if fault.endswith(end)), "wrong")
    return "large" if fault.startswith("less_than") else found


class Words:
    """A reader's words and formats: language and time zone."""

    def __init__(self, language: str = "en", timezone: str = "UTC") -> None:
        self.language = language if language in LANGUAGES else "en"
        self.locale = Locale.parse(self.language)
        self.zone = ZoneInfo(timezone)
        self._words = catalogue(self.language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key with its values put in. A key that is nowhere is shown as it is."""
        text = self._words.get(key) or catalogue("en").get(key) or key
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Return whether there is such a key."""
        return key in catalogue("en")

    def known(self, prefix: str, value: object) -> str:
        """Return the word for a value such as a state; a value without a word (an agent's own) is shown as it is."""
        key = f"{prefix}.{value}"
        return self(key) if self.has(key) else str(value).replace("_", " ")

    def phrase(self, text: str) -> str:
        """Return an English sentence of ours in this language, as it is where it has no translation.

        Its numbers are written as the language does, and its values by their words where they have some; one that is
        made of several is put together of their translations. The name of an error's class is left out.
        """
        text = _CLASS.sub("", text, count=1)
        if self.language == "en":
            return (self._filled(text) if "_" in text else None) or text
        numbers = _NUMBER.findall(text)
        for key, values in ((text, []), (_NUMBER.sub("{}", text), numbers)):
            if found := phrases().get(key):
                return found[self.language].format(*map(self._written, values)) if values else found[self.language]
        if "; " in text:
            return "; ".join(map(self.phrase, text.split("; ")))
        if said := self._filled(text):
            return said
        first, _, second = text.partition(": ")
        return f"{said}: {self.phrase(second)}" if second and (said := self.phrase(first)) != first else text

    def _filled(self, text: str) -> str | None:
        """A sentence of ours that holds values, in this language; None where it is none. In English only names are
        written otherwise: parcel late for parcel_late."""
        for pattern, found in _patterns():
            if match := pattern.fullmatch(text):
                values = match.groupdict().items()
                put = {n: v if self.language == "en" and n not in _NAMED else self.value(n, v) for n, v in values}
                return found[self.language].format_map(put)
        return None

    def value(self, name: str, value: Any) -> Any:
        """Return what stands for a value in a sentence: the word for a name, a number as this language writes it, the
        translation of a sentence; what is no text is returned as it is."""
        if not isinstance(value, str) or name == "given":  # what a file says stays as it is there
            return value
        if name in _NAMED:
            return ", ".join(self.known(_NAMED[name], one) for one in value.split(", "))
        return self._written(value) if _NUMBER.fullmatch(value) else self.phrase(value)

    def fault(self, problem: str) -> str:
        """Return what is wrong in a folder, after the place that may stand before it: agent.yaml:3."""
        place, _, said = problem.partition(": ")
        return self.phrase(problem) if " " in place else f"{place}: {self.phrase(said)}"

    def reading(self, reason: str) -> str:
        """Return why a file was not read, without the code for machines that stands before it."""
        code, _, said = reason.partition(": ")
        return said if said and code.replace("_", "").isalpha() and code.islower() else reason

    def _written(self, number: str) -> str:
        """A number of an English sentence as this language writes it."""
        value = number.replace(",", "").removesuffix("%")
        places = len(value.partition(".")[2])
        return self.share(float(value) / 100, places) if number.endswith("%") else self.number(float(value), places)

    def refusal(self, error: Rejected) -> str:
        """Return in words why something could not be done."""
        key = f"refused.{error.code}"
        return self(key) if self.has(key) else str(error)

    def faults(self, errors: Sequence[Any]) -> str:
        """Return what is wrong with a form, for the person who filled it in. errors: as pydantic lists them."""
        said = []
        for one in errors:
            name = str(one["loc"][-1])
            label = next((self(key) for key in (f"submit.{name}", f"field.{name}") if self.has(key)), name)
            own = one["msg"].removeprefix("Value error, ") if one["type"] == "value_error" else ""
            said.append(f"{label}: {self.phrase(own) if own else self('wrong.' + _kind(one['type']))}")
        return "; ".join(dict.fromkeys(said))

    def count(self, key: str, n: int) -> str:
        """Return KEY.one or KEY.other with n put in."""
        form = str(self.locale.plural_form(n))
        return self(f"{key}.{form if f'{key}.{form}' in self._words else 'other'}", n=self.number(n))

    def number(self, value: float, places: int = 0) -> str:
        """Return a number as the language writes it."""
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return str(format_decimal(value, format=pattern, locale=self.locale))

    def share(self, value: float, places: int = 1) -> str:
        """Return a share of 0 to 1 as per cent."""
        pattern = "#,##0" + ("." + "0" * places if places else "") + "%"
        if self.language == "de":
            pattern = pattern.replace("%", "\u202f%")
        return str(format_percent(value, format=pattern, locale=self.locale))

    def money(self, value: float) -> str:
        """Return US dollars."""
        places = "#,##0.00" if value >= 1 or value == 0 else "#,##0.0000"
        return str(format_currency(value, "USD", f"¤{places}", locale=self.locale, currency_digits=False))

    def moment(self, at: datetime) -> str:
        """Return date and time in the reader's zone."""
        local = at.astimezone(self.zone)
        return f"{self.day(at)}, {format_time(local.time(), 'short', locale=self.locale)}"

    def short(self, at: datetime) -> str:
        """Return day and time as a line of a history needs them."""
        local = at.astimezone(self.zone)
        day = format_skeleton("MMMd", local, locale=self.locale)
        return f"{day} {format_skeleton('Hm', local, locale=self.locale)}"

    def day(self, at: datetime) -> str:
        """Return the date in the reader's zone."""
        return str(format_date(at.astimezone(self.zone), "medium", locale=self.locale))

    def month_day(self, at: datetime) -> str:
        """Return the day without its year, in the reader's zone: what an axis needs."""
        skeleton = "MMMd" if self.language == "en" else "Md"  # 9/10 is two days in English
        return str(format_skeleton(skeleton, at.astimezone(self.zone), locale=self.locale))

    def when(self, at: datetime) -> str:
        """Return the time for today, else the day: what a list needs."""
        local, today = at.astimezone(self.zone), datetime.now(self.zone).date()
        if local.date() == today:
            return str(format_time(local.time(), "short", locale=self.locale))
        skeleton = "MMMd" if local.year == today.year else "yMMMd"
        return str(format_skeleton(skeleton, local, locale=self.locale))

    def ago(self, at: datetime) -> str:
        """Return how long ago it was."""
        return str(format_timedelta(at - datetime.now(UTC), add_direction=True, locale=self.locale))

    def span(self, at: datetime, now: datetime) -> str:
        """Return how far apart two moments are, in the largest unit."""
        return str(format_timedelta(abs(at - now), format="short", threshold=1.5, locale=self.locale))

    def seconds(self, value: float) -> str:
        """Return a duration: seconds with one place below a minute, else the largest unit."""
        if value < 60:
            return self("unit.seconds", n=self.number(value, 2 if value < 0.1 else 1 if value < 10 else 0))
        return str(format_timedelta(timedelta(seconds=value), threshold=1.5, format="long", locale=self.locale))
