"""YAML files checked against a pydantic model, with errors that a person can act on: line, key, nearest known key.

PyYAML's C parser reads a manifest in 0.06 ms (ruamel.yaml: 1.6 ms), which matters with 1,500 folders; its nodes carry
the lines. Scalars follow YAML 1.2 where 1.1 surprises: `no` and `12:30` are text, dates stay text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Path = tuple[str | int, ...]

NAME = r"^[a-z][a-z0-9_]{1,62}$"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?$")
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "Null": None, "~": None, "": None}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file. `line` counts from 1; 0 means the file as a whole."""

    line: int
    message: str


class Invalid(Exception):
    """A text that could not be read; `faults` say what is wrong where."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"line {fault.line}: {fault.message}" for fault in faults))
        self.faults = faults


def read(text: str) -> tuple[Any, dict[Path, int]]:
    """Return the YAML value of `text` and the line of each of its keys and items. Raises Invalid."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = " ".join(part for part in (error.context, error.problem) if part)
        raise Invalid([Fault(mark.line + 1 if mark else 0, f"not valid YAML: {told}")]) from None
    except yaml.YAMLError as error:
        raise Invalid([Fault(0, f"not valid YAML: {' '.join(str(error).split())}")]) from None
    lines: dict[Path, int] = {}
    return (None if node is None else _value(node, (), lines, 0)), lines


def parse(model: type[Model], text: str) -> Model:
    """Return `text` as a checked `model`. Raises Invalid with every fault found, not only the first."""
    value, lines = read(text)
    if not isinstance(value, dict):
        raise Invalid([Fault(1, "expected keys and values, such as `name: my_agent`")])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid(faults(model, error, lines)) from None


def faults(model: type[BaseModel], error: ValidationError, lines: dict[Path, int], under: Path = ()) -> list[Fault]:
    """Return the errors of a failed validation as lines and sentences; `under` is where the model's value lay."""
    schema = model.model_json_schema()
    return [_fault(schema, dict(one), lines, under) for one in error.errors(include_url=False)]


def near(word: str, known: list[str]) -> str:
    """Return ' - did you mean X?' for the nearest known word, or the list of them where none is near."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" - did you mean {close[0]!r}?" if close else f" - known are {', '.join(sorted(known))}"


def _fault(schema: dict[str, Any], error: dict[str, Any], lines: dict[Path, int], under: Path) -> Fault:
    where = tuple(part for part in error["loc"] if not _is_branch(part))
    name = ".".join(str(part) for part in where)
    line = line_of(lines, under + where)
    kind, given = error["type"], error.get("input")
    if kind == "extra_forbidden":
        return Fault(line, f"unknown key {name!r}{near(str(where[-1]), _known_keys(schema, where[:-1]))}")
    if kind == "missing":
        return Fault(line, f"the key {name!r} is missing")
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return Fault(line, f"{name}: {given!r} is not known{near(str(given), known)}")
    if kind == "string_type" and isinstance(given, int | float):
        return Fault(line, f'{name}: expected text, so write {given} in quotes: "{given}"')
    told = _plain(error) or error["msg"].removeprefix("Value error, ").removeprefix(f"{name} ")
    return Fault(line, f"{name}: {told} (given: {given!r})")


def _plain(error: dict[str, Any]) -> str:
    """Return pydantic's sentence in words of YAML, '' where its own will do."""
    kind = error["type"]
    if kind in {"tuple_type", "list_type"}:
        return "expected a list, such as [one, two]"
    if kind in {"model_type", "dict_type"}:
        return "expected keys and values, such as {name: value}"
    if kind == "string_pattern_mismatch" and error["ctx"]["pattern"] == NAME:
        return "write two or more small letters, digits and _, beginning with a letter"
    return ""


def _is_branch(part: str | int) -> bool:
    # pydantic names the branch of a union ('str', 'tuple[str, ...]', 'function-...') as a step of the location.
    return isinstance(part, str) and (part in {"str", "int", "float", "bool"} or "[" in part)


def line_of(lines: dict[Path, int], where: Path) -> int:
    """Return the line of the key at `where`, or of the nearest one around it: a missing key has no line of its own."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def _known_keys(schema: dict[str, Any], where: Path) -> list[str]:
    at = schema
    for part in where:
        at = _resolve(schema, at)
        at = at.get("items", {}) if isinstance(part, int) else at.get("properties", {}).get(part, {})
    return list(_resolve(schema, at).get("properties", {}))


def _resolve(schema: dict[str, Any], at: dict[str, Any]) -> dict[str, Any]:
    at = next((one for one in at.get("anyOf", ()) if "$ref" in one), at)  # `Larger | None`
    if "$ref" not in at:
        return at
    found: dict[str, Any] = schema["$defs"][at["$ref"].rsplit("/", 1)[1]]
    return found


def _value(node: yaml.Node, where: Path, lines: dict[Path, int], depth: int) -> Any:
    if len(lines) > 50_000:  # aliases of aliases can make a small file huge
        raise Invalid([Fault(node.start_mark.line + 1, "more than 50,000 keys and items")])
    if depth > 20:
        raise Invalid([Fault(node.start_mark.line + 1, "nested more than 20 deep")])
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, where, lines, depth))
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, child in enumerate(node.value):
            lines[(*where, index)] = child.start_mark.line + 1
            items.append(_value(child, (*where, index), lines, depth + 1))
        return items
    return _scalar(node)


def _pairs(node: yaml.MappingNode, where: Path, lines: dict[Path, int], depth: int) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise Invalid([Fault(line, "a key must be a plain word")])
        key = str(key_node.value)
        if key in seen:
            raise Invalid([Fault(line, f"the key {key!r} stands here a second time")])
        seen.add(key)
        lines[(*where, key)] = line
        yield key, _value(value_node, (*where, key), lines, depth + 1)


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) in {"'", '"', "|", ">"}:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _NUMBER.match(text) else text
