"""Make and list the people who may log in to the pages."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from cli.commands.key import SCOPES, read_scopes
from cli.connect import connected
from cli.status import read_status
from core.db import app_database
from core.errors import Rejected
from core.passwords import LINK_SECONDS, hash_password, make_link_token
from core.settings import settings
from core.store import accounts, journal

app = typer.Typer()


@app.command()
def new(
    email: Annotated[str, typer.Argument(help="The address to log in with.")],
    name: Annotated[str, typer.Option(help="Shown to colleagues.")] = "",
    scope: Annotated[str, typer.Option(help=SCOPES)] = "staff",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if left out.")
    ] = "",
) -> None:
    """Add a person who may log in to the pages; the first one should have the scope admin."""
    scopes = read_scopes(scope)
    if "@" not in email or len(email) > 320:
        raise Rejected(f"{email!r} is not an address", code="invalid", hint="Write it like mai@example.com.")
    with connected() as tenant, app_database().transaction(tenant) as connection:
        hashed = hash_password(password)
        if accounts.add_user(connection, tenant, email=email, name=name, scopes=scopes, password_hash=hashed) is None:
            raise Rejected(f"{email} is taken", code="taken", hint="List the users: saola user list")
        journal.write(connection, tenant, actor="cli", action="user.made", object=email, data={"scopes": scopes})
    typer.echo(f"{email} may log in with {', '.join(scopes)}")


@app.command("list")
def list_() -> None:
    """List the people who may log in."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = accounts.list_users(connection)
    table = Table("email", "name", "scopes", "language", "disabled")
    for row in found:
        disabled = f"{row['disabled_at']:%Y-%m-%d}" if row["disabled_at"] else ""
        table.add_row(row["email"], row["name"], ", ".join(row["scopes"]), row["language"], disabled)
    Console().print(table)


@app.command()
def link(email: Annotated[str, typer.Argument(help="Of a user who exists.")]) -> None:
    """Print a link that logs this user in once, for 15 minutes (a forgotten password, a demonstration)."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        row = next((row for row in accounts.list_users(connection) if row["email"] == email.lower()), None)
        if row is None or row["disabled_at"]:
            raise Rejected(f"there is no user {email!r}", code="not_found", hint="Make one: saola user new")
        journal.write(connection, tenant, actor="cli", action="user.link", object=email, data={})
        token = make_link_token(UUID(str(row["id"])), tenant)
    status = read_status(settings().home)
    base = status.url if status else f"http://{settings().host}:{settings().port}"
    typer.echo(f"{base}/login/link/{token}")
    typer.echo(f"It works once, within {LINK_SECONDS // 60} minutes.")
