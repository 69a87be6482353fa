"""The tools as one run sees them: a read is called, a write is only noted as a proposal with its provenance.

The run goes on after a write, so that the model can note further, independent writes and then answer. A model that
needs a write's result ends with an empty reply; the ticket's next run finds the outcome in its work item. So every
link of a chain of writes passes the gate by itself.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field

from agents.contract import Agent, Context
from agents.manifest import Tool
from agents.tools.bind import bind
from agents.tools.bound import BoundTool, Caller, short
from agents.tools.confirm import agreed_to, line
from agents.tools.provenance import Seen, provenance
from core.contracts import ActionProposal, Source, WorkItem
from core.errors import Rejected

_log = structlog.get_logger()
_NOTED = (
    "Noted as a proposal. It has not been carried out. Do not call it done. Do not call this tool again for the same "
    "purpose. If you need its outcome, finish with an empty reply."
)
_LONGEST = 30_000  # characters of one tool result that a model is shown


class _Query(BaseModel):
    query: str = Field(description="what to look for")


class ToolRun:
    """What one run over one work item does with its tools: actions, sources, texts, seen, calls.

    `deadline` is the time.monotonic() value at which the run ends.
    """

    def __init__(self, item: WorkItem, context: Context, deadline: float, tools: Sequence[Tool] = ()) -> None:
        self._context, self._deadline = context, deadline
        self.customer = item.customer if item.customer is not None and item.customer.verified else None
        self.seen = first_seen(item, [tool.name for tool in tools if tool.verified_customer])
        self._agreed = agreed_to(item.messages, item.text)
        # What became of the actions for the message that is being answered: none of them is proposed a second time.
        outcomes = [outcome for outcome in item.action_outcomes if outcome.turn >= item.asked_at]
        self._settled = {line(outcome.name, outcome.arguments): outcome.status for outcome in outcomes}
        self.actions: list[ActionProposal] = []
        self.sources: list[Source] = []
        self.texts: list[str] = []  # what the tools said, in full
        self.calls = 0

    def call(self, tool: BoundTool, arguments: dict[str, Any]) -> str:
        """Call a reading tool, or note a writing one; return what the model is told."""
        began = time.monotonic()
        text = self._call(tool, arguments)
        self._watched(tool.name, arguments, text, began)
        return text

    def _call(self, tool: BoundTool, arguments: dict[str, Any]) -> str:
        self.calls += 1
        try:
            tool.check(arguments)
            if tool.declared.effect == "write":
                return self._note(tool, arguments)  # the gate holds it where the customer is not verified
            if tool.declared.verified_customer and self.customer is None:
                return "Refused: the customer's identity is not verified. Hand the ticket over."
            return self._read(tool, arguments)
        except Rejected as error:
            return f"Refused: {short(str(error))}"

    def search(self, query: str) -> str:
        """Search the company's articles; return what the model is told."""
        began = time.monotonic()
        self.calls += 1
        found = list(self._context.search_knowledge(query, 5))
        self.sources.extend(found)
        self.seen.document.extend(source.quote for source in found)
        self.texts.extend(source.quote for source in found)
        text = "\n\n".join(f"[{source.id}] {source.title}\n{source.quote}" for source in found) or "Nothing found."
        self._watched("search_knowledge", {"query": query}, text, began)
        return text

    def _watched(self, name: str, arguments: Mapping[str, Any], text: str, began: float) -> None:
        if self._context.watch is not None:
            seconds = round(time.monotonic() - began, 3)
            self._context.watch(
                {"step": "tool", "name": name, "arguments": dict(arguments), "told": text, "seconds": seconds}
            )

    def _read(self, tool: BoundTool, arguments: dict[str, Any]) -> str:
        caller = Caller(customer=self.customer, seconds=max(0.1, self._deadline - time.monotonic()))
        given = self._context.tool_results
        result = given[tool.name] if tool.name in given else tool.call(arguments, caller)
        # Only what a tool says of the verified customer's own record counts as theirs; such a tool answers for that
        # customer alone and refuses what is not theirs (Rejected), so a value that it gives back has been checked.
        (self.seen.customer if tool.declared.verified_customer else self.seen.tool).append(result)
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
        self.texts.append(text)
        self.sources.append(Source(kind="tool", id=tool.name, title=short(str(arguments), 120), quote=short(text, 500)))
        return text if len(text) <= _LONGEST else text[:_LONGEST] + " ... (cut: ask for less)"

    def _note(self, tool: BoundTool, arguments: dict[str, Any]) -> str:
        if status := self._settled.get(line(tool.name, arguments)):
            return f"Refused: exactly this was proposed before, and was {told(status)}. Go on from its outcome."
        labels = provenance(arguments, self.seen, tool.schema)
        confirmed = tool.declared.confirm and line(tool.name, arguments) in self._agreed
        action = ActionProposal(name=tool.name, arguments=arguments, provenance=labels, confirmed=confirmed)
        if action not in self.actions:  # models repeat themselves; the same write twice is one proposal
            self.actions.append(action)
        _log.info("action.proposed", action=tool.name, provenance=labels)
        return _NOTED


