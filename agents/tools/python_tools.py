"""Tools that are Python functions in the agent's own agent.py.

    from agents.tools.python_tools import tool

    @tool
    def find_orders(customer: Customer) -> list[dict[str, Any]]:
        '''List the customer's own orders.'''

The model sees the docstring and the parameters, except two that are filled in: `customer` (the verified customer;
the tool is refused without one) and `key` (the idempotency key, which every write must take).
"""

import inspect
import traceback
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from agents.agent_module import load_module
from agents.contract import Agent
from agents.manifest import Tool
from agents.tools.bound import BoundTool, Caller
from core.errors import Broken, NeedsHuman, Rejected, SaolaError

_MARK = "__saola_tool__"
_FILLED_IN = ("customer", "key")
F = TypeVar("F", bound=Callable[..., Any])


def tool(function: F) -> F:
    """Mark a function of agent.py as a tool; agent.yaml says whether it reads or writes."""
    setattr(function, _MARK, True)
    return function


@dataclass(frozen=True)
class _Function:
    """A tool function, looked at once: its arguments as a pydantic model, and which parameters are filled in."""

    call: Callable[..., Any]
    arguments: type[BaseModel]
    schema: Mapping[str, Any]
    description: str
    filled_in: frozenset[str]


def bind_python(agent: Agent, declared: Tool) -> BoundTool:
    """Return the function of agent.py that `declared` names. Raises Broken, naming the file, where it does not fit."""
    path = agent.folder / "agent.py"
    source = agent.files.get("agent.py")
    if source is None:
        raise Broken(f"{path} is missing, and agent.yaml declares the python tool {declared.name!r}")
    function = _functions(path, agent.manifest.name, agent.version, source).get(declared.name)
    if function is None:
        raise Broken(f"{path}: no function {declared.name!r} marked with @tool, which agent.yaml declares")
    if declared.effect == "write" and "key" not in function.filled_in:
        raise Broken(f"{path}: {declared.name} writes, so it must take `key: str` and do nothing twice for one key")

    def call(arguments: dict[str, Any], caller: Caller) -> Any:
        try:
            checked = function.arguments.model_validate(arguments)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise Rejected(f"{declared.name}: {faults}", code="arguments") from None
        values = {name: getattr(checked, name) for name in checked.model_fields_set}
        if "customer" in function.filled_in:
            if caller.customer is None:
                raise NeedsHuman(f"{declared.name} needs a verified customer")
            values["customer"] = caller.customer
        if "key" in function.filled_in:
            values["key"] = caller.key
        try:
            return function.call(**values)
        except SaolaError:
            raise
        except Exception as error:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
            line = frames[-1].lineno if frames else "?"
            raise Broken(f"{path}:{line}: {declared.name} raised {type(error).__name__}") from error

    description = declared.description or function.description
    return BoundTool(declared=declared, description=description, schema=function.schema, call=call)


@lru_cache(maxsize=256)
def _functions(path: Path, name: str, version: str, source: str) -> dict[str, _Function]:
    """Return the functions marked with @tool in one version of an agent.py."""
    module = load_module(path, name, version, source)
    found = {key: value for key, value in vars(module).items() if getattr(value, _MARK, False)}
    return {key: _inspected(path, key, value) for key, value in found.items()}


def _inspected(path: Path, name: str, function: Callable[..., Any]) -> _Function:
    hints = typing.get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters
    fields: dict[str, Any] = {}
    for parameter in parameters.values():
        if parameter.name in _FILLED_IN:
            continue
        if parameter.name not in hints:
            raise Broken(f"{path}: parameter {parameter.name!r} of {name} has no type, so a model cannot fill it")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    description = inspect.getdoc(function) or ""
    if not description:
        raise Broken(f"{path}: {name} has no docstring, and a model must know what the tool does")
    model = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
    schema = model.model_json_schema()
    return _Function(function, model, schema, description, frozenset(parameters) & frozenset(_FILLED_IN))
