"""Make, list and revoke API keys."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from cli.connect import connected
from core.db import app_database
from core.errors import Rejected
from core.keys import make_key
from core.store import accounts, journal

app = typer.Typer()
SCOPES = f"Scopes, separated by commas: {', '.join(accounts.SCOPES)}."


@app.command()
def new(
    name: Annotated[str, typer.Option(help="What it is for; shown in lists and in the journal.")] = "",
    scope: Annotated[str, typer.Option(help=SCOPES)] = "staff",
) -> None:
    """Make a key and print it once; only its digest is kept."""
    scopes = read_scopes(scope)
    with connected() as tenant, app_database().transaction(tenant) as connection:
        key = make_key()
        accounts.add_key(connection, tenant, name=name, prefix=key.prefix, digest=key.digest, scopes=scopes)
        data = {"name": name, "scopes": scopes}
        journal.write(connection, tenant, actor="cli", action="key.made", object=key.prefix, data=data)
    typer.echo(key.text)


@app.command("list")
def list_() -> None:
    """List the keys by prefix; the keys themselves are not kept."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = accounts.list_keys(connection)
    table = Table("id", "prefix", "name", "scopes", "made", "revoked")
    for row in found:
        revoked = f"{row['revoked_at']:%Y-%m-%d %H:%M}" if row["revoked_at"] else ""
        made = f"{row['created_at']:%Y-%m-%d %H:%M}"
        table.add_row(str(row["id"]), row["prefix"], row["name"], ", ".join(row["scopes"]), made, revoked)
    Console().print(table)


@app.command()
def revoke(prefix: Annotated[str, typer.Argument(help="The key's prefix, as `saola key list` shows it.")]) -> None:
    """Revoke a key; it is refused from 5 seconds later on at the latest."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = next((row for row in accounts.list_keys(connection) if row["prefix"] == prefix), None)
        if found is None or not accounts.revoke_key(connection, UUID(str(found["id"]))):
            raise Rejected(f"there is no live key {prefix!r}", code="not_found", hint="List them: saola key list")
        journal.write(connection, tenant, actor="cli", action="key.revoked", object=prefix, data={})
    typer.echo(f"{prefix} is revoked")


def read_scopes(text: str) -> list[str]:
    """Return the scopes of a comma-separated list. Raises Rejected for one that does not exist."""
    scopes = sorted({part.strip() for part in text.split(",") if part.strip()})
    unknown = [scope for scope in scopes if scope not in accounts.SCOPES]
    if unknown or not scopes:
        raise Rejected(f"no such scope: {', '.join(unknown) or 'none given'}", code="invalid", hint=SCOPES)
    return scopes
