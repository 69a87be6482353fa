"""Labelled tickets through the whole line: agents are folders made of the labels, tickets come in over HTTP, and runs
are read back over HTTP."""

import csv
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from agents.triage.embed_apart import ApartEmbedder
from agents.triage.embedding_cache import CachedEmbedder
from agents.triage.language import fold
from bench import plain_tickets
from bench.running import Load, Running, running
from bench.ticket_figures import Predictions
from bench.ticket_sets import Row

CONSOLE = Console(stderr=True)
AGENT = "customer_service"
TRAIN_SECONDS = 3600.0
WARMING = 100
MANIFEST = f"""\
name: {AGENT}
summary: Answers the intents of a labelled data set.
owner: bench
engine: answers
tier: automated
languages: [LANGUAGES]
"""


@dataclass(frozen=True)
class Measured:
    """What came out of the line, and how fast."""

    predictions: Predictions
    figures: dict[str, Any]
    yardstick: dict[str, Any]


def run(learnt: Sequence[Row], asked: Sequence[Row], cache: Path, *, yardstick: bool) -> Measured:
    """Send the messages `asked` through a fresh installation that has learnt from `learnt`."""
    embedder = CachedEmbedder(ApartEmbedder(), cache)
    CONSOLE.print("embedding the training messages (kept for the next run)")
    texts = [row.text for row in learnt]
    vectors = embedder.embed(texts)
    if (english := embedder.english()) is not None:
        english.embed(texts)
    bare: dict[str, Any] = {}
    if yardstick:
        bare["tickets_per_second"] = plain_tickets.bare_speed(learnt, asked, vectors, "wheel")
        bare["tickets_per_second_own_engine"] = plain_tickets.bare_speed(learnt, asked, vectors, "own")
    names = intent_names({row.label for row in learnt if row.in_scope})
    with tempfile.TemporaryDirectory(prefix="saola-bench-") as folder:
        home, agents = Path(folder) / "home", Path(folder) / "agents"
        (home / "cache").mkdir(parents=True)
        agents.mkdir()
        for kept in filter(None, (embedder, english)):
            shutil.copy(kept.path, home / "cache")
        settings = {"agents": str(agents), "library": "false", "audit_floor": "0"}
        with running(home, **settings) as saola:
            _teach(saola, learnt, names, Path(folder), agents)
            load = _send(saola, asked)
            _judge_audits(saola, dict(zip(load.ids, asked, strict=True)), names)
            runs = _read_back(saola, load.ids)
    figures = {"tickets_per_second": round(len(asked) / load.seconds, 1), "cpu_ms_per_ticket": load.cpu_ms}
    if yardstick:
        for name, speed in bare.items():
            ratio = name.replace("tickets_per_second", "ratio")
            figures[ratio] = round(figures["tickets_per_second"] / speed, 3)
    return Measured(_predictions(runs, asked, names), figures, bare)


def intent_names(labels: set[str]) -> dict[str, str]:
    """Return an intent name for each label: letters without diacritics, digits and _ only, and no two alike."""
    names: dict[str, str] = {}
    for label in sorted(labels):
        name = re.sub(r"\W+", "_", fold(label), flags=re.ASCII).strip("_")[:55]
        name = name if name[:1].isalpha() else f"i_{name}".strip("_")
        taken = {one.lower() for one in names.values()}
        names[label] = name if name.lower() not in taken else f"{name}_{len(names)}"
    return names


def write_agent(folder: Path, learnt: Sequence[Row], names: Mapping[str, str]) -> None:
    """Write the agent's folder: one intent for each label, with an approved answer in each of its languages."""
    folder.mkdir()
    languages = sorted({row.language or "en" for row in learnt})
    by_label: dict[str, list[Row]] = {label: [] for label in names}
    for row in learnt:
        if row.in_scope:
            by_label[row.label].append(row)
    parts = ["# Intents of a labelled data set"]
    for label, rows in by_label.items():
        parts += [f"\n## {names[label]}", "### examples"]
        parts += [f"- [{row.language or 'en'}] {' '.join(row.text.split())}" for row in rows]
        for language in languages:
            parts += [f"### answer {language}", f"The approved answer to {names[label]}."]
    (folder / "answers.md").write_text("\n".join(parts) + "\n", encoding="utf-8")
    (folder / "cases.yaml").write_text("- {name: any, ticket: {text: anything}, expect: {}}\n")
    (folder / "agent.yaml").write_text(MANIFEST.replace("LANGUAGES", ", ".join(languages)))


