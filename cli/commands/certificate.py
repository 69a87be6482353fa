"""List certificates, and compute one again from the audits that it rests on.

Examples:
  saola certificate list
  saola certificate verify 0190f3a2-...     compares rows, rules, hash, threshold and the journal
"""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from api.gate_inherit import MOST_DAYS, Inherit, inherit
from api.gate_seen import verified
from cli.commands.gate import read_id
from cli.connect import connected
from core.contracts import FIELD, INHERITED, WHOLE
from core.db import app_database
from core.store import policies

app = typer.Typer()
OUT = Console()


@app.command("list")
def list_(
    agent: Annotated[str, typer.Option(help="Only of this agent, or family:NAME.")] = "",
    live: Annotated[bool, typer.Option("--live", help="Only those in force.")] = False,
) -> None:
    """List certificates, those in force first."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = policies.list_certificates(connection, agent or None)
    table = Table(
        Column("id", no_wrap=True),
        "agent",
        "speaks of",
        "target",
        "threshold",
        "right of audited",
        "issued",
        "ends",
        "state",
        box=None,
    )
    for row in found:
        if live and not row["live"]:
            continue
        ended = f"revoked: {row['revoked_reason']}" if row["revoked_at"] else "expired"
        state = (INHERITED if row["method"] == INHERITED else "in force") if row["live"] else ended
        critical = f", critical {row['critical_target']:.1%}" if row["critical_target"] else ""
        simulated = " (simulated reviewer)" if row["simulated"] else ""
        table.add_row(
            str(row["id"]),
            row["agent"],
            _speaks_of(row["slice"]),
            f"{row['target']:.0%}{critical}",
            f"{row['threshold']:.4f}",
            f"{row['k']} of {row['n']}{simulated}",
            f"{row['issued_at']:%Y-%m-%d %H:%M}",
            f"{row['expires_at']:%Y-%m-%d}" if row["expires_at"] else "",
            state,
        )
    OUT.print(table)


def _speaks_of(slice_: str) -> str:
    if slice_ == WHOLE:
        return "all"
    return f"field {slice_.removeprefix(FIELD)}" if slice_.startswith(FIELD) else f"intent {slice_}"


@app.command("inherit")
def inherit_(
    agent: Annotated[str, typer.Argument(help="An agent, or family:NAME, whose new version has run.")],
    days: Annotated[int, typer.Option(help="At most so many days.", min=1, max=MOST_DAYS)] = 14,
) -> None:
    """Let a new version go out on the certificate of the version before, until it has earned its own: a choice, and no
    evidence. Audits and the alarm go on as ever."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        made = inherit(connection, tenant, "cli", Inherit(agent=agent, days=days))
    for one in made:
        ends = f"{one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at else "its own is earned"
        OUT.print(f"{agent} inherits {_speaks_of(one.slice)} from {one.threshold:.4f} up, until {ends} at the latest.")


@app.command()
def verify(
    certificate_id: Annotated[str, typer.Argument(metavar="ID", help="As `saola certificate list` shows it.")],
) -> None:
    """Compute a certificate again from its rows, and compare hash, threshold, counts and journal."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = verified(connection, read_id(certificate_id))
    for check in found.checks:
        mark = "[green]holds[/green]  " if check.passed else "[red]differs[/red]"
        OUT.print(f"{mark}  {check.what}: {check.said}", highlight=False)
    if found.corrected:
        OUT.print(f"{found.corrected} judgements were corrected since; the certificates issued later follow them.")
    if not found.holds:
        OUT.print("This certificate is not what its rows say.", style="red")
        raise typer.Exit(1)
    OUT.print("The certificate follows from its rows.")
