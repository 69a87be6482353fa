"""`saola up` from an empty home to the end: all starts, heals, starts again quickly, stops, and keeps its data."""

import os
import signal
from pathlib import Path

from tests.cli.waiting import crowding, wait_for
from tests.journeys.conftest import INTENTS
from tests.journeys.installation import Installation
from tests.journeys.line import write_agent

NAMES = {
    *("postgres", "valkey", "api", "relay", "schedule"),
    *("worker-tickets", "worker-documents", "worker-llm"),
}


def worked(installation: Installation, ticket_id: str) -> bool:
    found = installation.request("GET", f"/v1/tickets/{ticket_id}").json()
    return bool(found.get("runs"))


def test_from_an_empty_home_through_kills_to_the_second_start(tmp_path: Path) -> None:
    write_agent(tmp_path / "agents", "shop", INTENTS)
    variables = {"SAOLA_AGENTS": str(tmp_path / "agents"), "SAOLA_LIBRARY": "false", "SAOLA_LEASE_SECONDS": "5"}
    with Installation(tmp_path / "home", **variables) as installation:
        installation.up()
        installation.wait_ready()
        wait_for(lambda: "API key: sao_" in installation.said(), what="the key is shown")
        assert f"Saola is ready: {installation.url}" in installation.said()
        assert set(installation.pids()) == NAMES
        first = installation.submit("I lost my card")
        wait_for(lambda: worked(installation, first), 60, "the first ticket is worked")

        second_up, status = installation.saola("up"), installation.saola("status")
        assert second_up.returncode == 0 and f"runs in {installation.home}" in second_up.stdout
        assert status.returncode == 0 and "worker-llm" in status.stdout

        every_process_is_healed(installation)
        after_kills = installation.submit("Where is my parcel?")
        wait_for(lambda: worked(installation, after_kills), 60, "a ticket is worked after all those kills")

        installation.end(signal.SIGKILL)
        installation.up()
        took = installation.wait_accepting()
        assert took < 5 * crowding(), "the second start takes 5 s or less until the first ticket is accepted"
        assert installation.request("GET", f"/v1/tickets/{first}").status_code == 200
        installation.wait_ready()

        assert installation.end(signal.SIGINT) < 8 * crowding()
        assert installation.processes() == []
        assert installation.process and installation.process.returncode == 0


def every_process_is_healed(installation: Installation) -> None:
    before = installation.pids()
    for name in ("relay", "schedule", "worker-tickets", "worker-documents", "worker-llm", "api", "valkey", "postgres"):
        os.kill(before[name], signal.SIGKILL)
    wait_for(
        lambda: all(installation.pids().get(name) not in (None, pid) for name, pid in before.items()),
        60,
        "each was started again",
    )
    wait_for(installation.all_ready, 90, "all are ready again")
