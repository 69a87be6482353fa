"""Show everything at work: a demo company's tickets and documents through the whole line, then the report.

Starts a Saola of its own in SAOLA_HOME/demo (emptied first) with a generated company: a past of 2,400 answered tickets,
a week of 320 new ones and 60 documents, in Vietnamese, English and German. Takes a few minutes. In a terminal it then
stays up until Ctrl-C, so that you can look around; without one for ten minutes. --exit ends it after the report.
"""

import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from cli.child import Child, log_file, spawn
from cli.connect import connected
from cli.status import key_file, read_status
from core.db import app_database
from core.errors import Broken
from core.passwords import hash_password, make_link_token
from core.settings import environment_for_children, point_to, settings
from core.store import accounts

UNWATCHED_SECONDS = 600
START_SECONDS = 120.0
OPERATOR = "demo@saola-living.example"


def demo(
    exit_: Annotated[bool, typer.Option("--exit", help="End after the report instead of staying up.")] = False,
    port: Annotated[int, typer.Option(help="Port of the API; the next free one if it is in use.")] = 8000,
    seed: Annotated[int, typer.Option(help="Another number makes another company's inbox.")] = 1,
) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=110)  # a file's width is nobody's window
    home = settings().home.absolute() / "demo"
    _empty(home)
    values = {"SAOLA_HOME": str(home), "SAOLA_PORT": str(port)}
    point_to(values)
    began = time.monotonic()
    console.print(
        "[bold]Saola demo[/bold]: the shop Sao La Living, its customers and its agents. All of it is generated."
    )
    child = Child(name="demo", argv=[sys.executable, "-m", "cli", "up"], env=environment_for_children(values))
    stack = spawn(child, log_file(home, "up"))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        url, key = _wait(stack, home)
        with connected() as tenant:
            _show(tenant, url, key, home, console, seed)
            console.print(
                f"\nThis took {(time.monotonic() - began) / 60:.1f} minutes. See it all at [bold]{url}[/bold]"
            )
            password = secrets.token_urlsafe(9)
            typer.echo(f"Log in by this link (works once): {_log_in_link(tenant, url, password)}")
            typer.echo(f"or as {OPERATOR} with the password {password}")
        if not exit_:
            _stay(console)
    except KeyboardInterrupt:
        console.print("Stopping ...")
    finally:
        stack.send_signal(signal.SIGTERM)
        stack.wait(30)


def _empty(home: Path) -> None:
    """Begin afresh; only a folder that an earlier demo made is removed."""
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)


def _wait(stack: "subprocess.Popen[bytes]", home: Path) -> tuple[str, str]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and stack.poll() is None:
        status = read_status(home)
        if status and key_file(home).exists() and all(c.state in ("ready", "done") for c in status.children):
            return status.url, key_file(home).read_text().strip()
        time.sleep(0.2)
    raise Broken(f"Saola did not start; its logs are in {home / 'logs'}")


def _show(tenant: UUID, url: str, key: str, home: Path, console: Console, seed: int) -> None:
    from cli.demo.run import Demo  # the generators are only loaded when Saola is up

    Demo(tenant, url, key, home, console, seed=seed).run()


def _log_in_link(tenant: UUID, url: str, password: str) -> str:
    """Make the demo's operator, and return a link that logs in as them once."""
    scopes, hashed = list(accounts.SCOPES), hash_password(password)
    with app_database().transaction(tenant) as connection:
        user = accounts.add_user(connection, tenant, email=OPERATOR, name="Demo", scopes=scopes, password_hash=hashed)
    assert user is not None
    return f"{url}/login/link/{make_link_token(user, tenant)}"


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _stay(console: Console) -> None:
    if sys.stdin.isatty():
        console.print("Saola stays up until Ctrl-C.")
        signal.pause()
    else:
        console.print(f"Nobody is at a terminal, so Saola stops in {UNWATCHED_SECONDS // 60} minutes.")
        time.sleep(UNWATCHED_SECONDS)
