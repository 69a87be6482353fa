"""What the llm path costs beside the model itself: tickets that each wait for a slow model, many at once.

    python -m bench.llm_overhead [--tickets 2000] [--concurrency 200] [--latency 5] [--no-line]

A loopback server in a process of its own speaks OpenAI's chat completions and answers after `latency` seconds. The
engine works on `concurrency` tickets at a time in the threads of one process, as a worker of the queue `llm` does.
Ideal: concurrency / latency tickets a second. Yardstick, in the same run: a bare LangChain call of the same model with
the same messages and tools; the difference in CPU time a ticket is what the engine costs. Unless `--no-line` is given
the tickets also go through a whole installation with an llm worker for each core: over HTTP, triage, run, gate and
record. Its speed is told twice: from the first post to the last decision, and while all threads had work.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from agents.contract import Agent, Context
from agents.engines.llm import LlmEngine
from agents.llm.answer import Answer
from agents.llm.prompt import item_prompt, system_prompt
from agents.llm.providers import model_chain
from agents.llm.scripted_server import ScriptedServer
from agents.llm.settings import ModelSettings
from agents.manifest import Manifest
from agents.tools.in_run import tools_for_model
from bench.llm_line import LineLoad, through_the_line
from core.contracts import Customer, Route, WorkItem
from core.ids import new_id

MANIFEST = {
    "name": "bench_agent",
    "summary": "An agent with one reading and one writing tool.",
    "owner": "bench",
    "engine": "llm",
    "model": "openai:scripted",
    "tools": [
        {"name": "find_orders", "verified_customer": True},
        {"name": "cancel_order", "effect": "write", "sinks": ["order_id"]},
    ],
    "may": ["cancel_order"],
    "limits": {"seconds": 120},
}
TOOLS = '''
from agents.tools.python_tools import tool
from core.contracts import Customer

@tool
def find_orders(customer: Customer) -> list:
    """List the customer's orders."""
    return [{"order_id": "SL-10001", "status": "open"}]

@tool
def cancel_order(order_id: str, *, key: str) -> str:
    """Cancel an order."""
    return order_id
