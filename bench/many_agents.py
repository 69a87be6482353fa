"""`python -m bench.many_agents [PATH]`: 1,500 agents against 15, one after the other, each in a whole installation.

Both have five tenants, each of which knows the same 300 intents by the same messages. With 15 agents a tenant has
three, of a hundred intents each; with 1,500 it has 300, of one intent each. So triage and the work for each tenant are
the same, and what differs is the number of agents: start, memory of a worker, and time a ticket (of all processors,
the looking for changed folders included). Agents are loaded at their first ticket: the first tickets after a start are
timed apart from those that come when every process has met every agent. Those come in blocks: work that is done every
five or ten seconds falls into some and not into others, so one block says little, and the ratio has an interval.

With a PATH to labelled tickets (DESIGN.md, section 7) intents and messages are taken from there, else generated.
"""

import argparse
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean, variance
from typing import Any
from uuid import UUID

import psutil
from rich.console import Console
from rich.table import Table
from scipy import stats

from agents.triage.embed_apart import ApartEmbedder
from agents.triage.embedding_cache import CachedEmbedder
from bench.many_messages import INTENTS, Intent, from_sets, generated
from bench.running import Running, running
from cli.stack import embedded_environment
from core.db import Database
from core.ids import new_id
from core.settings import Settings
from core.store import policies, tenants

CONSOLE = Console(stderr=True)
TENANTS, FEW = 5, 15
TRAIN_SECONDS = 1200.0
FIRST = 3000  # tickets: ten for each agent of a tenant, so that each process has met nearly all


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both, and print a table and, last, one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.many_agents", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("path", type=Path, nargs="?", help="labelled tickets: a CSV, or a folder of folders of CSVs")
    parser.add_argument("--tickets", type=int, default=9000, help="tickets of a block: about 17 seconds on two cores")
    parser.add_argument("--blocks", type=int, default=8, help="blocks that are timed, in each installation")
    parser.add_argument("--intents", type=int, default=INTENTS, help="fewer, to try the benchmark out")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    intents = (from_sets(options.path) if options.path else generated())[: options.intents]
    with tempfile.TemporaryDirectory(prefix="saola-many-") as folder:
        cache = CachedEmbedder(ApartEmbedder(), Path(folder))
        CONSOLE.print(f"embedding {sum(len(one.examples) for one in intents):,} examples, once for both")
        cache.embed([text for one in intents for text in one.examples])
        few = _measure(Path(folder) / "few", _grouped(intents, FEW, TENANTS), intents, options, cache.path)
        many = _measure(Path(folder) / "many", _each(intents, TENANTS), intents, options, cache.path)
    figures: dict[str, Any] = {name: {"15": few[name], str(many["agents"]): many[name]} for name in few}
    ratio, low, high = _ratio(figures["blocks_ms"][str(many["agents"])], figures["blocks_ms"]["15"])
    figures |= {"ratio_ms_per_ticket": ratio, "ratio_low": low, "ratio_high": high}
    figures["ratio_worker_mb"] = round(many["worker_mb"] / few["worker_mb"], 3)
    figures["start_seconds_more"] = round(many["start_seconds"] - few["start_seconds"], 2)
    _print_table(figures)
    line = {"bench": "many_agents", "data": str(options.path or "generated"), "n": options.tickets * options.blocks}
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({**line, "seconds": seconds, "figures": figures, "yardstick": {name: few[name] for name in few}}))


Agents = Mapping[str, tuple[int, Sequence[Intent]]]  # name -> which tenant uses it, and its intents


def _grouped(intents: Sequence[Intent], count: int, copies: int) -> Agents:
    each = count // copies
    return {f"team_{n}_{copy}": (copy, intents[n::each]) for copy in range(copies) for n in range(each)}


def _each(intents: Sequence[Intent], copies: int) -> Agents:
    return {f"{one.name}_{copy}": (copy, [one]) for copy in range(copies) for one in intents}


def _measure(
    home: Path, agents: Agents, intents: Sequence[Intent], options: argparse.Namespace, cache: Path
) -> dict[str, Any]:
    """Teach a fresh installation, stop it, start it again, and send tickets of the first tenant through it."""
    (home / "cache").mkdir(parents=True)
    shutil.copy(cache, home / "cache")
    folder = home / "agents"
    settings = {"agents": str(folder), "library": "false", "audit_floor": "0"}
    with running(home, **settings):
        _teach(home, agents, folder)
    started = time.monotonic()
    with running(home, **settings) as saola:
        start = time.monotonic() - started
        first = saola.send(_tickets(intents, FIRST))
        loads = [saola.send(_tickets(intents, options.tickets)) for _ in range(options.blocks)]
        memory = _worker_mb(saola.process)
        wrong = _misrouted(saola)
    rate = options.tickets * len(loads) / sum(load.seconds for load in loads)
    spent = {name: round(fmean(load.cpu_ms[name] for load in loads), 2) for name in loads[0].cpu_ms}
    CONSOLE.print(f"{len(agents):,} agents: {rate:.0f} tickets a second, {wrong} without an agent")
    CONSOLE.print(f"milliseconds a ticket: first {first.cpu_ms}, then {spent}")
    return {
        "first_ms_per_ticket": first.cpu_ms["all"],
        "ms_per_ticket": spent["all"],
        "blocks_ms": [load.cpu_ms["all"] for load in loads],
        "worker_mb": round(memory, 1),
        "start_seconds": round(start, 2),
        "tickets_per_second": round(rate, 1),
        "agents": len(agents),
    }


