"""docker-compose.yml as data: services with their commands, and the ${...} of Compose filled in."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.architecture.tree import ROOT

FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$(\$|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})")


def services(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the services by name, with merged anchors and filled variables.

    Raises KeyError for a variable that is required (`:?`) and missing.
    """
    found = fill(yaml.safe_load(FILE.read_text()), variables)
    assert isinstance(found, dict)
    return dict(found["services"])


def fill(value: Any, variables: Mapping[str, str]) -> Any:
    """Return `value` with each ${NAME}, ${NAME:-default} and ${NAME:?message} in its texts filled in."""
    if isinstance(value, dict):
        return {name: fill(inner, variables) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, variables) for inner in value]
    return VARIABLE.sub(lambda found: _one(found, variables), value) if isinstance(value, str) else value


def _one(found: "re.Match[str]", variables: Mapping[str, str]) -> str:
    name, kind = found["name"], found["kind"]
    if name is None:
        return "$"
    if kind == "?":
        return variables[name]
    return variables.get(name) or (found["rest"] or "")


def required() -> set[str]:
    """Return the names of the variables without which Compose refuses to start."""
    return {found["name"] for found in VARIABLE.finditer(FILE.read_text()) if found["kind"] == "?"}
