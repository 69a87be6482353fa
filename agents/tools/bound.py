"""A tool declared in agent.yaml, bound to what carries it out: a function, an operation or a server's tool."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from agents.manifest import Tool
from core.contracts import Customer
from core.errors import Rejected


@dataclass(frozen=True, kw_only=True)
class Caller:
    """On whose behalf a tool is called. `customer` is set only where the channel has verified them; `key` is the
    idempotency key of a write; `seconds` is the time that the call may take."""

    customer: Customer | None = None
    key: str = ""
    seconds: float = 30.0


@dataclass(frozen=True, kw_only=True)
class BoundTool:
    """A tool ready to be shown to a model. `call` raises Rejected where the tool itself says no (the model may see that
    text), TryLater where it may work later, Broken where it is defective."""

    declared: Tool
    description: str
    schema: Mapping[str, Any]
    call: Callable[[dict[str, Any], Caller], Any]

    @property
    def name(self) -> str:
        return self.declared.name

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raise Rejected with every fault of `arguments` by the tool's schema."""
        found = Draft202012Validator(dict(self.schema)).iter_errors(dict(arguments))
        faults = sorted(found, key=lambda fault: list(map(str, fault.path)))
        if faults:
            text = "; ".join(f"{'.'.join(map(str, f.path)) or 'arguments'}: {f.message[:200]}" for f in faults)
            raise Rejected(f"{self.name}: {text}", code="arguments")


def short(text: str, length: int = 300) -> str:
    """Return `text` on one line, cut at `length` characters."""
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= length else text[: length - 1] + "…"