def _ratio(many: Sequence[float], few: Sequence[float]) -> tuple[float, float, float]:
    """Return the ratio of the means of two samples and the ends of its 95 % interval (delta method on the logarithm,
    Student's t with the fewer blocks' degrees of freedom)."""
    ratio = fmean(many) / fmean(few)
    spread = math.sqrt(sum(variance(one) / len(one) / fmean(one) ** 2 for one in (many, few)))
    half = float(stats.t.ppf(0.975, min(len(many), len(few)) - 1)) * spread
    return round(ratio, 3), round(ratio * math.exp(-half), 3), round(ratio * math.exp(half), 3)


def _teach(home: Path, agents: Agents, folder: Path) -> None:
    """Make the tenants, say who uses which agent, let all folders appear at once, and wait until each has triage."""
    database = Database(embedded_environment(Settings(home=home), home)["SAOLA_DATABASE_URL"], pool_size=1)
    system = Database(embedded_environment(Settings(home=home), home)["SAOLA_SYSTEM_DATABASE_URL"], pool_size=1)
    with system.transaction() as connection:
        ids = [UUID(str(row["id"])) for row in tenants.everyone(connection)]
    ids += [new_id() for _ in range(TENANTS - 1)]
    for place, tenant in enumerate(ids):
        with database.transaction(tenant) as connection:
            tenants.make(connection, tenant, f"tenant {place}")
            for name, (owner, _) in agents.items():
                if owner != place:
                    policies.set_agent(connection, tenant, name, enabled=False)
    for name, (_, intents) in agents.items():
        _write(folder.with_name("being-written") / name, intents)
    folder.with_name("being-written").rename(folder)
    wanted = sum(len(intents) for owner, intents in agents.values() if owner == 0)
    for tenant in ids:
        _wait("triage was not trained", TRAIN_SECONDS, partial(_trained, database, tenant, wanted))
    database.close()
    system.close()


def _trained(database: Database, tenant: UUID, intents: int) -> bool:
    with database.transaction(tenant) as connection:
        newest = next(iter(policies.list_classifiers(connection)), None)
    return newest is not None and newest["figures"].get("intents") == intents


def _write(folder: Path, intents: Sequence[Intent]) -> None:
    folder.mkdir(parents=True)
    manifest = f"name: {folder.name}\nsummary: Answers {len(intents)} kinds of questions.\nowner: bench\n"
    (folder / "agent.yaml").write_text(f"{manifest}engine: answers\ntier: automated\nlanguages: [en]\n")
    parts = [f"# {folder.name}"]
    for one in intents:
        parts += [f"## {one.name}", "### examples", *(f"- [en] {text}" for text in one.examples)]
        parts += ["### answer en", f"The approved answer to {one.name}."]
    (folder / "answers.md").write_text("\n".join(parts) + "\n", encoding="utf-8")
    (folder / "cases.yaml").write_text("- {name: any, ticket: {text: anything}, expect: {}}\n")


def _tickets(intents: Sequence[Intent], count: int) -> list[dict[str, str]]:
    return [{"text": text, "language": "en"} for text in _texts(intents, count)]


def _texts(intents: Sequence[Intent], count: int) -> list[str]:
    asked = [text for one in intents for text in one.asked]
    step = max(1, len(asked) // count)
    found = asked[::step] or asked
    return [found[place % len(found)] for place in range(count)]


def _misrouted(saola: Running) -> int:
    answer = saola.client.get("/metrics")
    answer.raise_for_status()
    lines = [line for line in answer.text.splitlines() if line.startswith('saola_decisions{action="decline"')]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)


def _worker_mb(process: psutil.Process) -> float:
    """Return the memory of the largest process of the ticket workers' pool: what it alone holds and its share of the
    rest (PSS), in megabytes."""
    pool = [one for one in process.children(recursive=True) if "tickets@" in " ".join(one.cmdline())]
    return max(one.memory_full_info().pss for one in pool) / 1e6


def _wait(told: str, seconds: float, done: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            sys.exit(told)
        time.sleep(0.25)


def _print_table(figures: Mapping[str, Any]) -> None:
    table = Table("figure", "few agents", "many agents", box=None)
    for name, value in figures.items():
        if isinstance(value, dict):
            table.add_row(name, *(_shown(one) for one in value.values()))
        else:
            table.add_row(name, "", f"{value:,}")
    Console().print(table)


def _shown(value: float | Sequence[float]) -> str:
    return f"{value:,}" if isinstance(value, int | float) else " ".join(f"{one:g}" for one in value)


if __name__ == "__main__":
    main()
