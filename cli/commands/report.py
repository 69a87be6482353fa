"""Print the report of a period: waterfall, automation share, accuracy with its interval, times, costs, what was held.

The cohort is what arrived in the period; items younger than 7 days are pending, not good.

Example: saola report --since 2026-03-01 --by language
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from api.figures import Made, Wanted, added, make, period
from api.gate_seen import Judging, judging_of, ledger_of
from api.words import Words
from cli.connect import connected
from core.db import app_database
from core.errors import Rejected
from metrics.certificates.overview import LedgerLine
from metrics.cohort import GROUPS, GroupBy
from metrics.definitions.compare import Compared, known
from metrics.estimate import Estimate
from metrics.figure import Definition
from metrics.report import Report
from metrics.side_by_side import side_by_side
from workers.rollup import catch_up

# What a table of parts shows; documents alone have a type and a source.
OF_PARTS = {
    "ticket": ("automation_share", "workload_share", "accuracy", "involvement"),
    "document": ("straight_through", "document_accuracy", "field_accuracy"),
}


def report(
    since: Annotated[str, typer.Option(help="From this day on (2026-03-01). Default: 30 days before `until`.")] = "",
    until: Annotated[str, typer.Option(help="Up to this day, not included. Default: now.")] = "",
    by: Annotated[str, typer.Option(help=f"One line for each: {', '.join(GROUPS)}.")] = "",
    origin: Annotated[str, typer.Option(help="Only items of one origin: live, import, demo.")] = "",
    definitions: Annotated[
        str, typer.Option(help="Beside the definitions of these vendors: fin,zendesk,... or all.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    start, end = days(since, until)
    with connected() as tenant:
        found = make_report(tenant, start, end, by=by, origin=origin)
        with app_database().transaction(tenant, snapshot=True) as connection:
            ledger = ledger_of(connection, start, end)
            judging = judging_of(connection, (start, end))
        beside = compared(tenant, start, end, definitions, origin) if definitions else ()
    if as_json:
        lines = [line.model_dump(mode="json") for line in ledger]
        vendors = [one.model_dump(mode="json") for one in beside]
        told = {**found.model_dump(mode="json"), "ledger": lines, "definitions": vendors}
        told["judged"] = judging.model_dump(mode="json")
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        print_report(found, Console())
        print_ledger(ledger, Console())
        if judging.model:
            print_judging(judging, Console())
        if beside:
            print_definitions(beside, Console())


def make_report(tenant: UUID, since: datetime, until: datetime, *, by: str = "", origin: str = "") -> Report:
    """Return a tenant's report over what arrived in [since, until)."""
    return made(tenant, since, until, by=by, origin=origin).report


def made(tenant: UUID, since: datetime, until: datetime, *, by: str = "", origin: str = "") -> Made:
    """Return the report and its trend, after everything that has happened by now is rolled up."""
    catch_up(tenant, wait=True)
    wanted = Wanted(tenant, since, until, known_group(by), origin or None)
    with app_database().transaction(tenant, snapshot=True) as connection:
        return make(connection, wanted)


def compared(tenant: UUID, since: datetime, until: datetime, vendors: str, origin: str = "") -> tuple[Compared, ...]:
    """Return our figures beside those of `vendors` ("fin,zendesk", or "all") over the same items."""
    names = () if vendors == "all" else tuple(name.strip() for name in vendors.split(",") if name.strip())
    known(names)
    with app_database().transaction(tenant, snapshot=True) as connection:
        found = added(connection, Wanted(tenant, since, until, None, origin or None))
    return side_by_side(found.whole, names)


def known_group(by: str) -> GroupBy | None:
    """Return a group by its name, None for ''. Raises Rejected for what is none."""
    for group in GROUPS:
        if by == group:
            return group
    if by:
        raise Rejected(f"there is no group {by!r}", hint=f"Group by one of: {', '.join(GROUPS)}.")
    return None


def days(since: str, until: str) -> tuple[datetime, datetime]:
    """Return a period as written, by default the last 30 days up to `until`. Raises Rejected when it is empty."""
    return period(day(since) if since else None, day(until) if until else None)


