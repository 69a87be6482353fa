"""A first draft of an intent's answers from what staff wrote: the reply that most of the others resemble. Pure.

Of the replies in one language, the medoid by shared words (Jaccard similarity of the sets of words) is the one that is
closest to all of them: a text that somebody really sent, and that many sent much alike.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.answers_file import Example

_WORD = re.compile(r"\w+")
MOST = 200  # replies of a language that are compared with each other
LONGEST = 300  # characters of a message that makes a good example
EXAMPLES = 12


class Sent(NamedTuple):
    """What staff answered once, and to whom."""

    text: str
    language: str
    customer_name: str = ""
    staff_name: str = ""


def answers(replies: Iterable[Sent]) -> dict[str, str]:
    """Return for each language the reply that resembles the others most, with {customer.name} for the name in it."""
    by_language: dict[str, list[Sent]] = defaultdict(list)
    for one in replies:
        if one.language and one.text.strip() and len(by_language[one.language]) < MOST:
            by_language[one.language].append(one)
    return {language: _nameless(_medoid(found)) for language, found in sorted(by_language.items())}


def examples(messages: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> list[Example]:
    """Return messages (text, language) that differ enough to be examples, in one line each, none of those taken."""
    kept: list[tuple[frozenset[str], Example]] = [(_words(text), Example(text, "", 0)) for text in taken]
    given = len(kept)
    for text, language in messages:
        line = " ".join(text.split())
        words = _words(line)
        if not language or not words or len(line) > LONGEST:
            continue
        if all(_alike(words, other) < 0.8 for other, _ in kept):
            kept.append((words, Example(line, language, 0)))
        if len(kept) - given == EXAMPLES:
            break
    return [one for _, one in kept[given:]]


def _medoid(found: Sequence[Sent]) -> Sent:
    words = [_words(one.text) for one in found]
    closeness = [sum(_alike(one, other) for other in words) for one in words]
    return found[max(range(len(found)), key=lambda at: (closeness[at], -at))]


def _nameless(sent: Sent) -> str:
    text = sent.text.strip().replace("\r\n", "\n")
    name = " ".join(sent.customer_name.split())
    if len(name) > 2:
        text = re.sub(re.escape(name), "{customer.name}", text, flags=re.IGNORECASE)
    return text


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))
