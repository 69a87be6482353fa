"""Homes for tests that start commands, and a tenant for those that run one in this process."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from cli.embedded.place import find_place
from cli.embedded.temporary import Database, Servers
from cli.first_tenant import ensure_tenant
from core import db
from core.settings import settings


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home that does not exist yet; what a command makes for it elsewhere (sockets, root's data) is removed."""
    yield tmp_path / "home"
    if (tmp_path / "home" / "embedded.json").exists():
        find_place(tmp_path / "home").remove()


@pytest.fixture(scope="module")
def installed(module_database: Database, servers: Servers) -> Iterator[UUID]:
    """The first tenant of a database that this process, and so a command in it, is pointed to."""
    cached = (settings, db.app_database, db.system_database)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in servers.environment(module_database).items():
            patch.setenv(name, value)
        for one in cached:
            one.cache_clear()
        yield ensure_tenant(servers.home)[0]
        db.app_database().close()
        db.system_database().close()
    for one in cached:
        one.cache_clear()
