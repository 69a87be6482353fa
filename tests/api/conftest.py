"""The application against a real database, with keys of two tenants."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api import agents_seen, security
from api.main import make_app
from cli.embedded.temporary import Database, Servers
from core import db, keys
from core.ids import new_id
from core.settings import settings
from core.store import accounts, tenants


@dataclass(frozen=True)
class Desk:
    """One tenant and callers of its scopes."""

    tenant_id: UUID
    keys: dict[str, str]

    def client(self, scope: str = "admin") -> TestClient:
        """Return a client that calls with a key of this scope; an unexpected error is a 500, as for a real caller."""
        headers = {"Authorization": f"Bearer {self.keys[scope]}"}
        return TestClient(make_app(), headers=headers, raise_server_exceptions=False)


def make_desk(name: str) -> Desk:
    """Make a tenant with one key for each scope."""
    tenant_id, made = new_id(), {}
    with db.app_database().transaction(tenant_id) as connection:
        tenants.make(connection, tenant_id, name)
        for scope in accounts.SCOPES:
            key = keys.make_key()
            accounts.add_key(connection, tenant_id, name=scope, prefix=key.prefix, digest=key.digest, scopes=[scope])
            made[scope] = key.text
    return Desk(tenant_id, made)


@pytest.fixture(scope="module")
def api_database(module_database: Database, servers: Servers) -> Iterator[Database]:
    """Point the process to this module's own database."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in servers.environment(module_database).items():
            patch.setenv(name, value)
        _forget()
        yield module_database
        db.app_database().close()
        db.system_database().close()
        _forget()


def _forget() -> None:
    for cached in (settings, db.app_database, db.system_database):
        cached.cache_clear()
    security._known_keys.clear()


@contextmanager
def agents_in(folder: Path, **environment: str) -> Iterator[None]:
    """Let the operator's own agents lie in this folder, which the pages may write to."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"SAOLA_AGENTS": str(folder), **environment}.items():
            patch.setenv(name, value)
        settings.cache_clear()
        agents_seen._seen.cache_clear()
        yield
    settings.cache_clear()
    agents_seen._seen.cache_clear()


@pytest.fixture(scope="module")
def desk(api_database: Database) -> Desk:
    return make_desk("Acme")


@pytest.fixture(scope="module")
def other_desk(api_database: Database) -> Desk:
    return make_desk("Other")
