"""What our pages tell people to type works."""

import os
from pathlib import Path

import pytest

from cli.status import key_file
from tests.architecture.tree import ROOT
from tests.journeys import pages
from tests.journeys.installation import Installation
from tests.journeys.own_servers import missing, own_servers

SCRIPTS = pages.marked()
pytestmark = pytest.mark.timeout(600)  # 10 s each on an idle machine; they start many processes


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("SAOLA_", "PG"))}


@pytest.mark.parametrize("path", SCRIPTS["checkout"], ids=str)
def test_commands_for_a_checkout_work(path: Path, tmp_path: Path) -> None:
    # Without the bundled agents, on whose examples triage would first be trained.
    environment = {**clean_environment(), "SAOLA_HOME": str(tmp_path / "home"), "SAOLA_LIBRARY": "false"}
    pages.run(SCRIPTS["checkout"][path], environment, tmp_path)


def test_commands_for_a_running_installation_work(tmp_path: Path) -> None:
    with Installation(tmp_path / "home", SAOLA_LIBRARY="false") as installation:
        installation.up()
        installation.wait_ready(180)
        key = key_file(installation.home).read_text().strip()
        environment = {**installation.environment, "URL": installation.url, "KEY": key}
        for path, script in SCRIPTS["installation"].items():
            said = pages.run(script, environment, tmp_path)
            if path.name == "README.md":
                assert '"state": "accepted"' in said
            else:
                for part in ('"status": "ready"', "saola_paused 0.0", '{"paused":true}', '{"replayed":0}'):
                    assert part in said, said


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_commands_for_servers_of_ones_own_work(tmp_path: Path) -> None:
    with own_servers(roles=False) as servers:
        environment = {**clean_environment(), **servers.administrator(), "SAOLA_HOME": str(tmp_path / "home")}
        scripts = SCRIPTS["own servers"]
        said = pages.run(scripts[Path("docs/how-to/own-postgresql.md")], environment, ROOT)
        assert "The database has the newest schema" in said
        said = pages.run(scripts[Path("docs/how-to/operate.md")], environment, tmp_path)
        assert "UPDATE 1" in said
        assert len(scripts) == 2
