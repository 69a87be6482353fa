"""Real servers for every test: PostgreSQL and Valkey from the wheels, started once, a fresh database for each test."""

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

from cli.embedded.temporary import Database, Servers, temporary_servers
from core.db import migrate

if TYPE_CHECKING:
    from tests.workers.made import Shop

# A busy machine is no defect: what takes long is seen in the durations, not in a deadline per example.
hypothesis_settings.register_profile("saola", deadline=None)
hypothesis_settings.load_profile("saola")

# A process of the parallel run pretends to be a terminal of 80 columns, whatever a test says of its width.
os.environ.pop("COLUMNS", None)

# nohup and a shell's background job ignore these and hand that on; what tests start must be stopped by them, too.
for _number, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _usual)

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Both embedded servers in one temporary home, for the whole session."""
    with temporary_servers(durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def template(servers: Servers) -> Database:
    """A migrated, empty database that the others are copies of; nobody may stay connected to it."""
    made = servers.create_database("template_saola")
    migrate(made.owner_url)
    return made


def _copy(servers: Servers, template: Database) -> Iterator[Database]:
    made = servers.create_database(f"test_{next(_numbers)}", template.name)
    yield made
    servers.drop_database(made.name)


@pytest.fixture
def database(servers: Servers, template: Database) -> Iterator[Database]:
    """A migrated, empty database of its own for one test."""
    yield from _copy(servers, template)


@pytest.fixture
def shop(database: Database, servers: Servers, tmp_path: Path) -> "Iterator[Shop]":
    """A tenant with two agents that have not run yet, and this process as its worker."""
    from tests.workers.made import open_shop  # a second of imports that few tests need

    with open_shop(database, servers, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def module_database(servers: Servers, template: Database) -> Iterator[Database]:
    """A migrated, empty database shared by the tests of one module."""
    yield from _copy(servers, template)
