"""Carry out an action that the gate, or a person, has let through. Called at deliver, never inside a run."""

import json

from agents.contract import Agent
from agents.llm.settings import ModelSettings
from agents.tools.bind import write_tool
from agents.tools.bound import Caller, short
from core.contracts import ActionOutcome, ActionProposal, Customer
from core.errors import Broken, NeedsHuman, Rejected
from core.settings import settings as all_settings


def carry_out(
    agent: Agent,
    action: ActionProposal,
    key: str,
    *,
    customer: Customer | None = None,
    settings: ModelSettings | None = None,
    seconds: float = 30.0,
) -> ActionOutcome:
    """Carry out `action` once for `key` (the delivery key: the same at every attempt) and return what became of it.

    `done` and `refused` (the system that was written to says no) are final. Raises TryLater where the same call may
    work later (network, rate limit, time-out: the key makes repeating it safe) and Broken where the tool is defective.
    `customer` is handed to tools that take it; whether they may act for an unverified one was the gate's to decide.
    """
    settings = settings or ModelSettings.of(all_settings())
    tool = write_tool(agent, action.name, settings.tool_headers)
    if not key:
        raise Broken(f"{action.name}: a write without an idempotency key is never carried out")
    try:
        tool.check(action.arguments)
        result = tool.call(dict(action.arguments), Caller(customer=customer, key=key, seconds=seconds))
    except (Rejected, NeedsHuman) as error:
        return _outcome(action, "refused", str(error))
    return _outcome(action, "done", result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))


def _outcome(action: ActionProposal, status: str, result: str) -> ActionOutcome:
    return ActionOutcome.model_validate(
        {"name": action.name, "arguments": action.arguments, "status": status, "result": short(result, 2000)}
    )
