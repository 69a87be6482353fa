"""`saola up` when everything is killed at once, when it alone is killed, and when it is stopped amid its start."""

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.waiting import wait_for
from tests.journeys.conftest import INTENTS
from tests.journeys.installation import Installation
from tests.journeys.line import write_agent

pytestmark = pytest.mark.faults


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    write_agent(tmp_path / "agents", "shop", INTENTS)
    with Installation(tmp_path / "home", SAOLA_AGENTS=str(tmp_path / "agents"), SAOLA_LIBRARY="false") as made:
        yield made


def test_kill_9_of_everything_at_once_loses_no_accepted_ticket(installation: Installation) -> None:
    installation.up()
    installation.wait_ready()
    tickets: list[str] = []
    for round_ in range(3):
        began = time.monotonic()
        while time.monotonic() - began < 2:
            tickets.append(installation.submit(f"Where is my parcel {round_}-{len(tickets)}?"))
        for process in installation.processes():  # `saola up` itself is among them
            with contextlib.suppress(psutil.Error):
                process.kill()
        installation.end(signal.SIGKILL)
        installation.up()
        installation.wait_accepting()
    found = [installation.request("GET", f"/v1/tickets/{ticket}").status_code for ticket in tickets]
    assert found == [200] * len(tickets) and len(tickets) > 30


def test_kill_9_of_the_supervisor_alone_leaves_nothing_running(installation: Installation) -> None:
    installation.up()
    installation.wait_ready()
    installation.submit("I lost my card")
    installation.end(signal.SIGKILL)
    wait_for(lambda: not installation.processes(), 30, "all have ended")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_end_in_the_middle_of_a_start_leaves_nothing_and_harms_nothing(
    installation: Installation, number: signal.Signals
) -> None:
    for seconds in (0.2, 0.5, 0.8, 1.2, 1.8, 2.5, 4.0):
        installation.up()
        time.sleep(seconds)
        installation.end(number)
        wait_for(lambda: not installation.processes(), 30, f"all have ended after {seconds} s")
    installation.up()
    installation.wait_ready()
    installation.submit("I lost my card")
