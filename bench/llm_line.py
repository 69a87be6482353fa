"""The llm path through the whole line: tickets come in over HTTP, are routed, run by an llm worker, gated, recorded."""

import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from bench.running import Running, running

BATCH = 100
STILL_SECONDS = 60.0
TRAIN_SECONDS = 300.0
EXAMPLES = {
    "orders": ["Where is my order?", "I have waited for my order since Monday", "Please cancel my order", "Late order"],
    "jobs": ["Are you hiring?", "I would like to apply for a job", "Do you have vacancies?", "Where do I apply?"],
}
TEXT = "Where is my order SL-10001? I have waited for it since Monday."


class LineLoad(NamedTuple):
    """What the load took: seconds of wall clock, and milliseconds of CPU a ticket by kind of process."""

    seconds: float
    cpu_ms: dict[str, float]


def through_the_line(base_url: str, tickets: int, concurrency: int, manifest: dict[str, Any], tools: str) -> LineLoad:
    """Send tickets through a fresh installation whose one llm worker works on `concurrency` of them at a time."""
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
            _wait_for_triage(saola)
            return _load(saola, tickets)


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


def _wait_for_triage(saola: Running) -> None:
    """One ticket waits for the first training, and brings the worker to import what it needs."""
    _post(saola, 1)
    end = time.monotonic() + TRAIN_SECONDS
    while saola.decisions() < 1:
        if time.monotonic() > end:
            sys.exit("triage was not trained in time")
        time.sleep(0.5)


def _post(saola: Running, tickets: int) -> None:
    one = {"text": TEXT, "language": "en", "customer": {"address": "ana@mail.example", "verified": True}}
    for start in range(0, tickets, BATCH):
        some = [one] * min(BATCH, tickets - start)
        saola.client.post("/v1/tickets:batch", json={"mode": "all", "tickets": some}).raise_for_status()


def _load(saola: Running, tickets: int) -> LineLoad:
    before, used = saola.decisions(), saola.cpu_seconds()
    started = moved = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(_post, saola, tickets)
        done = 0
        while done < tickets:
            time.sleep(0.25)
            now = saola.decisions() - before
            moved, done = (time.monotonic(), now) if now > done else (moved, done)
            print(f"\r{done} of {tickets} through the line", end="", flush=True)
            if time.monotonic() - moved > STILL_SECONDS:
                sys.exit(f"the line stands still at {done} of {tickets}")
        seconds = time.monotonic() - started
        sending.result()
    print()
    spent = saola.cpu_seconds()
    each = {name: round(1000 * (spent[name] - used.get(name, 0.0)) / tickets, 2) for name in sorted(spent)}
    return LineLoad(seconds, {**each, "all": round(sum(each.values()), 2)})
