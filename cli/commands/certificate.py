"""List certificates, and compute one again from the audits that it rests on.

Examples:
  saola certificate list
  saola certificate verify 0190f3a2-...     compares rows, rules, hash, threshold and the journal
"""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from api.gate_seen import verified
from cli.commands.gate import read_id
from cli.connect import connected
from core.db import app_database
from core.store import policies
from metrics.certificates.live import WHOLE

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
        state = "in force" if row["live"] else ended
        critical = f", critical {row['critical_target']:.1%}" if row["critical_target"] else ""
        simulated = " (simulated reviewer)" if row["simulated"] else ""
        table.add_row(
            str(row["id"]),
            row["agent"],
            "all" if row["slice"] == WHOLE else f"intent {row['slice']}",
            f"{row['target']:.0%}{critical}",
            f"{row['threshold']:.4f}",
            f"{row['k']} of {row['n']}{simulated}",
            f"{row['issued_at']:%Y-%m-%d %H:%M}",
            f"{row['expires_at']:%Y-%m-%d}" if row["expires_at"] else "",
            state,
        )
    OUT.print(table)


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
