"""Figures as files, a weekly report for the board, and the roll-ups behind them: export, weekly, check, rebuild.

Example: saola metrics weekly --out week.pdf
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.exports import EVENTS, FIGURES, FORMATS, figure_rows, write
from api.figures import Wanted, make
from api.insights import settled_week
from api.words import LANGUAGES, Words
from cli.commands.report import day, days, known_group
from cli.connect import connected
from cli.rollup_check import compare_with_log
from cli.weekly import pdf
from cli.weekly.content import content
from cli.weekly.html import page
from core.db import app_database
from core.errors import Rejected
from core.store import events, tenants
from metrics.cohort import GROUPS
from workers.rollup import catch_up
from workers.rollup_whole import rebuild

app = typer.Typer()
Since = Annotated[str, typer.Option(help="From this day on (2026-03-01). Default: 30 days before `until`.")]
Until = Annotated[str, typer.Option(help="Up to this day, not included. Default: now.")]
Out = Annotated[Path, typer.Option(help="The file to write; its ending says the format.")]


@app.command()
def export(
    out: Out,
    what: Annotated[str, typer.Option(help="figures or events.")] = "figures",
    since: Since = "",
    until: Until = "",
    by: Annotated[str, typer.Option(help=f"Figures also for each: {', '.join(GROUPS)}.")] = "",
) -> None:
    """Write figures, or events that happened in the period, as .csv, .jsonl or .parquet."""
    format = out.suffix.removeprefix(".")
    if format not in FORMATS:
        raise Rejected(f"no format is called {format!r}", hint=f"Name the file with one of: {', '.join(FORMATS)}.")
    if what not in ("figures", "events"):
        raise Rejected(f"there are no {what!r} to export", hint="One of: figures, events.")
    start, end = days(since, until)
    with connected() as tenant:
        catch_up(tenant, wait=True)
        with app_database().transaction(tenant, snapshot=True) as connection:
            if what == "events":
                write(map(dict, events.stream(connection, start, end)), EVENTS, format, out)
            else:
                made = make(connection, Wanted(tenant, start, end, known_group(by), None))
                write(figure_rows(made.report), FIGURES, format, out)
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")


@app.command()
def weekly(
    out: Out,
    until: Annotated[str, typer.Option(help="The day on which the report is given. Default: today.")] = "",
    language: Annotated[str, typer.Option(help="en, vi or de.")] = "en",
) -> None:
    """Write the report of the last week that can be judged (.html or .pdf): it ended 7 days before."""
    if out.suffix not in (".html", ".pdf"):
        raise Rejected(f"no report is written as {out.suffix!r}", hint="Name the file .html or .pdf.")
    if language not in LANGUAGES:
        raise Rejected(f"no report is written in {language!r}", hint=f"One of: {', '.join(LANGUAGES)}.")
    end = day(until) if until else datetime.now(UTC)
    with connected() as tenant:
        catch_up(tenant, wait=True)
        with app_database().transaction(tenant, snapshot=True) as connection:
            zone = str(tenants.current(connection)["timezone"])
            week = settled_week(Wanted(tenant, end, end, None, None), ZoneInfo(zone))
            made = content(connection, week, Words(language, zone))
    if out.suffix == ".pdf":
        pdf.write(made, out)
    else:
        out.write_text(page(made), "utf-8")
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")


@app.command()
def check(since: Since = "", until: Until = "") -> None:
    """Compute the sums of a period from the log itself and compare them with the roll-ups, counter by counter."""
    start, end = days(since, until)
    with connected() as tenant:
        catch_up(tenant, wait=True)
        found = compare_with_log(tenant, start, end)
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo("the roll-ups are what the log gives")


@app.command(name="rebuild")
def rebuild_all() -> None:
    """Make the roll-ups anew from the whole log, while those in service go on being read."""
    with connected() as tenant:
        items = rebuild(tenant)
    typer.echo("another one is at it" if items is None else f"{items:,} items rolled up anew")
