"""answers.md and examples.md: intents with example messages and approved answers, both by language.

    # Title
    ## intent_name
    One-line summary (optional).
    ### examples
    - [en] I lost my card
    ### answer en
    Approved text, with {customer.name} where a verified look-up fills it.

A slot is a field of the verified customer's record ({customer.name}), of what one of the agent's reading tools says of
that customer ({find_order.status}), or the best passage of its knowledge folder ({knowledge.passage}).

An intent without any answer is one that a person takes: it is recognised, and never answered. In examples.md (for
agents of the llm engine, whose words are not approved beforehand) no intent has one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from markdown_it import MarkdownIt

from agents.yaml_errors import Fault, Invalid

SLOTS: tuple[str, ...] = ("customer.name", "customer.address", "knowledge.passage", "knowledge.title")

_OURS = ("customer.", "knowledge.")
_INTENT = re.compile(r"[a-z][a-z0-9_]{0,62}$", re.IGNORECASE)
_EXAMPLE = re.compile(r"[-*+]\s+\[([a-z]{2,3})\]\s+(\S.*)$")
_ANSWER = re.compile(r"answer\s+([a-z]{2,3})$")
_SLOT = re.compile(r"\{([^{}]*)\}")
_TOOL_SLOT = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+$")


@dataclass(frozen=True)
class Example:
    """One example message of a customer."""

    text: str
    language: str
    line: int


@dataclass(frozen=True)
class Intent:
    """One thing that customers want: how they say it, and what may be answered, by language."""

    name: str
    line: int
    summary: str = ""
    examples: tuple[Example, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)

    def slots(self, language: str) -> tuple[str, ...]:
        """Return the names of the slots in the answer of `language`, in order of appearance."""
        return tuple(dict.fromkeys(_SLOT.findall(self.answers.get(language, ""))))


@dataclass(frozen=True)
class AnswersFile:
    """A whole file: its title and intents by name, in the file's order."""

    title: str
    intents: Mapping[str, Intent]

    def lookups(self) -> dict[str, int]:
        """Return the reading tools that fill slots, and the line of the intent that needs each first."""
        found: dict[str, int] = {}
        for intent in self.intents.values():
            for slot in (slot for language in intent.answers for slot in intent.slots(language)):
                if slot not in SLOTS:
                    found.setdefault(slot.partition(".")[0], intent.line)
        return found


def parse(text: str) -> AnswersFile:
    """Return the intents of an answers.md text. Raises Invalid with every fault and its line."""
    reader = _Reader(text)
    reader.read()
    if not reader.intents and not reader.faults:
        reader.faults.append(Fault(1, "no intent: write '## intent_name' and under it '### examples'"))
    if reader.faults:
        raise Invalid(sorted(reader.faults, key=lambda fault: fault.line))
    return AnswersFile(reader.title, reader.intents)


def fill(answer: str, values: Mapping[str, str]) -> str | None:
    """Return `answer` with its slots filled, or None where a slot has no value: half an answer is never sent."""
    needed = _SLOT.findall(answer)
    if any(not values.get(slot) for slot in needed):
        return None
    return _SLOT.sub(lambda match: values[match.group(1)], answer)


@lru_cache
def _markdown() -> MarkdownIt:
    # Only headings (with fences, so that a '#' in one is no heading) make the structure; the rest is kept as written.
    return MarkdownIt("zero").enable(["heading", "fence"]).disable(["inline"])


class _Reader:
    def __init__(self, text: str) -> None:
        self.rows = text.replace("\r\n", "\n").split("\n")
        self.title = ""
        self.intents: dict[str, Intent] = {}
        self.faults: list[Fault] = []

    def read(self) -> None:
        # Deeper headings than three are part of an approved answer's own text.
        tokens = _markdown().parse("\n".join(self.rows))
        heads = [
            (token.map[0], token.map[1], int(token.tag[1]), tokens[index + 1].content.strip())
            for index, token in enumerate(tokens)
            if token.type == "heading_open" and token.map and token.tag in {"h1", "h2", "h3"}
        ]
        ends = [*(head[0] for head in heads[1:]), len(self.rows)][: len(heads)]
        if heads and any(row.strip() for row in self.rows[: heads[0][0]]):
            self.faults.append(Fault(1, "text before the first heading: begin with '# Title'"))
        current: Intent | None = None
        for (start, body, level, name), end in zip(heads, ends, strict=True):
            if level == 1:
                self.title = self.title or name
                current = None
            elif level == 2:
                current = self._intent(name, start, body, end)
            elif level == 3 and current is None:
                self.faults.append(
                    Fault(start + 1, f"'### {name}' stands under no intent: write '## intent_name' first")
                )
            elif level == 3 and current is not None:
                current = self._section(current, name, start, body, end)
                self.intents[current.name] = current
        self._complete()

    def _intent(self, name: str, start: int, body: int, end: int) -> Intent:
        if not _INTENT.match(name):
            self.faults.append(Fault(start + 1, f"{name!r} is no intent name: use letters, digits and _ only"))
        if name in self.intents:
            self.faults.append(Fault(start + 1, f"the intent {name!r} stands here a second time"))
        intent = Intent(name, start + 1, " ".join(" ".join(self.rows[body:end]).split()))
        self.intents[name] = intent
        return intent

    def _section(self, intent: Intent, name: str, start: int, body: int, end: int) -> Intent:
        answer = _ANSWER.match(name)
        if name == "examples":
            return replace(intent, examples=intent.examples + tuple(self._examples(body, end)))
        if not answer:
            self.faults.append(Fault(start + 1, f"'### {name}' is not known: 'examples' or 'answer' and a language"))
            return intent
        language, text = answer.group(1), "\n".join(self.rows[body:end]).strip()
        if not text:
            self.faults.append(Fault(start + 1, f"the answer in {language!r} is empty"))
        if language in intent.answers:
            self.faults.append(Fault(start + 1, f"the answer in {language!r} stands here a second time"))
        for slot in _SLOT.findall(text):
            if slot not in SLOTS and (slot.startswith(_OURS) or not _TOOL_SLOT.match(slot)):
                known = f"{', '.join(SLOTS)}, or tool.field of a reading tool"
                self.faults.append(Fault(start + 1, f"the slot {{{slot}}} is not known: {known}"))
        return replace(intent, answers={**intent.answers, language: text})

    def _examples(self, body: int, end: int) -> list[Example]:
        found = []
        for number in range(body, end):
            row = self.rows[number].strip()
            if not row:
                continue
            match = _EXAMPLE.match(row)
            if match:
                found.append(Example(match.group(2).strip(), match.group(1), number + 1))
            else:
                self.faults.append(Fault(number + 1, f"expected '- [en] what a customer writes', got {row[:60]!r}"))
        return found

    def _complete(self) -> None:
        for intent in self.intents.values():
            if not intent.examples:
                self.faults.append(Fault(intent.line, f"the intent {intent.name!r} has no '### examples'"))