def day(text: str) -> datetime:
    """Return a day, or an instant, as written. Raises Rejected for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Rejected(f"{text!r} is not a day", hint="Write it as 2026-03-01.") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def number(estimate: Estimate, definition: Definition) -> str:
    """Return an estimate as people read it: value, interval, n; or what is missing where it is not yet known."""
    if estimate.value is None:
        return f"not yet known: {estimate.missing}"
    said = _unit(estimate.value, definition)
    if estimate.low is not None and estimate.high is not None:
        said += f" [{_unit(estimate.low, definition)}, {_unit(estimate.high, definition)}]"
    return said


def _unit(value: float, definition: Definition) -> str:
    if definition.unit == "share":
        return f"{value:.1%}"
    if definition.unit == "seconds":
        if value < 1:
            return f"{value * 1000:.3g} ms"
        return f"{value:.3g} s" if value < 120 else f"{value / 60:.0f} min"
    if definition.unit == "usd":
        return f"${value:.4f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")


def print_report(found: Report, console: Console) -> None:
    """Print a report for people."""
    console.print(f"\n[bold]Saola report[/bold]  {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}")
    console.print(f"{found.tickets:,} tickets and {found.documents:,} documents received; {found.pending:,} pending")
    if found.simulated:
        console.print("[yellow]Judged in part by a simulated reviewer: a demonstration, not a measurement.[/yellow]")
    stages = Table(title="Waterfall", title_justify="left")
    for name in ("stage", "items", "share of all"):
        stages.add_column(name, justify="left" if name == "stage" else "right")
    for stage in found.waterfall:
        count = "–" if stage.count is None else f"{stage.count:,}"
        stages.add_row(stage.title, count, number(stage.share, found.waterfall_definition))
    console.print(stages)
    figures = Table(title="Figures", title_justify="left")
    for name in ("figure", "value [95 % interval]", "n"):
        figures.add_column(name, justify="right" if name == "n" else "left")
    for line in found.lines:
        figures.add_row(line.definition.title, number(line.estimate, line.definition), f"{line.estimate.n:,}")
    console.print(figures)
    held = Table(title="Held or handed to a person, and why", title_justify="left")
    held.add_column("reason")
    held.add_column("items", justify="right")
    words = Words()
    for why in found.why_held:
        held.add_row(words(f"reason.{why.code}"), f"{why.tickets:,}")
    console.print(held)
    if found.calls:
        console.print(_models(found))
    beside = Table(title="Beside what FPT Smart Cloud reports", title_justify="left")
    for name in ("FPT", "here", "what it would take"):
        beside.add_column(name)
    definitions = {line.definition.name: line.definition for line in found.lines}
    for one in found.beside:
        beside.add_row(one.words, number(one.ours, definitions.get(one.name, found.waterfall_definition)), one.note)
    console.print(beside)
    if found.parts:
        console.print(_parts(found))


def print_ledger(lines: Sequence[LedgerLine], console: Console) -> None:
    """Print at most how many of the replies sent were wrong, for each agent."""
    console.print("Ledger: of what went out without a person", style="italic")
    for line in lines:
        console.print(f"  {line.agent}: {line.words}", soft_wrap=True, highlight=False)
    if not lines:
        console.print("  nothing was sent")


def print_judging(judging: Judging, console: Console) -> None:
    """Print the accuracy by audits alone beside that which a judge's words narrow, and how often the judge errs."""
    table = Table(title=f"Accuracy with the help of a judge, {judging.model}", title_justify="left")
    names = ("agent", "judged", "audited", "by audits alone", "corrected", "finds of wrong", "leaves of right")
    for name in names:
        table.add_column(name, justify="right" if name in ("judged", "audited") else "left")
    for one in (judging.whole, *judging.agents):
        shares = (one.plain, one.corrected, one.sensitivity, one.specificity)
        said = ["not yet known" if s is None else f"{s.value:.1%} [{s.low:.1%}, {s.high:.1%}]" for s in shares]
        if one.missing:
            said[1] = f"not yet known: {one.missing}"
        table.add_row(one.agent or "all", f"{one.judged:,}", f"{one.audited:,}", *said)
    console.print(table)


def print_definitions(beside: Sequence[Compared], console: Console) -> None:
    """Print everyone's figures over the same items, and how far they lie apart."""
    table = Table(title="The same items under others' definitions", title_justify="left")
    for name in ("figure", "value [95 % interval]", "n", "counts as"):
        table.add_column(name, justify="right" if name == "n" else "left")
    for one in beside:
        said = number(one.estimate, one.definition)
        table.add_row(one.definition.title, said, f"{one.estimate.n:,}", one.definition.numerator)
    console.print(table)


def _models(found: Report) -> Table:
    table = Table(title="Calls of models", title_justify="left")
    for name in ("provider", "model", "calls", "failed"):
        table.add_column(name, justify="right" if name in ("calls", "failed") else "left")
    for one in found.calls:
        table.add_row(one.provider, one.model, f"{one.calls:,}", f"{one.errors.k:,} ({one.errors.value:.1%})")
    return table


def _parts(found: Report) -> Table:
    table = Table(title=f"By {found.by}", title_justify="left")
    names = OF_PARTS["document" if found.by in ("type", "source") else "ticket"]
    shown = [line.definition for line in found.lines if line.definition.name in names]
    for name in (str(found.by), "tickets", "documents", *(definition.title for definition in shown)):
        table.add_column(name, justify="right" if name in ("tickets", "documents") else "left")
    for part in found.parts:
        cells = [number(part.figures[d.name], d) for d in shown]
        table.add_row(part.value or "none", f"{part.tickets:,}", f"{part.documents:,}", *cells)
    return table
