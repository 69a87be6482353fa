"""300 intents with example messages and others to be asked: generated, or taken from labelled data sets."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

from bench.ticket_line import intent_names
from bench.ticket_sets import read_sets

INTENTS, EXAMPLES = 300, 10
_DEEDS = (
    ("cancel", "cancel", "call off", "get rid of"),
    ("find", "find", "look up", "see"),
    ("change", "change", "edit", "correct"),
    ("pay", "pay for", "settle", "clear the bill for"),
    ("return", "return", "send back", "give back"),
    ("share", "share", "pass on", "let my wife use"),
    ("delay", "delay", "put off", "move to next week"),
    ("insure", "insure", "get cover for", "protect"),
    ("repair", "repair", "fix", "have someone mend"),
    ("order", "order", "buy", "get one more of"),
    ("block", "block", "freeze", "lock"),
    ("rate", "rate", "review", "write what I think of"),
    ("print", "print", "get a paper copy of", "have on paper"),
    ("renew", "renew", "extend", "keep for another year"),
    ("gift", "give away", "make a present of", "pack as a gift"),
    ("sell", "sell", "trade in", "turn into money"),
    ("compare", "compare", "weigh against others", "see the difference to"),
    ("activate", "activate", "switch on", "start using"),
    ("clean", "clean", "wash", "get the dirt off"),
    ("store", "store", "keep with you", "leave in your house"),
)
_THINGS = (
    *("bank card", "parcel", "invoice", "winter coat", "phone contract", "train ticket", "hotel room", "gift voucher"),
    *("washing machine", "library book", "garden chair", "car rental", "insurance policy", "email account", "bicycle"),
)
_WAYS = (
    *("How do I {} my {}?", "I want to {} my {}", "please help me {} the {}", "can you {} a {} for me"),
    *("is it possible to {} this {}", "what must I do to {} my {}", "I would like to {} the {} today"),
    *("Hello, where can I {} a {}?", "we need to {} our {}", "tell me how to {} the {}", "who can {} my {} now"),
    *("i tried to {} the {} and failed", "may I {} your {}", "any chance to {} my {} online?", "{} my {}"),
)


@dataclass(frozen=True)
class Intent:
    """One intent: its name, the examples it is taught by, and other messages of customers."""

    name: str
    examples: tuple[str, ...]
    asked: tuple[str, ...]


def generated() -> list[Intent]:
    """Return 300 intents: twenty deeds done to fifteen things, each said in many ways."""
    found = []
    for (name, *words), thing in product(_DEEDS, _THINGS):
        said = [way.format(words[place % len(words)], thing) for place, way in enumerate(_WAYS)]
        found.append(Intent(f"{name}_{thing.replace(' ', '_')}", tuple(said[:EXAMPLES]), tuple(said[EXAMPLES:])))
    return found


def from_sets(path: Path) -> list[Intent]:
    """Return up to 300 intents of the data sets in `path` and its folders, ten examples each, in the order of names."""
    taught: dict[str, list[str]] = defaultdict(list)
    asked: dict[str, list[str]] = defaultdict(list)
    for folder in [path] if path.is_file() else [path, *sorted(one for one in path.iterdir() if one.is_dir())]:
        try:
            sets = read_sets(folder)
        except ValueError:
            continue
        for data in sets:
            for rows, into in ((data.train, taught), (data.test, asked)):
                for row in rows:
                    if row.in_scope:
                        into[f"{data.name}_{row.label}"].append(" ".join(row.text.split()))
    usable = {label for label in taught if asked[label]}
    names = intent_names(usable)
    return [_intent(names[label].lower(), taught[label], asked[label]) for label in islice(sorted(usable), INTENTS)]


def _intent(name: str, taught: Sequence[str], asked: Sequence[str]) -> Intent:
    return Intent(name, tuple(taught[:EXAMPLES]), tuple(asked[:20]))
