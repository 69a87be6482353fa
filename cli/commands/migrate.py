"""Bring the database to the newest schema, and make the first tenant and its key when there is none.

`saola up` does this by itself. With your own PostgreSQL run it once before each new version, with
SAOLA_OWNER_DATABASE_URL set to the role that owns the tables. Safe to run at any time, also twice at once.
"""

import typer

from cli.first_tenant import ensure_tenant
from cli.status import key_file
from core.db import migrate as migrate_schema
from core.errors import Rejected
from core.settings import settings


def migrate() -> None:
    current = settings()
    if not current.owner_database_url or not current.database_url:
        hint = "Set both, or use `saola up`, which brings its own database."
        raise Rejected("SAOLA_OWNER_DATABASE_URL or SAOLA_DATABASE_URL is not set", hint=hint)
    migrate_schema(current.owner_database_url)
    home = current.home.absolute()
    _, key = ensure_tenant(home)
    if key:
        typer.echo(f"Made the first tenant; its API key is in {key_file(home)}")
    typer.echo("The database has the newest schema.")