'''
ANSWER = {"answer": {"reply": "Your order SL-10001 is on its way.", "language": "en", "sure": 0.9}}


def main() -> None:
    """Run the benchmark and print its table and its JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--latency", type=float, default=5.0)
    parser.add_argument(
        "--line", action=argparse.BooleanOptionalAction, default=True, help="also through the whole line"
    )
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.latency)
        return
    with tempfile.TemporaryDirectory() as folder, model_server(given.latency) as base_url:
        agent = make_agent(Path(folder))
        settings = ModelSettings(base_url=base_url, timeout=60)
        warm_up(agent, settings)
        bare = load(bare_call(agent, settings), given.tickets, given.concurrency)
        engine = LlmEngine(settings)
        ours = load(lambda: engine.run(agent, make_item(), make_context()), given.tickets, given.concurrency)
        line = through_the_line(base_url, given.tickets, given.concurrency, MANIFEST, TOOLS) if given.line else None
    report(given, bare, ours, line)


class Load:
    """What one load took: seconds of wall clock and of CPU, and each ticket's seconds."""

    def __init__(self, tickets: int, seconds: float, cpu: float, each: list[float]) -> None:
        self.tickets, self.seconds, self.each = tickets, seconds, sorted(each)
        self.per_second = tickets / seconds
        self.cpu_ms = 1000 * cpu / tickets

    def quantile(self, share: float) -> float:
        """Return a quantile of the tickets' times in milliseconds."""
        return round(1000 * self.each[min(len(self.each) - 1, int(share * len(self.each)))], 1)


def load(work: Callable[[], Any], tickets: int, concurrency: int) -> Load:
    """Do `work` `tickets` times, `concurrency` at a time, and measure."""

    def one(_: int) -> float:
        began = time.monotonic()
        work()
        return time.monotonic() - began

    with ThreadPoolExecutor(concurrency) as threads:
        list(threads.map(time.sleep, [0.2] * concurrency))  # all threads are there before the clock starts
        started, cpu = time.monotonic(), time.process_time()
        each = list(threads.map(one, range(tickets)))
        return Load(tickets, time.monotonic() - started, time.process_time() - cpu, each)


def bare_call(agent: Agent, settings: ModelSettings) -> Callable[[], Any]:
    """Return a plain LangChain call with what the engine sends: the same messages, tools and form of the answer."""
    item, context = make_item(), make_context()
    chat = model_chain(agent.manifest, settings)[0].chat
    bound = chat.bind_tools([*tools_for_model(agent, {}), Answer], tool_choice="any")
    messages = [SystemMessage(system_prompt(agent)), HumanMessage(item_prompt(item, context))]
    return lambda: bound.invoke(messages)


def warm_up(agent: Agent, settings: ModelSettings) -> None:
    """Import and set up everything once, so that neither side pays for it."""
    chat = model_chain(agent.manifest, settings)[0].chat
    chat.invoke("hello", timeout=60)
    LlmEngine(settings).run(agent, make_item(), make_context())


def make_agent(folder: Path) -> Agent:
    """Return the benchmark's agent."""
    files = {"prompt.md": "Help the customer with orders.", "agent.py": TOOLS}
    manifest = Manifest.model_validate(MANIFEST)
    return Agent(manifest=manifest, folder=folder, version="1+bench", fingerprint="bench", files=files)


def make_item() -> WorkItem:
    """Return a ticket of a verified customer."""
    customer = Customer(id=new_id(), address="ana@mail.example", name="Ana Ruiz", verified=True)
    return WorkItem(
        id=new_id(),
        tenant_id=new_id(),
        kind="ticket",
        text="Where is my order SL-10001? I have waited for it since Monday.",
        language="en",
        received_at=datetime.now(UTC),
        customer=customer,
    )


def make_context() -> Context:
    """Return a context with two minutes of time."""
    return Context(route=Route(agent="bench_agent", language="en"), deadline=time.monotonic() + 120)


@contextmanager
def model_server(latency: float) -> Any:
    """Run the scripted model server in a process of its own; yields its base URL."""
    command = [sys.executable, "-m", "bench.llm_overhead", "--serve", "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(10)


def serve(latency: float) -> None:
    """Be the model server until standard input closes."""
    with ScriptedServer([ANSWER], latency=latency) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


def report(given: argparse.Namespace, bare: Load, ours: Load, whole: LineLoad | None = None) -> None:
    """Print the table and, last, the JSON line."""
    ideal = given.concurrency / given.latency
    # A load that is no multiple of the concurrency ends with idle threads; the ideal has the same rounds.
    rounds = -(-given.tickets // given.concurrency)
    best = given.tickets / (rounds * given.latency)
    print(f"{given.tickets} tickets, {given.concurrency} at a time, a model that takes {given.latency:g} s")
    print(f"{'':<22}{'tickets/s':>10}{'of ideal':>10}{'CPU ms':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for name, run in (("bare LangChain call", bare), ("the llm engine", ours)):
        row = f"{run.per_second:>10.2f}{run.per_second / best:>10.3f}{run.cpu_ms:>9.2f}"
        print(f"{name:<22}{row}{run.quantile(0.5):>9.0f}{run.quantile(0.99):>9.0f}")
    print(f"the engine adds {ours.cpu_ms - bare.cpu_ms:.2f} ms of CPU a ticket")
    if whole:
        speed = given.tickets / whole.seconds
        print(f"the whole line: {speed:.2f} tickets/s, {speed / best:.3f} of ideal, CPU ms a ticket {whole.cpu_ms}")
        if whole.sustained:
            told = f"{whole.sustained:.2f} tickets/s, {whole.sustained / ideal:.3f} of ideal"
            print(f"while all threads had work: {told}")
    figures = {
        "tickets_per_second": round(ours.per_second, 3),
        "ideal_per_second": round(ideal, 3),
        "ratio": round(ours.per_second / best, 4),
        "cpu_ms": round(ours.cpu_ms, 3),
        "cpu_ms_over_bare": round(ours.cpu_ms - bare.cpu_ms, 3),
        "p50_ms": ours.quantile(0.5),
        "p99_ms": ours.quantile(0.99),
    }
    if whole:
        speed = given.tickets / whole.seconds
        figures |= {"line_per_second": round(speed, 3), "line_ratio": round(speed / best, 4)}
        if whole.sustained:
            figures["line_sustained_per_second"] = round(whole.sustained, 3)
            figures["line_sustained_ratio"] = round(whole.sustained / ideal, 4)
        figures |= {"line_cpu_ms": whole.cpu_ms["all"], "line_worker_cpu_ms": whole.cpu_ms.get("llm", 0.0)}
    yardstick = {
        "tickets_per_second": round(bare.per_second, 3),
        "ratio": round(bare.per_second / best, 4),
        "cpu_ms": round(bare.cpu_ms, 3),
    }
    line = {
        "bench": "llm_overhead",
        "data": f"latency {given.latency:g} s, {given.concurrency} at a time",
        "n": given.tickets,
        "seconds": round(ours.seconds, 3),
        "figures": figures,
        "yardstick": yardstick,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
