"""Agents over HTTP: the live setting lowers the manifest's tier, never raises it, and is journalled."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from agents.catalog import Catalog
from tests.agents.folders import MANIFEST, write_agent
from tests.api.conftest import Desk


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return desk.client("ops")


def test_every_agent_in_the_library_is_listed(client: TestClient) -> None:
    listed = client.get("/v1/agents").json()
    names = [agent["name"] for agent in listed["agents"]]
    assert "account_access" in names
    assert names == sorted(names)


def test_an_otherwise_that_leads_nowhere_is_told_of_an_agent_in_service(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_agent(tmp_path, agent_yaml=MANIFEST.format(name="cards") + "otherwise: desk\n")
    found = Catalog([tmp_path], library=False)
    found.refresh()
    monkeypatch.setattr("api.routes.agents.catalog", lambda: found)
    listed = client.get("/v1/agents").json()
    assert ([one["name"] for one in listed["agents"]], listed["refused"]) == (["cards"], [])
    told = "agent.yaml:7: otherwise: no agent 'desk' is in service"
    assert listed["remarks"] == [{"folder": "cards", "problem": told}]


def test_a_live_setting_is_in_force_at_once_and_in_the_journal(client: TestClient) -> None:
    changed = client.patch("/v1/agents/account_access", json={"tier": "assisted", "target": 0.97, "paused": True})
    assert changed.status_code == 200
    shown = client.get("/v1/agents/account_access").json()
    assert (shown["tier"], shown["ceiling"], shown["target"], shown["paused"]) == ("assisted", "automated", 0.97, True)
    assert shown["manifest"]["name"] == "account_access"
    journal = client.get("/v1/journal").json()
    entry = journal["entries"][0]
    assert (entry["action"], entry["object"], entry["actor"]) == ("agent.set", "account_access", "key:ops")
    assert entry["data"]["before"]["tier"] == "automated"
    assert journal["whole"] is True


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "nothing to change"),
        ({"tier": "best"}, "/tier"),
        ({"target": 0.951}, "0.95"),
        ({"audit_probability": 0}, "2%"),
        ({"audit_probability": 2}, "/audit_probability"),
        ({"paused": "perhaps"}, "/paused"),
        ({"treshold": 0.5}, "/treshold"),
    ],
)
def test_a_bad_setting_is_a_problem(client: TestClient, body: dict[str, object], told: str) -> None:
    answer = client.patch("/v1/agents/account_access", json=body)
    assert answer.status_code == 422
    assert told in answer.text


@pytest.mark.parametrize("nothing", [None, 0])
def test_null_and_0_take_back_what_was_asked_for(client: TestClient, nothing: float | None) -> None:
    asked = {"critical_target": 0.99, "audits_a_day": 20}
    assert client.patch("/v1/agents/account_access", json=asked).status_code == 200
    changed = client.patch("/v1/agents/account_access", json=dict.fromkeys(asked, nothing))
    assert changed.status_code == 200
    assert (changed.json()["critical_target"], changed.json()["audits_a_day"]) == (None, None)
    entry = client.get("/v1/journal").json()["entries"][0]
    assert entry["data"]["before"]["critical_target"] == 0.99 and entry["data"]["after"]["critical_target"] is None


def test_null_gives_the_target_back_to_the_manifest(client: TestClient) -> None:
    before = client.get("/v1/agents/account_access").json()["manifest"]["target"]
    client.patch("/v1/agents/account_access", json={"target": 0.99})
    assert client.patch("/v1/agents/account_access", json={"target": None}).json()["target"] == before
    assert client.patch("/v1/agents/account_access", json={"target": 0}).status_code == 422


def test_an_unknown_agent_is_not_found_and_the_nearest_is_named(client: TestClient) -> None:
    for answer in (
        client.get("/v1/agents/acount_access"),
        client.patch("/v1/agents/acount_access", json={"paused": True}),
    ):
        assert answer.status_code == 404
        assert "account_access" in answer.json()["next"]


def test_all_automation_is_paused_and_resumed(client: TestClient) -> None:
    assert client.post("/v1/pause", json={"paused": True}).json() == {"paused": True}
    assert client.get("/v1/agents").json()["paused"] is True
    client.post("/v1/pause", json={"paused": False})
    assert client.get("/v1/agents").json()["paused"] is False
    actions = [entry["action"] for entry in client.get("/v1/journal").json()["entries"][:2]]
    assert actions == ["automation.resumed", "automation.paused"]


def test_certificates_are_listed(client: TestClient) -> None:
    assert client.get("/v1/certificates").json() == {"certificates": []}
