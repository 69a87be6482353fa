"""What an entry of the journal holds, in the reader's words: name and value, and of a change what was and what is."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.words import Words

_SHARES = {"target", "confidence", "share", "bound", "audit_probability", "audit_flagged", "critical_target"}
_KNOWN = {"tier": "tier", "scopes": "scope", "agent": "agent", "of": "agent", "members": "agent", "intent": "intent"}
_INSIDE = {"hours": "calendar.day", "first_reply": "priority"}  # what the names of a value's own values are called
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_MACHINES = {"id", "alarm"}  # ids, which lead nowhere on a page


def noted(data: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    """Return the names and values of an entry's data; what is empty, and of a change what stayed, is left out."""
    before, after = data.get("before"), data.get("after")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return _pairs(data, words)
    changed = [name for name in after if before.get(name) != after[name]]
    pairs = [
        (words.known("noted", name), f"{_value(name, before.get(name), words)} → {_value(name, after[name], words)}")
        for name in changed
    ]
    return pairs + _pairs({name: data[name] for name in data if name not in ("before", "after")}, words)


def _pairs(data: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    shown = {name: value for name, value in data.items() if name not in _MACHINES and value not in (None, "", [], {})}
    return [(words.known("noted", name), _value(name, value, words)) for name, value in shown.items()]


def _value(name: str, value: Any, words: Words) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return words("noted.yes" if value else "noted.no")
    if isinstance(value, int | float):
        return words.share(value) if name in _SHARES else words.number(value, 0 if float(value).is_integer() else 3)
    if isinstance(value, list):
        span = name == "hours" and all(isinstance(one, str) for one in value)  # from and until
        return ("–" if span else ", ").join(_value(name, one, words) for one in value)
    if isinstance(value, Mapping):
        prefix = _INSIDE.get(name, "noted")
        return "; ".join(f"{words.known(prefix, one)} {_value(name, inner, words)}" for one, inner in value.items())
    return _text(name, str(value), words)


def _text(name: str, value: str, words: Words) -> str:
    if name in _KNOWN:
        return words.known(_KNOWN[name], value)
    if name in ("slice", "what", "why") and words.has(f"noted.{value}"):
        return words(f"noted.{value}")
    if name == "slice":
        return words.known("intent", value)
    if name == "hours":
        return value[:5]
    return words.moment(datetime.fromisoformat(value)) if _TIME.match(value) else words.phrase(value)
