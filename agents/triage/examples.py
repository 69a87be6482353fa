"""What triage learns from: messages with the intent they express, written 'agent/intent'."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.catalog import Entry

OUT_OF_SCOPE = "__oos__"


class Example(NamedTuple):
    """One message. `label` is 'agent/intent', or begins with '__oos' for a message that no agent covers."""

    text: str
    label: str
    language: str = ""


def from_entries(entries: Iterable[Entry]) -> list[Example]:
    """Return the example messages in the folders of agents (answers.md, examples.md), in a fixed order."""
    found: list[Example] = []
    for entry in sorted(entries, key=lambda entry: entry.name):
        intents = entry.intents()
        for intent in intents.intents.values() if intents else ():
            label = f"{entry.name}/{intent.name}"
            found.extend(Example(one.text, label, one.language) for one in intent.examples)
    return found


def resolve(intents: Iterable[str], labels: Iterable[str]) -> list[str]:
    """Return a label for each intent as history names it: 'agent/intent' as it is, a bare intent by its only agent,
    and '' for what no agent knows by that name."""
    known = set(labels)
    by_intent: dict[str, list[str]] = defaultdict(list)
    for label in known:
        by_intent[label.rpartition("/")[2]].append(label)

    def one(intent: str) -> str:
        if intent in known:
            return intent
        fitting = by_intent.get(intent, [])
        return fitting[0] if len(fitting) == 1 else ""

    return [one(intent) for intent in intents]


def in_scope(labels: Sequence[str]) -> list[str]:
    """Return the distinct labels that name an intent, sorted."""
    return sorted({label for label in labels if not label.startswith("__oos")})
