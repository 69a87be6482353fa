"""Labels of messages: 'agent/intent', as history and staff may write them."""

from collections import defaultdict
from collections.abc import Iterable


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
