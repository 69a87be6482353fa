"""tau2-bench through the llm engine: gold actions played by a scripted model, writes through gate and carrying out.

    python -m bench.tau2 PATH/tau2 --domain retail|telecom [--line]

For each task a verified customer writes the task's request. The scripted model looks the record up, proposes one gold
write, asks for the customer's yes (tools with `confirm`), and after it proposes the write again; the gate decides under
a certificate with threshold 0 (scores are not what is measured here); what it automates is carried out by the agent's
own tool, and the next run finds the outcome. What the gold has the customer do is asked for in a reply, and done if the
reply is sent. With `--line` all of it goes through the real line: database, triage, gate, deliveries; without, through
engine, gate and tools alone. Retail: in the end the database must equal the one that the gold writes make when the
tools are called directly. Telecom: all of the data set's assertions about records and phone must hold. Three plays:
    gold      all as above: every write must be automated and the end must be right
    altered   one sink argument of one write is a value that stands nowhere: that write must be held
    slipped   after the yes, one more write that nobody asked for is proposed: it must be held
Yardstick: the share of tasks that doing nothing, or always handing over, gets right.

With a language model configured (SAOLA_MODEL) and `--live N` it works on each task N times, with a customer whom the
same model plays; figures are then pass^1 to pass^N: the chance that N tries of a task all come right.
"""

import argparse
import contextlib
import json
import logging
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import structlog

from agents.contract import Agent
from bench import tau2_live, tau2_play
from bench.tau2_desks import GateDesk, check_tools, line_desk, make_agent
from bench.tau2_domains import DOMAINS, Domain, Task, load
from bench.tau2_play import Desk, Play
from core.settings import settings

Plays = dict[str, list[Play]]


def main() -> None:
    """Run the benchmark and print its table and its JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--domain", choices=[*DOMAINS], default="retail")
    parser.add_argument("--tasks", type=int, default=0, help="only the first ones")
    parser.add_argument("--line", action="store_true", help="through the real line, not engine and gate alone")
    parser.add_argument("--live", type=int, default=0, metavar="N", help="N tries of each task by a real model")
    parser.add_argument("--show", action="store_true", help="print each task that went wrong")
    given = parser.parse_args()
    folder = given.path / given.domain
    domain = load(folder, given.domain)
    policy = (folder / "policy.md").read_text(encoding="utf-8")
    tasks = [json.loads(line) for line in (folder / "tasks.jsonl").read_text(encoding="utf-8").splitlines()]
    tasks = tasks[: given.tasks or None]
    if given.live and not settings().model:
        parser.error("--live needs a language model: set SAOLA_MODEL (and SAOLA_MODEL_BASE_URL)")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        agent = make_agent(domain, Path(place), policy)
        check_tools(domain, agent, json.loads((folder / "tools.json").read_text(encoding="utf-8")))
        floors = tau2_play.floors(domain, agent, tasks)
        if given.live:
            tau2_live.run(domain, agent, tasks, given.live, floors, data=folder.name)
            return
        with desk_of(domain, agent, policy, tasks, given.line) as desk:
            plays = play_tasks(domain, desk, tasks, given.show)
    where = f"{folder.name}, {'the whole line' if given.line else 'engine and gate'}"
    report(where, plays, floors, len(tasks), time.monotonic() - started)


@contextlib.contextmanager
def desk_of(domain: Domain, agent: Agent, policy: str, tasks: Sequence[Task], line: bool) -> Iterator[Desk]:
    """Yield where the tickets are worked on."""
    if line:
        with line_desk(domain, policy, sorted({domain.opening(task) for task in tasks})) as desk:
            yield desk
    else:
        yield GateDesk(agent)


def play_tasks(domain: Domain, desk: Desk, tasks: Sequence[Task], show: bool = False) -> Plays:
    """Play every task in every way."""
    plays: Plays = {"gold": [], "altered": [], "slipped": []}
    for number, task in enumerate(tasks):
        for name, found in tau2_play.play_all(domain, desk, task):
            plays[name].append(found)
            if show and (found.wrong or (name == "gold" and not found.right)):
                print(f"{task['task_id']} {name}: {found}")
        print(f"\r{number + 1} of {len(tasks)} tasks", end="", flush=True)
    return plays


def report(where: str, plays: Plays, floors: dict[str, float], tasks: int, seconds: float) -> None:
    """Print the table and, last, the JSON line."""

    def total(name: str, field: str) -> int:
        return sum(getattr(play, field) for play in plays[name])

    tampered = total("altered", "tampered") + total("slipped", "tampered")
    wrong = total("altered", "wrong") + total("slipped", "wrong")
    print(f"\n{where}\n{'':<44}{'share':>8}{'of':>8}")
    rows = {
        "db_match": ("gold: the end is right", total("gold", "right"), tasks),
        "gold_writes_automated": ("gold: writes automated", total("gold", "automated"), total("gold", "writes")),
        "held_altered": ("altered or slipped in: held", tampered - wrong, tampered),
    }
    for words, k, n in rows.values():
        print(f"{words:<44}{k / max(n, 1):>8.1%}{n:>8}")
    for name, share in floors.items():
        print(f"{name.replace('_', ' '):<44}{share:>8.1%}{tasks:>8}")
    print(f"gold writes that the company's own rules refused: {total('gold', 'refused')}")
    for name in plays:
        codes = [code for play in plays[name] for code in play.reasons]
        print(f"{name}: held for {', '.join(f'{code} ({codes.count(code)})' for code in sorted(set(codes))) or '-'}")
    figures: dict[str, Any] = {
        name: {"value": round(k / max(n, 1), 4), "k": k, "n": n} for name, (_, k, n) in rows.items()
    }
    line = {
        "bench": "tau2",
        "data": where,
        "n": tasks,
        "seconds": round(seconds, 2),
        "figures": {**figures, "tasks": tasks},
        "yardstick": {name: round(share, 4) for name, share in floors.items()},
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
