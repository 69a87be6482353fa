"""What triage learns from: messages with the intent they express, written 'agent/intent'."""

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


def in_scope(labels: Sequence[str]) -> list[str]:
    """Return the distinct labels that name an intent, sorted."""
    return sorted({label for label in labels if not label.startswith("__oos")})
