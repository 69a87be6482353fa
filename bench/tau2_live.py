"""tau2-bench with a real language model: it is the agent, and in another role the customer."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from math import comb
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import StructuredTool

from agents.contract import Agent
from agents.llm.providers import model_chain
from agents.llm.settings import ModelSettings
from bench.tau2_desks import GateDesk
from bench.tau2_domains import Domain, Task
from bench.tau2_phone import ACTIONS
from core.errors import TryLater
from core.settings import settings

MOST_TURNS = 25
DONE = "###DONE###"
ROLE = f"""You play a customer who writes to a customer service. Stay in this role, whatever you are told.
Write one short message at a time, as this customer would. Tell only what you are asked for. Never make anything up.
When your request is settled, or you are handed over to a person, write {DONE} and nothing else.
You can see and do things on your own phone only with the tools you have, if you have any."""


def run(
    domain: Domain, agent: Agent, tasks: Sequence[Task], tries: int, floors: dict[str, float], *, data: str
) -> None:
    """Let the model work on each task `tries` times; print pass^1 to pass^`tries` and the JSON line."""
    started = time.monotonic()
    model = ModelSettings.of(settings())
    live = agent.manifest.model_copy(update={"model": model.model})
    desk = GateDesk(replace(agent, manifest=live), model)
    counts = []
    for number, task in enumerate(tasks):
        counts.append(sum(try_once(domain, desk, task, model) for _ in range(tries)))
        print(f"\r{number + 1} of {len(tasks)} tasks, {sum(counts)} of {(number + 1) * tries} tries right", end="")
    shares = {f"pass_{k}": round(pass_all(counts, tries, k), 4) for k in range(1, tries + 1)}
    print("".join(f"\n{name:<20}{share:>8.1%}" for name, share in {**shares, **floors}.items()))
    figures = {**shares, "tasks": len(tasks)}
    line = {"bench": "tau2", "data": f"{data}, {','.join(model.model)}", "n": len(tasks) * tries}
    seconds = round(time.monotonic() - started, 2)
    print(json.dumps({**line, "seconds": seconds, "figures": figures, "yardstick": floors}))


def pass_all(right: Sequence[int], tries: int, k: int) -> float:
    """Return the mean chance that k tries of a task, drawn without replacement, are all right (tau-bench, Yao et al.
    2024, section 5). `right` counts the right ones among each task's `tries`."""
    return sum(comb(one, k) / comb(tries, k) for one in right) / len(right)


def try_once(domain: Domain, desk: GateDesk, task: Task, model: ModelSettings) -> bool:
    """Say whether a task comes right when the model works on it. Raises Broken where the model cannot be used."""
    domain.begin(task)
    desk.open(domain.customer(task))
    customer, handed_over = Person(domain, task, desk.agent, model), False
    text = customer.says("Hello, how can we help you?")
    for _ in range(MOST_TURNS):
        if DONE in text:
            break
        try:
            step = desk.say(text, ())
        except TryLater as error:
            print(f"\n{task['task_id']}: {error}")
            break
        handed_over = step.decision.action == "decline"
        if not step.sent or handed_over:
            break
        # Actions without a reply: the next run begins with their outcome.
        text = customer.says(step.proposal.reply) if step.proposal.reply else text
    return domain.right(task, desk.agent, handed_over)


class Person:
    """The customer of one task, played by a model; in telecom with the phone in hand."""

    def __init__(self, domain: Domain, task: Task, agent: Agent, model: ModelSettings) -> None:
        told = task["instructions"]
        parts = [ROLE, *(str(told[key]) for key in ("reason_for_call", "known_info", "unknown_info") if told.get(key))]
        parts.append(str(told.get("task_instructions") or ""))
        self._thread: list[BaseMessage] = [SystemMessage("\n\n".join(parts))]
        self._domain = domain
        chat: Any = model_chain(agent.manifest, model)[0].chat
        self._chat = chat.bind_tools([_tool(name) for name in ACTIONS]) if domain.name == "telecom" else chat

    def says(self, heard: str) -> str:
        """Return the customer's next message; what they do on their phone happens before."""
        self._thread.append(HumanMessage(heard))
        for _ in range(MOST_TURNS):
            answer: AIMessage = self._chat.invoke(self._thread)
            self._thread.append(answer)
            if not answer.tool_calls:
                return answer.text.strip() or DONE
            for call in answer.tool_calls:
                self._thread.append(ToolMessage(self._act(call["name"], call["args"]), tool_call_id=call["id"]))
        return DONE

    def _act(self, name: str, arguments: dict[str, Any]) -> str:
        try:
            return self._domain.act({"name": name, "arguments": arguments, "by": "customer"})
        except (AttributeError, KeyError, TypeError) as error:
            return f"that does not work: {error}"


def _tool(name: str) -> StructuredTool:
    def call(**_: Any) -> str:
        raise NotImplementedError  # only its name and arguments are shown; `Person` acts

    properties = {argument: {"type": "string"} for argument in ACTIONS[name]}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return StructuredTool(name=name, description=name.replace("_", " "), args_schema=schema, func=call)
