"""The `saola` command as a person meets it, run as a real process."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.embedded.place import find_place, locked
from cli.main import COMMANDS, Commands, make_app
from core.errors import Rejected
from tests.agents.folders import MANIFEST, write_agent
from tests.cli.waiting import crowding

HEAVY = ("sqlalchemy", "celery", "langchain", "langchain_core", "fastapi", "rich", "psycopg", "numpy")


def saola(*words: str, home: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAOLA_")}
    environment |= {"SAOLA_HOME": str(home), "COLUMNS": "120", **variables}
    command = [sys.executable, "-m", "cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_help_is_there_at_once_and_lists_every_command(home: Path) -> None:
    saola("--help", home=home)  # compiles
    began = time.monotonic()
    shown = saola("--help", home=home)
    took = time.monotonic() - began
    names = [path.stem.rstrip("_").replace("_", "-") for path in COMMANDS.glob("[a-z]*.py")]
    assert shown.returncode == 0 and "up" in names
    for name in names:
        line = next(line for line in shown.stdout.splitlines() if line.strip().startswith(f"{name} "))
        assert len(line.split()) > 3, f"cli/commands/{name}.py says what it does in its docstring's first line"
    assert took < 0.4 * crowding()


def test_help_loads_nothing_heavy() -> None:
    code = (
        f"import sys; sys.argv = ['saola', '--help']; import cli.main; print([m for m in {HEAVY} if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(COMMANDS.glob("[a-z]*.py")), ids=lambda path: str(path.stem))
def test_each_command_teaches_in_its_help(path: Path) -> None:
    name = path.stem.rstrip("_").replace("_", "-")
    shown = CliRunner().invoke(make_app([name]), [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert len(shown.output.split()) > 20


def test_an_unknown_command_is_named(home: Path) -> None:
    shown = saola("upp", home=home)
    assert shown.returncode == 2 and "upp" in shown.stderr


def test_an_error_of_ours_shows_its_words_and_hint_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    app = Commands()

    @app.command()
    def fail() -> None:
        raise Rejected("the file has no column 'text'", hint="Name it with --text.")

    with pytest.raises(SystemExit) as ended:
        app([])
    assert ended.value.code == 1
    assert capsys.readouterr().err.splitlines() == ["the file has no column 'text'", "Name it with --text."]


def test_only_the_wanted_command_is_imported() -> None:
    sys.modules.pop("cli.commands.doctor", None)
    make_app(["status"])
    assert "cli.commands.doctor" not in sys.modules


def test_doctor_names_a_misspelt_setting_and_the_nearest_real_one(home: Path) -> None:
    shown = saola("doctor", home=home, SAOLA_PROT="9000")
    assert shown.returncode == 1
    assert "SAOLA_PROT" in shown.stdout and "SAOLA_PORT" in shown.stdout and "First mend: SAOLA_PROT" in shown.stdout


def test_doctor_finds_a_whole_installation_well(home: Path) -> None:
    shown = saola("doctor", home=home)
    assert shown.returncode == 0, shown.stdout
    assert "Next: `saola up`" in shown.stdout


def test_doctor_names_an_agent_that_is_refused(home: Path, tmp_path: Path) -> None:
    write_agent(tmp_path / "own", "cards", agent_yaml=MANIFEST.format(name="cards") + "tiers: off\n")
    shown = saola("doctor", home=home, SAOLA_AGENTS=str(tmp_path / "own"), COLUMNS="300")
    assert shown.returncode == 1
    assert "agent.yaml:7: unknown key 'tiers' - did you mean 'tier'?" in shown.stdout
    assert "First mend: agent cards" in shown.stdout


def test_doctor_says_that_saola_runs(home: Path) -> None:
    home.mkdir(exist_ok=True)
    with locked(home, "saola"):
        shown = saola("doctor", home=home)
    assert "Saola runs: it is being started" in shown.stdout, shown.stdout


def test_doctor_says_that_a_home_cannot_be_used(home: Path) -> None:
    home.write_text("a file")
    shown = saola("doctor", home=home / "below")
    assert shown.returncode == 1 and "home" in shown.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's data lie in the home itself")
def test_doctor_names_data_whose_home_is_gone(home: Path, tmp_path: Path) -> None:
    lost = tmp_path / "lost"
    place = find_place(lost)
    shutil.rmtree(lost)
    shown = saola("doctor", home=home)
    place.remove()
    assert shown.returncode == 0 and place.data.name in shown.stdout.replace("\n", "")


def test_status_of_a_home_where_nothing_runs(home: Path) -> None:
    shown = saola("status", home=home)
    assert shown.returncode == 3 and "saola up" in shown.stdout
