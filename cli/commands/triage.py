"""Show the versions of triage, train one, put one in service by hand, or give a candidate up.

A new version is judged on later history beside the one that serves. Where certificates rest on that one, it runs in
shadow until it has earned its own, and then takes its place by itself.

Examples:
  saola triage list
  saola triage train
  saola triage serve 0190f3a2-... --reason "two new agents"
"""

from typing import Annotated

import typer
from rich.console import Console

from api.routes.triage import TriageVersion, all_versions, train
from cli.commands.gate import read_id
from cli.connect import connected
from core.db import app_database
from core.store import triage_versions

app = typer.Typer()
OUT = Console()
Id = Annotated[str, typer.Argument(metavar="ID", help="As `saola triage list` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the journal.")]


@app.command("list")
def list_() -> None:
    """List the versions, newest first, with how they compared with the one that served."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = all_versions(connection)
    for one in found:
        made = f"{one.created_at:%Y-%m-%d %H:%M}"
        OUT.print(f"{one.id}  {one.state:9}  {made}  {one.examples:,} messages, {_compared(one)}", soft_wrap=True)


@app.command("train")
def train_() -> None:
    """Let a worker train a new version now."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        train(connection, tenant)
    OUT.print("A worker trains a new version. Look with: saola triage list")


@app.command()
def serve(version: Id, reason: Reason = "") -> None:
    """Put a version in service, whatever it has earned: until it has certificates, people see every reply first."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        triage_versions.serve(connection, tenant, read_id(version), by="cli", reason=reason)
    OUT.print("It serves from the next ticket on.")


@app.command()
def retire(version: Id, reason: Reason = "") -> None:
    """Give a candidate up: it stops running in shadow."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        triage_versions.retire(connection, tenant, read_id(version), by="cli", reason=reason)
    OUT.print("It is retired.")


def _compared(one: TriageVersion) -> str:
    if one.compared is None:
        return "not compared"
    found = one.compared
    told = "better" if found.better else "not better"
    return f"{told}: {found.now.right} against {found.before.right} right of {found.in_scope}"
