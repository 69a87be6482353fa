"""The llm engine: LangChain's `create_agent` with the agent's tools, held to its limits, ending in one proposal.

Where it cannot end well (no model configured, a limit reached, no structured answer, the model hands over) the result
is a proposal of kind `abstain` with the reason and the usage; TryLater and Broken are raised for the line to handle.
"""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any

import langsmith
import structlog
from langchain.agents import create_agent
from langchain.agents.structured_output import StructuredOutputError, ToolStrategy
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from agents.contract import Agent, Context
from agents.llm.answer import Answer
from agents.llm.calls import Budget, ModelCalls, calling, worst
from agents.llm.confidence import stored
from agents.llm.prompt import item_prompt, system_prompt
from agents.llm.providers import Model, chain_names, model_chain
from agents.llm.reply import clean_reply
from agents.llm.score import support, token_probability
from agents.llm.settings import ModelSettings
from agents.manifest import Manifest
from agents.tools.bound import short
from agents.tools.confirm import question
from agents.tools.in_run import ToolRun, running, tools_for_model
from agents.tools.provenance import facts
from core.contracts import ActionProposal, Proposal, WorkItem
from core.errors import Broken, NeedsHuman, SaolaError, TryLater
from core.settings import settings as all_settings

_log = structlog.get_logger()
GRAPHS_KEPT = 64
GRAPH_SECONDS = 300.0
Chain = Callable[[Manifest, ModelSettings], tuple[Model, ...]]


# Always by a tool call: it works with every provider, and one way behaves the same everywhere.
_FORM = ToolStrategy(Answer)


class _Sample(BaseModel):
    """One pass over the item."""

    answer: Answer | None
    actions: tuple[ActionProposal, ...]
    probability: float | None
    sources: tuple[Any, ...]
    texts: tuple[str, ...]


