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


@pytest.fixture
def agents_folder(tmp_path: Path) -> Path:
    """A folder with one answers agent of three intents."""
    folder = tmp_path / "agents"
    write_agent(folder, "shop", INTENTS)
    return folder


@pytest.fixture
def line(
    servers: Servers, database: Database, agents_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Line]:
    """A line with nothing started yet; this process's own settings point to it too."""
    with Line(servers, database, agents_folder, tmp_path / "home", SAOLA_LEASE_SECONDS="4") as made:
        for name, value in made.environment.items():
            if name.startswith("SAOLA_"):
                monkeypatch.setenv(name, value)
        point_to({})
        db.app_database.cache_clear()
        db.system_database.cache_clear()
        yield made
        db.app_database().close()
        db.app_database.cache_clear()
        db.system_database.cache_clear()
    settings.cache_clear()
