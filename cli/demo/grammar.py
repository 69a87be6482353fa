"""Phrases with alternatives: `{a|b}` picks one (nested, `{x|}` means optional), `<slot>` is filled from a mapping."""

import re
from collections.abc import Callable, Mapping
from random import Random

from core.errors import Broken

Slots = Mapping[str, Callable[[], str] | str]

_SLOT = re.compile(r"<([A-Za-z_]+)>")
_ASKING = {
    *("what", "how", "who", "when", "where", "which", "why", "can", "could", "do", "does", "did", "is", "are", "will"),
    *("would", "may", "must", "was", "wie", "wer", "wo", "wann", "warum", "welche", "welcher", "welches", "wohin"),
    *("kann", "können", "könnte", "darf", "dürfen", "gibt", "ist", "sind", "bekomme", "haben", "hat", "übernehmen"),
    *("geht", "wird", "muss", "soll", "betrifft", "kommt", "gilt", "bleibt"),
}
_OFTEN_INDIRECT = {"was", "wie", "wer", "wo", "wann", "warum", "welche", "welcher", "welches", "wohin"}
_AN = re.compile(r"\b([Aa]) (?=[aeioAEIO])")


def pick(phrase: str, random: Random) -> str:
    """Return `phrase` with one alternative of each `{a|b}` chosen. Raises Broken where the braces do not match."""
    text, rest = _parts(phrase, 0, random, inside=False)
    if rest != len(phrase):
        raise Broken(f"phrase with an unmatched '}}': {phrase!r}")
    return text


def fill(text: str, slots: Slots) -> str:
    """Return `text` with each `<slot>` filled. Raises Broken for a slot that does not exist."""

    def value(match: re.Match[str]) -> str:
        slot = slots.get(match[1])
        if slot is None:
            raise Broken(f"phrase with an unknown slot <{match[1]}>: {text!r}")
        return slot if isinstance(slot, str) else slot()

    return _SLOT.sub(value, text)


def tidy(text: str) -> str:
    """Return `text` with the spaces and stops put right that alternatives leave behind."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" +([,.!?;:])", r"\1", text)
    text = re.sub(r"([,;:])\1+|,(?=[.!?;])", r"\1", text)
    text = re.sub(r"(?<!\d)\.\.(?!\.)|(?<=\d)\.\.", ".", text)
    text = re.sub(r"([!?])[.,]", r"\1", text)
    return _AN.sub(r"\1n ", text)


def sentence(text: str) -> str:
    """Return `text` as a sentence: first letter large, a stop at the end or, in English and German, a question mark."""
    text = tidy(text)
    first = re.split(r"[,.!?;:] ", text)[-1].split(" ")[0].lower().rstrip(".")
    if text.endswith(".") and first in _ASKING - _OFTEN_INDIRECT:
        text = text[:-1] + "?"
    elif text and text[-1] not in ".!?:,":
        text += "?" if first in _ASKING else "."
    text = re.sub(r"((?<!\d)[.!?] )(\w)", lambda match: match[1] + match[2].upper(), text)
    return text[:1].upper() + text[1:]


def _parts(phrase: str, at: int, random: Random, *, inside: bool) -> tuple[str, int]:
    """Read alternatives from `at` to the closing brace or the end; return the chosen one and where reading stopped."""
    options = [""]
    while at < len(phrase):
        letter = phrase[at]
        if letter == "{":
            text, at = _parts(phrase, at + 1, random, inside=True)
            options[-1] += text
        elif letter == "}" and inside:
            return random.choice(options), at + 1
        elif letter == "}":
            return options[0], at
        elif letter == "|" and inside:
            options.append("")
            at += 1
        else:
            options[-1] += letter
            at += 1
    if inside:
        raise Broken(f"phrase with an unmatched '{{': {phrase!r}")
    return options[0], at
