"""The llm path through the whole line: tickets come in over HTTP, are routed, run by an llm worker, gated, recorded."""

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from bench.running import running

CONSOLE = Console(stderr=True)
EXAMPLES = {
    "orders": ["Where is my order?", "I have waited for my order since Monday", "Please cancel my order", "Late order"],
    "jobs": ["Are you hiring?", "I would like to apply for a job", "Do you have vacancies?", "Where do I apply?"],
}
TICKET = {
    "language": "en",
    "customer": {"address": "ana@mail.example", "verified": True},
}


WARM = 32


class LineLoad(NamedTuple):
    """What the load took: seconds of wall clock from the first post to the last decision, milliseconds of CPU a ticket
    by kind of process, and tickets a second while all threads had work (None where there were too few tickets)."""

    seconds: float
    cpu_ms: dict[str, float]
    sustained: float | None


def through_the_line(base_url: str, tickets: int, concurrency: int, manifest: dict[str, Any], tools: str) -> LineLoad:
    """Send tickets through a fresh installation whose llm workers together work on `concurrency` of them at a time."""
    with tempfile.TemporaryDirectory(prefix="saola-bench-") as folder:
        agents = Path(folder) / "agents"
        for topic, examples in EXAMPLES.items():
            name = manifest["name"] if topic == "orders" else topic
            _write_agent(agents / name, {**manifest, "name": name}, tools, topic, examples)
        settings = {
            "agents": str(agents),
            "library": "false",
            "model": manifest["model"],
            "model_base_url": base_url,
            "model_threads": str(concurrency),
            "model_timeout": "60",
            "audit_floor": "0",
        }
        home = Path(folder) / "home"
        home.mkdir()
        with running(home, **settings) as saola:
            saola.send(_tickets(1))  # waits for the first training
            saola.send(_tickets(WARM))  # brings every worker to import what it needs
            seen: list[tuple[float, int]] = []

            def told(done: int) -> None:
                seen.append((time.monotonic(), done))
                CONSOLE.print(f"{done} of {tickets}", end="\r")

            load = saola.send(_tickets(tickets), told)
            return LineLoad(load.seconds, load.cpu_ms, sustained(seen, tickets, concurrency))


def _tickets(count: int) -> list[dict[str, Any]]:
    """Return tickets whose texts differ: triage reads a text once, however often it stands among those it is given."""
    asked = "Where is my order SL-{}? I have waited for it since Monday."
    return [{**TICKET, "text": asked.format(10_001 + number)} for number in range(count)]


def sustained(seen: Sequence[tuple[float, int]], tickets: int, concurrency: int) -> float | None:
    """Return tickets a second between the end of the first `concurrency` tickets and the begin of the last: while the
    threads fill, and while they run dry, the model waits for tickets. `seen` is when how many were done."""
    full = [(at, done) for at, done in seen if concurrency <= done <= tickets - concurrency]
    (first, before), (last, after) = (full[0], full[-1]) if len(full) > 1 else ((0.0, 0), (0.0, 0))
    return (after - before) / (last - first) if after > before else None


def _write_agent(folder: Path, manifest: dict[str, Any], tools: str, topic: str, examples: list[str]) -> None:
    folder.mkdir(parents=True)
    listed = "".join(f"- [en] {text}\n" for text in examples)
    files = {
        "prompt.md": "Help the customer with orders.",
        "agent.py": tools,
        "examples.md": f"# {topic}\n## {topic}\n### examples\n{listed}",
        "cases.yaml": "[]\n",
        "agent.yaml": json.dumps(manifest),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
