"""A worker beats from its main loop: real processes, told apart by what `saola health` says of them."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands.health import beat_fault
from cli.embedded.temporary import Database, Servers
from tests.cli.waiting import wait_for
from tests.journeys.line import Line
from workers.beat import SECONDS


@pytest.fixture
def line(servers: Servers, database: Database, tmp_path: Path) -> "Line":
    (tmp_path / "agents").mkdir()
    return Line(servers, database, tmp_path / "agents", tmp_path / "home")


def fault(line: Line, process: str, late: float = 3 * SECONDS) -> str:
    return beat_fault(line.environment["SAOLA_DATABASE_URL"], process, late)


def health(line: Line, process: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli", "health", process]
    return subprocess.run(command, env=line.environment, capture_output=True, text=True, timeout=30, check=False)


def test_a_process_is_healthy_only_while_it_progresses(line: Line) -> None:
    with line:
        assert fault(line, "llm") == "has not made progress yet"
        line.start("relay")
        line.start("llm")
        wait_for(lambda: fault(line, "llm") == fault(line, "relay") == "", 60, "both beat")
        assert health(line, "llm").returncode == 0
        line.processes["llm"].send_signal(signal.SIGSTOP)  # it runs, and its port would answer; it does nothing
        line.kill("relay")
        wait_for(lambda: fault(line, "llm", late=1), 30, "a hanging worker is noticed")
        wait_for(lambda: fault(line, "relay", late=0.5).startswith("no progress for"), 30, "and so is a killed relay")
        line.processes["llm"].send_signal(signal.SIGCONT)
        wait_for(lambda: not fault(line, "llm", late=1), 30, "it beats again")


def test_without_a_database_nothing_is_healthy(line: Line) -> None:
    with line:
        line.environment["SAOLA_DATABASE_URL"] = "postgresql+psycopg://nobody@127.0.0.1:1/none"
        shown = health(line, "relay")
        assert shown.returncode == 1 and "relay: OperationalError" in shown.stderr
