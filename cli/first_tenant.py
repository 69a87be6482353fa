"""The first start: one tenant and one API key for it. The key is printed and kept in home."""

import os
from pathlib import Path
from uuid import UUID

from cli.status import key_file
from core.db import app_database, system_database
from core.ids import new_id
from core.keys import make_key
from core.store import accounts, tenants


def ensure_tenant(home: Path, name: str = "Default") -> tuple[UUID, str | None]:
    """Return the first tenant's id, made with an API key of all scopes where there is none; the key if it is new."""
    with system_database().transaction() as connection:
        everyone = tenants.everyone(connection)
    if everyone:
        return UUID(str(everyone[0]["id"])), None
    tenant_id, key = new_id(), make_key()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with app_database().transaction(tenant_id) as connection:
        tenants.make(connection, tenant_id, name)
        accounts.add_key(
            connection, tenant_id, name="first key", prefix=key.prefix, digest=key.digest, scopes=accounts.SCOPES
        )
        # Before the commit: a tenant whose key could not be kept is not made.
        with os.fdopen(os.open(key_file(home), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(key.text + "\n")
    return tenant_id, key.text
