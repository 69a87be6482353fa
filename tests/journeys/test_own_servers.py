"""docker-compose.yml's own commands on a PostgreSQL and a Redis of the operating system, from nothing to a decision."""

import time
from typing import Any

import httpx
import pytest

from tests.cli.waiting import wait_for
from tests.journeys.conftest import INTENTS
from tests.journeys.line import write_agent
from tests.journeys.own_servers import OwnServers, missing, own_servers

# Nine processes start here: 40 s on an idle machine, minutes on one that does much else.
pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.timeout(600)]
SERVICES = ("api", "relay", "schedule", "worker-tickets", "worker-documents", "worker-llm")


def test_a_ticket_is_decided_on_servers_of_ones_own() -> None:
    with own_servers(SAOLA_LIBRARY="false") as servers:
        write_agent(servers.folder / "agents", "shop", INTENTS)
        for _ in range(2):  # the second time changes nothing
            migrated = servers.run("migrate")
            assert migrated.returncode == 0, migrated.stderr
        key = (servers.folder / "home/api-key").read_text().strip()
        for name in SERVICES:
            servers.start(name)
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{servers.api_port}", headers={"Authorization": f"Bearer {key}"}, timeout=20
            ) as client:
                for name in SERVICES:
                    wait_for(lambda name=name: servers.healthy(name), 180, f"{name} is healthy")  # type: ignore[misc] # bound now
                decided = decide(client, servers)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{servers.logs()}") from error
    assert (decided["agent"], decided["action"]) == ("shop", "hold"), decided
    assert [reason["code"] for reason in decided["reasons"]] == ["no_certificate"]


def decide(client: httpx.Client, servers: OwnServers) -> dict[str, Any]:
    """Hand in tickets until triage knows the agent; return the first run of its whose decision may be seen: a run that
    was drawn for audit hides it until it is judged."""
    end = time.monotonic() + 180
    while time.monotonic() < end:
        answer = client.post("/v1/tickets", json={"text": "Hello, when do you open on Sunday?"})
        assert answer.status_code == 202, answer.text
        for _ in range(40):
            runs = [run for run in client.get(answer.json()["url"]).json()["runs"] if not run["shadow"]]
            if runs:
                break
            time.sleep(0.25)
        if runs and runs[0]["agent"] and runs[0]["action"]:
            return dict(runs[0])
    raise AssertionError("no ticket was worked on by an agent")