def _teach(saola: Running, learnt: Sequence[Row], names: Mapping[str, str], folder: Path, agents: Path) -> None:
    """Import the messages that no intent fits as labelled history, add the agent's folder, and wait for training."""
    outside = [row for row in learnt if not row.in_scope]
    if outside:
        with (folder / "outside.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["text", "label", "language"])
            writer.writerows([row.text, "", row.language] for row in outside)
        words = ["--text", "text", "--label", "label", "--language", "language"]
        saola.command("import", str(folder / "outside.csv"), *words)
    write_agent(folder / AGENT, learnt, names)
    (folder / AGENT).rename(agents / AGENT)
    started = time.monotonic()
    CONSOLE.print("waiting for triage to be trained")
    while time.monotonic() - started < TRAIN_SECONDS:
        probe = saola.client.post("/v1/tickets", json={"text": learnt[0].text, "channel": "probe"})
        probe.raise_for_status()
        time.sleep(5.0)
        run = _run(saola, str(probe.json()["id"]))
        if run and run["agent"] == AGENT:
            CONSOLE.print(f"trained after {time.monotonic() - started:.0f} s")
            _warm(saola, learnt)
            return
    sys.exit("triage was not trained in time")


def _warm(saola: Running, learnt: Sequence[Row]) -> None:
    """Let every worker load its classifier, as the yardstick's processes do before they are timed."""
    before = saola.decisions()
    tickets = [{"text": row.text, "channel": "probe"} for row in learnt[:WARMING]]
    saola.client.post("/v1/tickets:batch", json={"mode": "all", "tickets": tickets}).raise_for_status()
    while saola.decisions() - before < len(tickets):
        time.sleep(0.25)


def _send(saola: Running, asked: Sequence[Row]) -> Load:
    with Progress(console=CONSOLE) as progress:
        bar = progress.add_task("through the line", total=len(asked))
        tickets = [{"text": row.text, "language": row.language} for row in asked]
        return saola.send(tickets, lambda done: progress.update(bar, completed=done))


def _judge_audits(saola: Running, asked: Mapping[str, Row], names: Mapping[str, str]) -> None:
    """Judge what was drawn for audit, now that all is decided: the score of an open audit is shown to nobody."""
    while True:
        answer = saola.client.get("/v1/audits", params={"limit": 200})
        answer.raise_for_status()
        waiting = answer.json()["audits"]
        if not waiting:
            return
        for audit in waiting:
            row = asked.get(audit["ticket_id"])  # a probe is none of them: it repeats a message of the training part
            right = row is None or names.get(row.label) == audit["intent"]
            saola.client.post(f"/v1/audits/{audit['id']}/judge", json={"right": right}).raise_for_status()


def _read_back(saola: Running, ids: Sequence[str]) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: _run(saola, one), ids))
    lost = [one for one, run in zip(ids, found, strict=True) if run is None]
    if lost:
        sys.exit(f"{len(lost)} tickets have no run: {lost[:3]}")
    return [run for run in found if run is not None]


def _run(saola: Running, ticket_id: str) -> dict[str, Any] | None:
    """Return the ticket's newest run, or None while there is none."""
    answer = saola.client.get(f"/v1/tickets/{ticket_id}")
    answer.raise_for_status()
    runs = answer.json()["runs"]
    return dict(runs[-1]) if runs else None


def _predictions(runs: Sequence[Mapping[str, Any]], asked: Sequence[Row], names: Mapping[str, str]) -> Predictions:
    """Return what the runs propose, beside the truth. An abstention or a clarifying question resolves nothing: it never
    counts as automated, and still counts as right or wrong triage."""
    resolves = [run["kind"] != "abstain" and not run["proposal"].get("question") for run in runs]
    score = np.array([run["score"] if able else 0.0 for run, able in zip(runs, resolves, strict=True)], float)
    right = [run["route"]["intent"] == names.get(row.label, "") for run, row in zip(runs, asked, strict=True)]
    return Predictions(
        score=score,
        right=np.array(right, bool) & np.array([row.in_scope for row in asked], bool),
        in_scope=np.array([row.in_scope for row in asked], bool),
        looks_in_scope=np.array([run["route"]["signals"].get("in_scope", 0.0) for run in runs], float),
    )