class LlmEngine:
    """Runs llm agents. One instance serves all threads of a worker.

    `chain` makes the models of an agent; tests and case runs hand in a scripted one.
    """

    def __init__(self, settings: ModelSettings | None = None, chain: Chain | None = None) -> None:
        self._settings = settings or ModelSettings.of(all_settings())
        self._chain = chain
        self._graphs: OrderedDict[tuple[str, str], tuple[float, Any]] = OrderedDict()
        self._lock = Lock()
        self._making: defaultdict[tuple[str, str], Lock] = defaultdict(Lock)

    def run(self, agent: Agent, item: WorkItem, context: Context) -> Proposal:
        """Work on one item and return the proposal. Raises TryLater, Rejected or Broken, nothing else; what was used up
        until then is the error's `spent`."""
        manifest = agent.manifest
        if self._chain is None and not chain_names(manifest, self._settings):
            return _abstain(agent, context, "no language model is configured")
        budget = Budget(manifest.limits, context.deadline, self._settings.prices, context.watch)
        try:
            proposal = self._cheapest(agent, item, context, budget)
        except SaolaError as error:
            error.spent = budget.usage().model_dump()
            raise
        for model in sorted(budget.unpriced):
            _say_unpriced(model)
        return proposal.model_copy(update={"usage": budget.usage()})

    def _cheapest(self, agent: Agent, item: WorkItem, context: Context, budget: Budget) -> Proposal:
        """Ask the agent's model, and the larger one, if it has one, where the first is not sure, proposes nothing or
        cannot be asked. What the larger one says counts; where it cannot be asked, a first draft is still of use to a
        person, and without one the error that is nearest to a cure is raised."""
        manifest, larger = agent.manifest, agent.manifest.larger
        unasked: list[SaolaError] = []
        try:
            first = self._propose(agent, item, context, manifest, budget)
        except NeedsHuman as error:
            first = _abstain(agent, context, str(error))
        except (TryLater, Broken) as error:
            if larger is None or error is not budget.unanswered:  # a tool that fails does so for every model
                raise
            unasked, first = [error], _abstain(agent, context, str(error))
        if larger is None:
            return first
        if first.kind != "abstain" and first.score >= larger.below:
            return _marked(first, context, larger=0.0)
        try:
            second = self._propose(agent, item, context, manifest.model_copy(update={"model": larger.model}), budget)
        except (NeedsHuman, TryLater, Broken) as error:
            if unasked or (first.kind == "abstain" and not isinstance(error, NeedsHuman)):
                raise worst([*unasked, error]) from None
            _log.warning("larger.failed", agent=manifest.name, why=str(error))
            return _marked(first, context, larger=0.0)
        return _marked(second, context, larger=1.0)

    def _propose(self, agent: Agent, item: WorkItem, context: Context, manifest: Manifest, budget: Budget) -> Proposal:
        """Ask the models of `manifest`, as often as it wants samples. Raises NeedsHuman where a limit is reached."""
        chain = (self._chain or model_chain)(manifest, self._settings)
        samples: list[_Sample] = []
        for _ in range(manifest.samples):
            budget.begin_sample()
            samples.append(self._sample(agent, item, context, chain, budget))
        return _proposal(agent, item, context, samples)

    def _graph(self, agent: Agent, chain: tuple[Model, ...]) -> Any:
        """Return the agent's compiled graph, made once for its version (it takes half of a run's CPU time) and anew
        after a while, so that a changed tool of an MCP server is seen. The least used go when there are many."""
        key = (str(agent.folder), agent.version)
        with self._lock:
            making = self._making[key]
        with making:  # of the threads that begin at once, one makes it: all of them together took 15 s
            if (kept := self._kept(key)) is not None:
                return kept
            graph = create_agent(
                chain[0].chat,
                tools_for_model(agent, self._settings.tool_headers),
                system_prompt=system_prompt(agent),
                response_format=_FORM,
                middleware=[ModelCalls(self._settings)],
            )
            with self._lock:
                self._graphs[key] = (time.monotonic(), graph)
                while len(self._graphs) > GRAPHS_KEPT:
                    self._making.pop(self._graphs.popitem(last=False)[0], None)
            return graph

    def _kept(self, key: tuple[str, str]) -> Any:
        with self._lock:
            made, graph = self._graphs.get(key, (0.0, None))
            if graph is None or time.monotonic() - made >= GRAPH_SECONDS:
                return None
            self._graphs.move_to_end(key)
            return graph

    def _sample(
        self, agent: Agent, item: WorkItem, context: Context, chain: tuple[Model, ...], budget: Budget
    ) -> _Sample:
        tools = ToolRun(item, context, budget.deadline, agent.manifest.tools)
        graph = self._graph(agent, chain)
        prompt = item_prompt(item, context)
        try:
            # Tracing to LangSmith would send customers' text abroad. One call at a time keeps actions in their order.
            with langsmith.tracing_context(enabled=False), running(tools), calling(chain, budget):
                state = graph.invoke({"messages": [HumanMessage(prompt)]}, {"max_concurrency": 1})
        except StructuredOutputError:
            state = {}
        finally:
            budget.tool_calls += tools.calls
        messages = [m for m in state.get("messages", ()) if isinstance(m, AIMessage)]
        answer = state.get("structured_response")
        return _Sample(
            answer=answer if isinstance(answer, Answer) else None,
            actions=tuple(tools.actions),
            probability=token_probability(messages[-1]) if messages else None,
            sources=tuple(tools.sources),
            texts=(agent.files.get("prompt.md", ""), prompt, *tools.texts),
        )


@lru_cache(maxsize=256)
def _say_unpriced(model: str) -> None:
    """Say once in a process that a model's cost counts as 0 because nobody has listed its price."""
    _log.warning("model.unpriced", model=model, hint="list it in the file that SAOLA_MODEL_PRICES names")


def _marked(proposal: Proposal, context: Context, *, larger: float) -> Proposal:
    """Note among the signals whether the larger model was asked, and let it count as this agent has learnt it does."""
    if proposal.kind == "abstain":
        return proposal
    signals = {**proposal.signals, "larger": larger}
    return proposal.model_copy(update={"signals": signals, "score": stored(context.confidence).score(signals)})


