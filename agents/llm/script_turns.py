"""The turns of a scripted model, whether it plays in process (scripted.py) or over HTTP (scripted_server.py).

A turn is one of
    call: find_orders            (with `arguments: {...}`)  one tool call
    calls: [{call: ..., arguments: ...}, ...]               several at once
    answer: {reply: ..., language: en, sure: 0.9}           the final answer
    text: ...                                               plain text, as a model that ignores its tools writes it
The turn is chosen by how many turns the model has had in this run, so one script serves any number of runs at once.
"""

from collections.abc import Mapping
from typing import Any

Turn = Mapping[str, Any]
KINDS = frozenset({"call", "calls", "answer", "text"})


def calls_of(turn: Turn) -> list[tuple[str, dict[str, Any]]]:
    """Return the tool calls of a turn as (name, arguments); an answer is a call of the tool Answer."""
    if "answer" in turn:
        return [("Answer", dict(turn["answer"]))]
    calls = turn.get("calls") or ([turn] if "call" in turn else [])
    return [(call["call"], dict(call.get("arguments") or {})) for call in calls]
