"""A line of its own for each journey."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded.temporary import Database, Servers
from core import db
from core.settings import point_to, settings
from tests.journeys.line import Line, write_agent

INTENTS = {
    "opening_hours": (
        [
            "When do you open?",
            "What are your opening hours?",
            "Are you open on Sunday?",
            "Until when is the shop open?",
        ],
        "We are open from 9 to 18, Monday to Saturday.",
    ),
    "parcel_late": (
        ["Where is my parcel?", "My parcel has not arrived", "The delivery is late", "When does my order arrive?"],
        "Parcels take two to four days. You can follow yours with the number in your confirmation.",
    ),
    "lost_card": (
        ["I lost my card", "My card was stolen", "Please block my card", "My bank card is gone, block it"],
        "Your card can be blocked at any time by calling the number on its back.",
    ),
}


@pytest.fixture(scope="module")
def agents_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one answers agent of three intents."""
    folder = tmp_path_factory.mktemp("agents")
    write_agent(folder, "shop", INTENTS)
    return folder


@pytest.fixture(scope="module")
def line_settings() -> dict[str, str]:
    """More SAOLA_* settings of the line; a module that needs some has a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def line_workers() -> tuple[str, ...]:
    """The workers that are started; a module that needs others has a fixture of this name."""
    return ("tickets",)


@pytest.fixture(scope="module")
def running_line(
    servers: Servers,
    module_database: Database,
    agents_folder: Path,
    line_settings: dict[str, str],
    line_workers: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Line]:
    """Relay and workers, started once for a module; this process's own settings point to the same servers."""
    home = tmp_path_factory.mktemp("home")
    with (
        pytest.MonkeyPatch.context() as patch,
        Line(servers, module_database, agents_folder, home, SAOLA_LEASE_SECONDS="4", **line_settings) as made,
    ):
        for name, value in made.environment.items():
            if name.startswith("SAOLA_"):
                patch.setenv(name, value)
        point_to({})
        db.app_database.cache_clear()
        db.system_database.cache_clear()
        for process in ("relay", *line_workers):
            made.start(process)
        yield made
        for database in (db.app_database, db.system_database):
            database().close()
            database.cache_clear()
    settings.cache_clear()


@pytest.fixture
def line(running_line: Line) -> Line:
    """The running line with a tenant of its own, whose classifier is trained."""
    running_line.new_tenant()
    return running_line
