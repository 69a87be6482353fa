"""Show what runs in SAOLA_HOME, since when, how often it was started again, and where it answers."""

import time
from pathlib import Path

import typer

from cli.embedded.place import holder
from cli.status import read_status
from core.settings import settings


def status() -> None:
    home = settings().home.absolute()
    if not home.exists() or holder(home, "saola") is None:
        typer.echo(f"Nothing runs in {home}. Start it with `saola up`.")
        raise typer.Exit(3)  # what service managers expect of a stopped service
    show_status(home)


def show_status(home: Path) -> None:
    """Print the table of processes of the running `saola up` of `home`."""
    found = read_status(home)
    if found is None:
        typer.echo(f"Saola is being started in {home}.")
        return
    from rich.console import Console  # 0.2 s of import, and `saola up` seldom gets here
    from rich.table import Table

    typer.echo(f"Saola runs in {home} as process {found.pid}: {found.url}")
    table = Table("process", "state", "pid", "restarts", "for")
    for child in found.children:
        pid = str(child.pid) if child.pid else ""
        table.add_row(child.name, child.state, pid, str(child.restarts), _duration(time.time() - child.since))
    Console().print(table)


def _duration(seconds: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