def _proposal(agent: Agent, item: WorkItem, context: Context, samples: list[_Sample]) -> Proposal:
    first = samples[0]
    if first.answer is None:
        return _abstain(agent, context, "the model gave no answer in the agreed form")
    if first.answer.hand_over:
        return _abstain(agent, context, f"the model hands over: {short(first.answer.hand_over)}")
    known = f"{agent.files.get('prompt.md', '')}\n{item.customer.address if item.customer else ''}"
    reply, removed = clean_reply(first.answer.reply, agent.manifest.allowed_links, known)
    if removed:
        _log.warning("reply.cleaned", agent=agent.manifest.name, removed=len(removed))
    if not reply and not first.actions:
        return _abstain(agent, context, "the model gave an empty answer")
    signals = _signals(item, first, reply, bool(removed), samples)
    language = first.answer.language.strip().lower()[:2]
    ask = _must_ask(agent, first.actions)
    if ask:
        asked = question([(action.name, action.arguments) for action in first.actions], language)
        reply = f"{reply}\n\n{asked}" if reply else asked
    return _base(agent, context).model_copy(
        update={
            "kind": "reply" if reply else "action",
            "intent": context.route.intent or (first.actions[0].name if first.actions else ""),
            "language": language,
            "reply": reply,
            "actions": () if ask else first.actions,
            "sources": first.sources,
            "score": stored(context.confidence).score(signals),
            "signals": signals,
            "question": ask or (first.answer.question and not first.actions),
        }
    )


def _must_ask(agent: Agent, actions: tuple[ActionProposal, ...]) -> bool:
    """Ask the customer first where an action needs their yes and they have said yes to none of the actions yet. With a
    yes to some, the others were slipped in after it: all stay in the proposal, and the gate holds it."""
    first = {tool.name for tool in agent.manifest.tools if tool.confirm}
    return any(action.name in first for action in actions) and not any(action.confirmed for action in actions)


def _signals(item: WorkItem, first: _Sample, reply: str, cleaned: bool, samples: list[_Sample]) -> dict[str, float]:
    """Return what was measured, each 0 to 1; a signal that could not be measured is absent."""
    assert first.answer is not None
    found: dict[str, float | None] = {
        "self_report": first.answer.sure,
        "support": support(reply, first.texts),
        "logprob": first.probability,
        "clean": 0.0 if cleaned else 1.0,
    }
    if item.language and reply:
        found["language"] = float(first.answer.language.strip().lower()[:2] == item.language[:2])
    if len(samples) > 1:
        found["agreement"] = sum(_alike(first, other) for other in samples[1:]) / (len(samples) - 1)
    return {name: round(value, 4) for name, value in found.items() if value is not None}


def _alike(first: _Sample, other: _Sample) -> float:
    """Return how far two samples agree: not at all unless they do the same (the same actions, and both answer, ask or
    hand over), else by the share of the facts of both replies that stands in both; the wording may differ."""
    if first.answer is None or other.answer is None or _does(first) != _does(other):
        return 0.0
    one, two = facts(first.answer.reply), facts(other.answer.reply)
    return len(one & two) / len(one | two) if one | two else 1.0


def _does(sample: _Sample) -> tuple[Any, ...]:
    assert sample.answer is not None
    actions = [(action.name, sorted(action.arguments.items(), key=str)) for action in sample.actions]
    said = sample.answer
    return actions, bool(said.hand_over), bool(said.reply.strip()), said.question, said.language.strip().lower()[:2]


def _base(agent: Agent, context: Context) -> Proposal:
    return Proposal(
        agent=agent.manifest.name,
        agent_version=agent.version,
        fingerprint=agent.fingerprint,
        kind="abstain",
        intent=context.route.intent,
        language=context.route.language,
    )


def _abstain(agent: Agent, context: Context, reason: str) -> Proposal:
    return _base(agent, context).model_copy(update={"reason": reason})
