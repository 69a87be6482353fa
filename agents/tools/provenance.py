"""Where each argument of a proposed write comes from. Pure: values and texts in, labels out.

A model can be talked into anything by the text that it reads, so what it says about its sources counts for nothing:
each value is looked for, literally, in what the run has seen. The label is that of the most trusted place where it
stands. `customer` (the verified customer's own record) and `manifest` (a closed list in the tool's own schema) are
trusted; `tool`, `document` and `ticket` are content that somebody else may have written; `agent` means nowhere at all.
The gate holds a write whose sink argument is not trusted.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

TRUSTED = ("customer", "manifest")
ORDER = (*TRUSTED, "tool", "document", "ticket", "agent")  # most trusted first
_SEEN = ("customer", "tool", "document", "ticket")
_NUMBER = re.compile(r"(?<!\w)(?<!\w[-_./@#:+',])(?>[-+]?\d+(?:[.,]\d+|[' ]\d{3}(?!\d))*)(?!\w)(?![-_/@#:+]\w)")
_MONEY = re.compile(r"[€$£₫đ%\s]|\b(?:eur|usd|gbp|vnd)\b", re.IGNORECASE)


@dataclass
class Seen:
    """What a run has seen so far, by label: texts, or structures as tools and records give them."""

    customer: list[Any] = field(default_factory=list)
    tool: list[Any] = field(default_factory=list)
    document: list[Any] = field(default_factory=list)
    ticket: list[Any] = field(default_factory=list)


def provenance(arguments: Mapping[str, Any], seen: Seen, schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the label of each argument. A list or object has the label of its least trusted part; an empty one, like
    an empty text, is the agent's. `schema` is the JSON schema of the arguments."""
    properties = schema.get("properties", {})
    return {name: _label(name, value, seen, properties.get(name, {}), schema) for name, value in arguments.items()}


def untrusted(labels: Mapping[str, str], sinks: Sequence[str]) -> tuple[str, ...]:
    """Return the sink arguments that came from a place that is not trusted, in the order of `sinks`."""
    return tuple(name for name in sinks if name in labels and labels[name] not in TRUSTED)


def _label(name: str, value: Any, seen: Seen, schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    schema = _resolved(schema, root)
    if isinstance(value, Mapping):
        inner = schema.get("properties", {})
        labels = [_label(key, part, seen, inner.get(key, {}), root) for key, part in value.items()]
    elif isinstance(value, list | tuple):
        labels = [_label(name, part, seen, schema.get("items", {}), root) for part in value]
    elif _listed(value, schema, root):
        return "manifest"
    else:
        return next((label for label in _SEEN if _stands(name, value, getattr(seen, label), label)), "agent")
    return max(labels, key=ORDER.index, default="agent")


def _stands(name: str, value: Any, places: Sequence[Any], label: str) -> bool:
    """Say whether `value` stands in `places`. In a trusted place a weak value (a word or number so short that it stands
    somewhere by chance) counts only under a key of the argument's own name, and so does a number in a text."""
    if value is None or isinstance(value, bool) or value == "":
        return False
    weak = label in TRUSTED and _weak(value)
    for key, leaf in _leaves("", places):
        # A number is not one because a postcode or a telephone number reads like it.
        elsewhere = not isinstance(value, str) and isinstance(leaf, str) and label in TRUSTED
        if (weak or elsewhere) and not (key and _same_name(key, name)):
            continue
        if _equal(value, leaf) or (not weak and isinstance(leaf, str) and _within(value, leaf)):
            return True
    return False


def _weak(value: Any) -> bool:
    if isinstance(value, str):
        return sum(c.isalnum() for c in value) < 4
    return len(Decimal(str(value)).normalize().as_tuple().digits) < 4


def _same_name(key: str, name: str) -> bool:
    key, name = key.casefold(), name.casefold()
    return key == name or name.endswith("_" + key) or key.endswith("_" + name)


def _equal(value: Any, leaf: Any) -> bool:
    if isinstance(leaf, bool) or leaf is None:
        return False
    if isinstance(value, str) and isinstance(leaf, str) and _plain(value) == _plain(leaf):
        return True
    if isinstance(value, str) and isinstance(leaf, str) and not _numeric(value):
        # An IBAN or a telephone number is the same with and without its groups.
        return len(value) >= 8 and _plain(value).replace(" ", "") == _plain(leaf).replace(" ", "")
    return bool(readings(value) & readings(leaf))


def _within(value: Any, text: str) -> bool:
    """Say whether `value` stands in `text` as a whole: 1001 is not in SL-1001, evil.example not in x@evil.example."""
    if not isinstance(value, str) or _numeric(value):
        wanted = readings(value)
        if any(wanted & readings(found.group(0)) for found in _NUMBER.finditer(_folded(text))):
            return True
    if not isinstance(value, str) or not (bare := _plain(value)):
        return False
    before, after = r"(?<!\w)(?<!\w[-_./@#:+'])(?<!\d,)", r"(?!\w)(?![-_./@#:+']\w)(?!,\d)"
    return re.search(before + re.escape(bare) + after, _folded(text)) is not None


def readings(value: Any) -> frozenset[Decimal]:
    """Return the numbers that `value` can be read as; 1.234 in a text is both 1.234 and 1,234, in a number only one."""
    if isinstance(value, bool) or value is None:
        return frozenset()
    if not isinstance(value, str):
        try:
            return frozenset({Decimal(str(value)).normalize()})
        except InvalidOperation:
            return frozenset()
    text = re.sub(r"[' ]", "", _MONEY.sub("", _folded(value)))
    if not re.fullmatch(r"[-+]?\d+(?:[.,]\d+)*", text):
        return frozenset()
    separators = [c for c in text if c in ".,"]
    forms = set()
    if not separators:
        forms.add(text)
    elif len(set(separators)) == 2:  # the last one is the decimal sign
        head, _, tail = text.rpartition(separators[-1])
        forms.add(re.sub(r"[.,]", "", head) + "." + tail)
    else:
        groups = re.split(r"[.,]", text)
        if all(len(group) == 3 for group in groups[1:]):
            forms.add("".join(groups))
        if len(separators) == 1:
            forms.add(".".join(groups))
    return frozenset(Decimal(form).normalize() for form in forms)


def facts(text: str) -> set[str | Decimal]:
    """Return the checkable facts of a text: its numbers by value, and its words with a digit, links and addresses."""
    words = (word.strip(".,;:!?()[]{}\"'<>") for word in _folded(text).split())
    found: set[str | Decimal] = set()
    for word in words:
        if numbers := readings(word):
            found |= numbers
        elif any(c.isdigit() for c in word) or "@" in word or "://" in word:
            found.add(word)
    return found


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield (nearest key, leaf) of a structure; keys that look like data (ids used as keys) are leaves too."""
    if isinstance(value, Mapping):
        for inner, part in value.items():
            if any(c.isdigit() for c in str(inner)):
                yield key, str(inner)
            yield from _leaves(str(inner), part)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from _leaves(key, part)
    else:
        yield key, value


def _listed(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Say whether the schema itself lists this value: the operator wrote it, the model only chose among the listed."""
    if "const" in schema and schema["const"] == value:
        return True
    if isinstance(choices := schema.get("enum"), list):
        return value in choices
    options = schema.get("anyOf") or schema.get("oneOf") or ()
    return any(_listed(value, _resolved(option, root), root) for option in options)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        found: Mapping[str, Any] = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
        return found
    return schema


def _numeric(text: str) -> bool:
    return bool(readings(text))


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold())


def _plain(text: str) -> str:
    return _folded(text).strip(" .,;:!?#\"'()[]<>")