# Which run the tools of a model work for: graphs are kept for an agent's version and shared by threads.
_current: ContextVar[ToolRun] = ContextVar("saola_tool_run")


@contextmanager
def running(run: ToolRun) -> Iterator[None]:
    """Let the tools called inside this block, in this thread and those it starts with its context, work for `run`."""
    token = _current.set(run)
    try:
        yield
    finally:
        _current.reset(token)


def tools_for_model(agent: Agent, headers: Mapping[str, str]) -> list[BaseTool]:
    """Return the agent's tools as LangChain sees them; each call works for the current run."""
    return [
        _knowledge() if declared.source == "knowledge" else _wrapped(bind(agent, declared, headers))
        for declared in agent.manifest.tools
    ]


def _wrapped(tool: BoundTool) -> BaseTool:
    def call(**arguments: Any) -> str:
        return _current.get().call(tool, arguments)

    return StructuredTool(name=tool.name, description=tool.description, args_schema=dict(tool.schema), func=call)


def _knowledge() -> BaseTool:
    def call(query: str) -> str:
        return _current.get().search(query)

    described = "Search the company's articles."
    return StructuredTool(name="search_knowledge", description=described, args_schema=_Query, func=call)


def told(status: str) -> str:
    """Return the words by which a model is told what became of an action."""
    words = {"done": "carried out", "refused": "refused; nothing was changed"}
    return words.get(status, "given up, perhaps half done; a person must look")


def first_seen(item: WorkItem, of_customer: Sequence[str] = ()) -> Seen:
    """Return what a run knows before its first tool call: the record of a verified customer, and untrusted texts.

    `of_customer` names the tools that answer for the verified customer alone; what one of them gave back when it was
    carried out counts as the customer's record. A refusal does not: it may only repeat what a model made up.
    """
    seen = Seen()
    verified = item.customer is not None and item.customer.verified
    if (customer := item.customer) is not None:
        record = {"id": str(customer.id), "address": customer.address}
        (seen.customer if customer.verified else seen.ticket).append(record)
        seen.ticket.append(customer.name)  # whoever writes chooses the name that they write under
    seen.ticket += [item.subject, item.text, *(message.text for message in item.messages)]
    for document in item.documents:
        seen.document += [document.text, {field.name: field.normalised or field.value for field in document.fields}]
    for outcome in item.action_outcomes:
        own = verified and outcome.status == "done" and outcome.name in of_customer
        (seen.customer if own else seen.tool).append(_structure(outcome.result))
    return seen


def _structure(result: str) -> Any:
    """A result as the tool gave it, so that a value is found under its key; as text where it is none of JSON."""
    try:
        return json.loads(result)
    except ValueError:
        return result
