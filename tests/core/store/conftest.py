"""A database as the application sees it, with one tenant."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from cli.embedded.temporary import Database as Urls
from core.db import Database
from core.ids import new_id
from core.store import tenants


@pytest.fixture
def app(database: Urls) -> Iterator[Database]:
    """The database under the rules of the application's role."""
    made = Database(database.app_url)
    yield made
    made.close()


@pytest.fixture
def tenant(app: Database) -> UUID:
    """A tenant without anything."""
    tenant_id = new_id()
    with app.transaction() as connection:
        tenants.make(connection, tenant_id, "Test")
    return tenant_id
