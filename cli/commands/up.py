"""Start everything and keep it running: database, broker, API, relay, schedule, workers.

Nothing else is needed: PostgreSQL and a Redis-compatible server come with Saola and keep their data in SAOLA_HOME
(default .saola) across restarts. Set SAOLA_DATABASE_URL or SAOLA_BROKER_URL to use your own instead.

What dies is started again. Ctrl-C stops every process. `saola status` shows from another terminal what runs, and
logs lie in SAOLA_HOME/logs.
"""

from typing import Annotated

import typer

from cli.child import read_text
from cli.commands.status import show_status
from cli.embedded.place import holder
from cli.stack import Stack
from cli.status import key_file
from core.settings import point_to, settings, unknown_variables


def up(
    port: Annotated[int | None, typer.Option(help="Port of the API; the next free one if it is in use.")] = None,
) -> None:
    if port is not None:
        point_to({"SAOLA_PORT": str(port)})
    home = settings().home.absolute()
    if home.exists() and holder(home, "saola") is not None:
        show_status(home)
        return
    for name in unknown_variables():
        typer.secho(f"{name} is no setting of Saola and is ignored; see `saola doctor`", fg="yellow", err=True)
    (home / "agents").mkdir(parents=True, exist_ok=True)  # the operator's own; used where SAOLA_AGENTS names no other
    stack = Stack(settings(), lambda line: typer.secho(line, fg="yellow", err=True))

    def ready() -> None:
        typer.secho(f"Saola is ready: {stack.url}", fg="green")
        if key := read_text(key_file(home)):
            typer.echo(f"API key: {key}  (kept in {key_file(home)})")
        typer.echo(f"Data and logs: {home}. Ctrl-C stops everything.")

    typer.echo(f"Starting Saola in {home} ...")
    stack.run(ready)
    typer.echo("Everything has stopped.")
