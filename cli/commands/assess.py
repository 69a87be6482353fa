"""Forecast from a file of past tickets what could be automated, and how sure that is, before anything is set up.

FILE is a CSV with a header line, or JSONL. It needs the customer's message, and what tells which answer was right:
a column with the intent (--label), or else the reply that was sent (--reply), from which groups of tickets with one
answer are made. Nothing is stored, no tenant is touched, nothing has to run.

What comes out: for 90, 95, 97 and 99 % accuracy the share of tickets that could go out without a person, with its
95 % interval, for all and for each intent; about how many audits a certificate takes; which knowledge is missing.
Each ticket is judged by a classifier that has not seen it. 3,000 tickets take about two minutes on one core.

It is a forecast, not a certificate: it takes the answers of the past for right, and traffic to stay alike.

Examples:
  saola assess past.csv --text body --reply answer
  saola assess past.csv --text body --label intent --language lang --json > forecast.json
"""

import json
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli.assess import Forecast, Past, Share
from cli.assess import assess as forecast
from cli.imports import ENCODING, Columns, check_columns, read_rows
from core.errors import Rejected

MANY = 100_000  # audits: nobody judges more


def assess(
    file: Annotated[Path, typer.Argument(help="CSV with a header line, or JSONL.")],
    text: Annotated[str, typer.Option(help="Column with the customer's message.")] = "text",
    subject: Annotated[str, typer.Option(help="Column with the subject, read with the message.")] = "",
    reply: Annotated[str, typer.Option(help="Column with the reply that was sent.")] = "",
    label: Annotated[str, typer.Option(help="Column with the true intent; empty where none fits.")] = "",
    language: Annotated[str, typer.Option(help="Column with the language (vi, en, de ...).")] = "",
    limit: Annotated[int, typer.Option(help="Look at so many rows at most, spread over the file. 0: all.")] = 3_000,
    encoding: Annotated[str, typer.Option(help=ENCODING)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    tickets = read(file, Columns(text, subject, language, reply=reply, label=label), limit, encoding)
    bar = Progress(
        TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    )
    with bar:
        # Each text is embedded once; replies are too where they make the groups.
        task = bar.add_task("", total=len(tickets) + (0 if label else len({one.reply for one in tickets})))
        found = forecast(tickets, advance=lambda count: bar.advance(task, count))
        bar.update(task, completed=bar.tasks[0].total)
    if as_json:
        typer.echo(json.dumps(found.model_dump(mode="json"), ensure_ascii=False))
    else:
        show(found, Console())


def read(file: Path, columns: Columns, limit: int, encoding: str = "") -> list[Past]:
    """Return the rows of a file that have a text, at most `limit` of them, evenly spread."""
    rows = [row for _, row in read_rows(file, encoding)]
    if not rows:
        raise Rejected(f"{file} has no rows", code="file_empty")
    check_columns(columns, rows[0])
    if not columns.reply and not columns.label:
        present = ", ".join(repr(name) for name in rows[0])
        hint = f"Name it with --label or --reply. The file has {present}."
        raise Rejected("which column tells what was right?", code="no_labels", hint=hint)

    def cell(row: dict[str, object], column: str) -> str:
        return str(row.get(column) or "").strip() if column else ""

    found = []
    for row in rows:
        words = "\n".join(part for part in (cell(row, columns.subject), cell(row, columns.text)) if part)
        if words:
            spoken = cell(row, columns.language).lower()[:8]
            found.append(Past(words, cell(row, columns.reply), spoken, cell(row, columns.label)))
    step = len(found) / limit if limit and len(found) > limit else 1.0
    return [found[int(number * step)] for number in range(int(len(found) / step))]


def show(found: Forecast, console: Console) -> None:
    """Print a forecast for people."""
    console.print(f"\n[bold]{found.tickets:,} tickets, {found.intents} intents[/bold] ({found.labels})")
    if found.without_intent:
        console.print(f"{found.without_intent:,} tickets fit no intent, for example:")
        for sample in found.samples_without_intent:
            console.print(f"  {sample}", markup=False, highlight=False)
    span = f"[{found.accuracy_low:.1%}, {found.accuracy_high:.1%}]"
    console.print(f"Right if everything were answered: {found.accuracy:.1%} {span}\n")
    table = Table("accuracy", "could go out without a person [95 %]", "audits to a first certificate", "to most of it")
    for share in found.shares:
        table.add_row(f"{share.target:.0%}", _share(share), _first(share), _most(share))
    console.print(table)
    console.print("By intent: % of all tickets that could go out, and the band at 95 % accuracy")
    intents = Table(box=None, padding=(0, 2, 0, 0))
    intents.add_column("intent", overflow="fold", min_width=14)
    for name in ("tickets", "right", *(f"{share.target:.0%}" for share in found.shares), "band"):
        intents.add_column(name, justify="right", no_wrap=True)
    for one in islice(found.by_intent, 40):
        points, band = ["too few", *[""] * (len(found.shares) - 1)], ""
        if one.shares:
            points = [f"{100 * share.share:.1f}" for share in one.shares]
            band = next(f"[{100 * s.low:.1f}, {100 * s.high:.1f}]" for s in one.shares if s.target == 0.95)
        intents.add_row(escape(one.intent), str(one.tickets), f"{one.right}/{one.routed}", *points, band)
    console.print(intents)
    lacking = [(one.intent, "; ".join(one.gaps)) for one in islice(found.by_intent, 40) if one.gaps]
    if lacking:
        console.print("\nWhat is missing:")
    for intent, gaps in lacking:
        console.print(f"  {intent}: {gaps}", markup=False, highlight=False)
    if len(found.by_intent) > 40:
        console.print(f"{len(found.by_intent) - 40} more intents: --json lists them all.")
    console.print(
        "\nRight: how many of those sent to it were its own. Shares are of all tickets. A forecast from the past, not "
        "a certificate: right means the answer that your people gave. Audits of live runs decide; see docs/gate.md.",
        style="italic",
    )


def _share(share: Share) -> str:
    return f"{share.share:.1%} [{share.low:.1%}, {share.high:.1%}]"


def _first(share: Share) -> str:
    if share.audits_first is not None:
        return f"about {share.audits_first:,}"
    if share.high == 0:
        return "not by this past"
    if share.audits_least is None or share.audits_least > MANY:
        return f"not yet known: above {MANY:,}"
    return f"not yet known: at least {share.audits_least:,}"


def _most(share: Share) -> str:
    if share.audits_most is not None:
        return f"about {share.audits_most:,}"
    return "not by this past" if share.high == 0 else "not yet known"
