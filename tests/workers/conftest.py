"""A workshop with one agent on a real database: what background jobs need, without Celery."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from cli.embedded.temporary import Database, Servers
from core import db
from core.ids import new_id
from core.settings import settings
from core.store import tenants
from tests.journeys.line import write_agent
from tests.workers.made import Shop
from workers.resources import workshop


@pytest.fixture
def shop(database: Database, servers: Servers, tmp_path: Path) -> Iterator[Shop]:
    """A tenant whose agents `shop` and `desk` are of one family; nothing has run yet."""
    questions = {"opening_hours": (["When do you open?", "Are you open on Sunday?"], "From 9 to 18.")}
    write_agent(tmp_path / "agents", "shop", questions)
    write_agent(tmp_path / "agents", "desk", questions)
    values = {
        **servers.environment(database),
        "SAOLA_HOME": str(tmp_path),
        "SAOLA_AGENTS": str(tmp_path / "agents"),
        "SAOLA_LIBRARY": "false",
        "SAOLA_SECRET": "a-secret-for-tests-only",
    }
    cached = (settings, db.app_database, db.system_database, workshop)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        for one in cached:
            one.cache_clear()
        tenant: UUID = new_id()
        with db.app_database().transaction(tenant) as connection:
            tenants.make(connection, tenant, "Test")
        yield Shop(tenant)
        db.app_database().close()
        for one in cached:
            one.cache_clear()
