"""The values of an approved answer's slots: from the verified customer's record, from reading tools that speak of that
customer alone, and from the agent's knowledge. What has no value stays empty, and then nothing is answered."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from agents.contract import Agent, Context
from core.contracts import Customer, Source, WorkItem
from core.errors import Rejected
from core.settings import settings

_QUOTE = 500  # characters of a source that are kept with the proposal


def values(
    agent: Agent, item: WorkItem, context: Context, slots: Sequence[str]
) -> tuple[dict[str, str], tuple[Source, ...]]:
    """Return the slots that have a value, and where the values come from.

    Raises TryLater or Broken where a tool does.
    """
    found: dict[str, str] = {}
    sources: list[Source] = []
    customer = item.customer if item.customer is not None and item.customer.verified else None
    for name in dict.fromkeys(slot.partition(".")[0] for slot in slots):
        if name == "customer":
            found |= {} if customer is None else {"customer.name": customer.name, "customer.address": customer.address}
        elif name == "knowledge":
            found |= _passage(item, context, sources)
        elif customer is not None:
            found |= _looked_up(agent, name, customer, context, sources)
    return {slot: found[slot] for slot in slots if found.get(slot)}, tuple(sources)


def _passage(item: WorkItem, context: Context, sources: list[Source]) -> dict[str, str]:
    best = next(iter(context.search_knowledge(f"{item.subject}\n{item.text}".strip(), 1)), None)
    if best is None:
        return {}
    sources.append(best)
    return {"knowledge.passage": best.quote, "knowledge.title": best.title}


def _looked_up(agent: Agent, name: str, customer: Customer, context: Context, sources: list[Source]) -> dict[str, str]:
    from agents.tools.bind import bind  # few answers agents have tools; importing them takes a second
    from agents.tools.bound import Caller, short

    declared = next(tool for tool in agent.manifest.tools if tool.name == name)  # the catalog has checked that it is
    headers = {origin: value.get_secret_value() for origin, value in settings().tool_headers.items()}
    seconds = max(0.1, context.deadline - time.monotonic())
    try:
        given = context.tool_results
        caller = Caller(customer=customer, seconds=seconds)
        result = given[name] if name in given else bind(agent, declared, headers).call({}, caller)
    except Rejected:
        return {}  # the tool knows nothing of this customer: the slot has no value
    sources.append(Source(kind="tool", id=name, title=declared.description, quote=short(str(result), _QUOTE)))
    return {f"{name}.{path}": value for path, value in _flat(result)}


def _flat(result: Any, above: str = "") -> list[tuple[str, str]]:
    """Return the plain values of nested mappings by their dotted paths; lists and empty values have none."""
    if not isinstance(result, Mapping):
        return [(above, str(result))] if above and isinstance(result, str | int | float) and str(result) else []
    return [pair for key, value in result.items() for pair in _flat(value, f"{above}.{key}" if above else str(key))]
