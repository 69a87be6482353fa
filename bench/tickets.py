"""`python -m bench.tickets PATH`: triage on labelled tickets: how right, what may be automated, and how fast.

Trains on the split `train` alone (with `--history` on `val` too) and works on the split `test`. With `--line` (the
default) the test part goes through the whole line: API, outbox, workers, gate; with `--no-line` the classifier is asked
directly.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from agents.triage import matters
from agents.triage.classifier import Classifier, Scored
from agents.triage.embed_apart import ApartEmbedder
from agents.triage.embedding_cache import CachedEmbedder
from agents.triage.examples import Example
from agents.triage.training import train
from bench import plain_tickets, ticket_figures
from bench.ticket_figures import Predictions
from bench.ticket_sets import Row, TicketSet, read_sets, shots

CONSOLE = Console(stderr=True)
TARGET, CONFIDENCE = 0.95, 0.95


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark on each data set at the path, and print a table and, last, one JSON line."""
    options = _options(arguments)
    started = time.monotonic()
    try:
        found = read_sets(options.path)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    results = [_one(data, options) for data in found]
    line: dict[str, Any] = {"bench": "tickets", "data": str(options.path), "n": sum(one["n"] for one in results)}
    line["seconds"] = round(time.monotonic() - started, 1)
    line["figures"] = _mean([one["figures"] for one in results])
    line["yardstick"] = _mean([one["yardstick"] for one in results])
    if len(results) > 1:
        line["sets"] = {one["data"]: {"figures": one["figures"], "yardstick": one["yardstick"]} for one in results}
    _print_table(results)
    print(json.dumps(line, ensure_ascii=False))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.tickets", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("path", type=Path, help="a CSV with text,label,split,lang, or a folder of them")
    parser.add_argument("--line", action=argparse.BooleanOptionalAction, default=True, help="through the whole line")
    parser.add_argument("--shots", type=int, default=0, help="train on so many examples of each intent (0: all)")
    parser.add_argument("--audits", type=int, default=0, help="audits a draw (0: 2,000; 1,000 below 2,000 test rows)")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--on", choices=("test", "val"), default="test", help="val: for tuning")
    parser.add_argument("--history", action="store_true",
                        help="learn from val too, as from everything that was labelled before")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--yardstick", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "saola-bench-cache",
                        help="where embeddings of training texts are kept between runs")  # fmt: skip
    options = parser.parse_args(arguments)
    if options.history and (options.shots or options.on == "val"):
        parser.error("--history learns from all of val: not with --shots, and not with --on val")
    return options


def _one(data: TicketSet, options: argparse.Namespace) -> dict[str, Any]:
    learnt = shots(data, options.shots, options.seed) if options.shots else data.train
    learnt += data.val if options.history else ()
    asked = data.test if options.on == "test" else data.val
    if not asked:
        sys.exit(f"{data.name}: there are no rows of the split {options.on}")
    CONSOLE.print(f"{data.name}: {len(learnt):,} messages to learn from, {len(asked):,} to work on")
    audits = options.audits or (2000 if len(asked) >= 2000 else 1000)
    yardstick: dict[str, Any] = {}
    if options.yardstick:
        yardstick["accuracy"] = plain_tickets.accuracy(learnt, asked)
    speed: dict[str, Any] = {}
    if options.line:
        from bench.ticket_line import run

        measured = run(learnt, asked, options.cache, yardstick=options.yardstick)
        made, speed = measured.predictions, measured.figures
        yardstick |= measured.yardstick
    else:
        made = _direct(learnt, asked, options)
    found = ticket_figures.figures(
        made, audits=audits, draws=options.draws, target=TARGET, confidence=CONFIDENCE, seed=options.seed
    )
    return {"data": data.name, "n": len(asked), "figures": {**found, **speed}, "yardstick": yardstick}


def _direct(learnt: Sequence[Row], asked: Sequence[Row], options: argparse.Namespace) -> Predictions:
    started = time.monotonic()
    classifier = learn(learnt, options.cache)
    CONSOLE.print(f"learnt in {time.monotonic() - started:.0f} s, {len(classifier.to_bytes()) / 1e6:.1f} MB")
    embedder = CachedEmbedder(ApartEmbedder(), options.cache)
    texts = [row.text for row in asked]
    parts = [texts[start : start + 500] for start in range(0, len(texts), 500)]
    scored = [
        one.scored
        for part in track(parts, "routing", console=CONSOLE)
        for one in matters.read(classifier, part, embedder=embedder)
    ]
    quick = sum(one.quick for one in scored)
    CONSOLE.print(f"the n-gram classifier alone decided {quick} of {len(scored)}")
    return predictions(scored, asked)


def learn(rows: Sequence[Row], cache: Path) -> Classifier:
    """Return a classifier trained on `rows`; embeddings of training texts are kept in `cache`."""
    examples = [Example(row.text, row.label, row.language) for row in rows]
    return train(examples, embedder=CachedEmbedder(ApartEmbedder(), cache))


def predictions(scored: Sequence[Scored], asked: Sequence[Row]) -> Predictions:
    """Return what was predicted, beside the truth."""
    return Predictions(
        score=np.array([one.score for one in scored], float),
        right=np.array([one.label == row.label for one, row in zip(scored, asked, strict=True)], bool),
        in_scope=np.array([row.in_scope for row in asked], bool),
        looks_in_scope=np.array([one.in_scope for one in scored], float),
    )


def _mean(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the one result, or for several the mean of each figure that all have."""
    if len(parts) == 1:
        return parts[0]
    found: dict[str, Any] = {}
    for name in parts[0]:
        values = [part[name]["value"] if isinstance(part.get(name), dict) else part.get(name) for part in parts]
        known = [float(value) for value in values if value is not None]
        found[name] = round(statistics.fmean(known), 4) if len(known) == len(parts) else None
    return found


def _print_table(results: Sequence[dict[str, Any]]) -> None:
    table = Table("figure", *(one["data"] for one in results), box=None)
    for name in results[0]["figures"]:
        table.add_row(name, *(_cell(one["figures"].get(name)) for one in results))
    for name in results[0]["yardstick"]:
        table.add_row(f"yardstick: {name}", *(_cell(one["yardstick"].get(name)) for one in results), style="dim")
    Console().print(table)


def _cell(value: Any) -> str:
    if isinstance(value, dict) and "value" not in value:
        return ", ".join(f"{name} {part}" for name, part in value.items())
    if isinstance(value, dict):
        return f"{value['value']:.4f} ({value['low']:.4f} to {value['high']:.4f}, n = {value['n']:,})"
    return "not measured" if value is None else f"{value:,.4f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
