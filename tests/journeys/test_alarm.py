"""An agent earns its certificate on a running installation, turns bad, and is stopped by the installation alone."""

import re
import time
from collections.abc import Iterator
from email import message_from_bytes
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.waiting import crowding, wait_for
from tests.journeys.conftest import INTENTS
from tests.journeys.installation import Installation
from tests.journeys.line import write_agent
from tests.journeys.test_line import wait_for_a_second
from tests.smtp import Inbox, serve

RUNS = 120
SENT = 12
_numbers = count()


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    with serve() as (kept, port):
        yield kept, f"smtp://127.0.0.1:{port}"


def test_an_agent_that_turns_bad_is_stopped_by_itself_and_its_owner_hears_of_it(
    tmp_path: Path, inbox: tuple[Inbox, str]
) -> None:
    mails, smtp = inbox
    write_agent(tmp_path / "agents", "shop", INTENTS)
    variables = {"SAOLA_AGENTS": str(tmp_path / "agents"), "SAOLA_LIBRARY": "false", "SAOLA_SMTP_URL": smtp}
    with Installation(tmp_path / "home", **variables, SAOLA_UNDO_SECONDS="0") as installation:
        installation.up()
        installation.wait_ready(90 * crowding())
        wait_for(lambda: "API key: sao_" in installation.said(), what="the key is shown")
        it_earns_a_certificate(installation)
        tickets = it_acts_alone(installation)
        seconds = it_is_stopped_after_wrong_judgements(installation)
        assert seconds < 60 * crowding(), "within a minute on an idle machine"
        alarm = what_went_out_is_listed(installation, tickets)
        assert (standing(installation)["certified"], standing(installation)["stopped"]["alarm"]) == (False, alarm)
        told = installation.saola("gate", "status").stdout
        assert re.search(r"shop: stopped by the alarm of .* until a person raises its tier; no certificate", told), told
        its_owner_is_told(installation, mails, alarm)
        (held,) = hand_in(installation, 1)
        wait_for(lambda: run_of(installation, held), 60, "the next ticket is worked")
        for audit in audits(installation):  # what is audited shows no decision before it is judged
            judge(installation, audit, right=True)
        assert run_of(installation, held)["action"] == "hold"


def hand_in(installation: Installation, number: int) -> list[str]:
    questions = [question for examples, _ in INTENTS.values() for question in examples]
    asked = [{"text": f"{questions[at % len(questions)]} ({next(_numbers)})"} for at in range(number)]
    answer = installation.request("POST", "/v1/tickets:batch", json={"tickets": asked, "mode": "all"})
    assert answer.status_code == 202, answer.text
    return [one["id"] for one in answer.json()["results"]]


def run_of(installation: Installation, ticket_id: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = installation.request("GET", f"/v1/tickets/{ticket_id}").json().get("runs") or [{}]
    return found[-1]


def audits(installation: Installation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = installation.request("GET", "/v1/audits?limit=200").json()["audits"]
    return found


def judge(installation: Installation, audit: dict[str, Any], *, right: bool) -> None:
    answer = installation.request("POST", f"/v1/audits/{audit['id']}/judge", json={"right": right})
    assert answer.status_code == 200, answer.text


def it_earns_a_certificate(installation: Installation) -> None:
    changed = installation.request("PATCH", "/v1/agents/shop", json={"audit_probability": 1.0})
    assert changed.status_code == 200, changed.text
    wait_for_a_second()
    hand_in(installation, RUNS)
    wait_for(lambda: len(audits(installation)) == RUNS, 120 * crowding(), "all runs are drawn to be judged")
    look = installation.request("POST", "/v1/gate/looks", json={"agent": "shop", "audits": RUNS})
    assert look.status_code == 200, look.text
    for audit in audits(installation):
        judge(installation, audit, right=True)
    wait_for(lambda: standing(installation)["certified"], 60 * crowding(), "the agent is certified")


def standing(installation: Installation) -> dict[str, Any]:
    found = installation.request("GET", "/v1/gate").json()["agents"]
    return next((one for one in found if one["agent"] == "shop"), {"certified": False})


def it_acts_alone(installation: Installation) -> list[str]:
    wait_for_a_second()
    tickets = hand_in(installation, SENT)

    def answered() -> bool:
        found = [installation.request("GET", f"/v1/tickets/{one}").json() for one in tickets]
        return sum(any(said["author"] == "agent" for said in one["messages"]) for one in found) > SENT / 2

    wait_for(answered, 60 * crowding(), "most tickets are answered without a person")
    wait_for(lambda: all(run_of(installation, one) for one in tickets), 60 * crowding(), "all tickets are worked")
    return tickets


def it_is_stopped_after_wrong_judgements(installation: Installation) -> float:
    for audit in audits(installation):
        judge(installation, audit, right=False)
    began = time.monotonic()
    shown = "/v1/agents/shop"
    wait_for(lambda: installation.request("GET", shown).json()["tier"] == "assisted", 300, "the agent is demoted")
    return time.monotonic() - began


def what_went_out_is_listed(installation: Installation, tickets: list[str]) -> str:
    sent = {one for one in tickets if run_of(installation, one)["action"] == "automate"}
    assert len(sent) > SENT / 2
    rang = installation.request("GET", "/v1/gate/alarms?agent=shop").json()["alarms"]
    assert [(one["kind"], one["members"]) for one in rang] == [("accuracy", ["shop"])]
    alarm = str(rang[0]["id"])
    items = installation.request("GET", f"/v1/gate/alarms/{alarm}").json()["items"]
    assert {one["ticket_id"] for one in items} == sent
    assert all(one["right"] is False for one in items)
    assert alarm in installation.saola("gate", "alarms").stdout.replace("\n", "")
    return alarm


def its_owner_is_told(installation: Installation, mails: Inbox, alarm: str) -> None:
    def subjects() -> list[tuple[str, str]]:
        return [(str(mail["To"]), str(mail["Subject"])) for mail in map(message_from_bytes, mails.mails)]

    told = ("tests@example.com", "Saola stopped automating: shop")
    wait_for(lambda: told in subjects(), 60 * crowding(), "the owner has a mail")
    made = installation.saola("user", "new", "tests@example.com", "--scope", "ops", "--password", "a long password 1")
    assert made.returncode == 0, made.stdout + made.stderr
    with httpx.Client(base_url=installation.url, follow_redirects=True, timeout=20) as page:
        form = {"email": "tests@example.com", "password": "a long password 1"}
        page.post("/login", data=form, headers={"Origin": installation.url})
        notices = page.get("/notices").text
        assert "Stopped automating: shop" in notices
        listed = page.get(f"/notices/alarms/{alarm}").text
        assert f"/notices/alarms/{alarm}" in page.get("/agents/shop").text
    assert f"/notices/alarms/{alarm}" in notices
    assert len(set(re.findall(r'href="(/tickets/[^"]+)"', listed))) > SENT / 2
