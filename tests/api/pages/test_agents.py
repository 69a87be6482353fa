"""An agent's page: what it says of the certificate beyond the settings."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from api.agents_seen import catalog
from api.gate_seen import standing_of
from api.pages import agents as pages
from api.pages.agents import PAGE
from core.db import app_database
from core.store import accounts, alarms, policies, standings
from metrics.certificates.overview import CurveLevel, CurvePoint, WhatIf
from tests.agents.folders import write_agent
from tests.api import made
from tests.api.conftest import Desk, agents_in
from tests.api.pages.test_session import signed_in, users

__all__ = ["users"]
SHIFT = {"moved": 0.2, "p": 0.0001, "kind": "de", "then": 0.02, "now": 0.22}
ASKED = {"target": 0.95, "confidence": 0.95, "critical_target": None, "threshold": 0.5, "share": 0.5}
KNOWN = {"k": 500, "n": 500, "audits": 500, "log_e": 9.0, "missing": "", "audits_missing": None, "drift": None}
ALARM = {"alarm": {"value": 1.0, "level": 300.0}, "simulated": False}


def stands_at(desk: Desk, owner: str, **told: object) -> None:
    with app_database().transaction(desk.tenant_id) as connection:
        data = {**ASKED, **KNOWN, **ALARM, "since": datetime.now(UTC).isoformat(), **told}
        stands = standings.Standing(owner, "f", "1", datetime.now(UTC), data)
        standings.set_standings(connection, desk.tenant_id, [stands])


def test_an_early_warning_stands_beside_the_certificate(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "ops")
    for inputs, shown in (({}, False), ({"language": SHIFT}, True)):
        stands_at(desk, "account_access", inputs=inputs)
        said = client.get("/agents/account_access").text
        assert ("Early warning" in said) == shown
        assert ("Languages are not what they were under the audits (German was 2%, is 22%" in said) == shown
        row = client.get("/agents").text.split('href="/agents/account_access"')[1].split("</tr>")[0]
        assert ('<span class="chip wait" title="Languages are not' in row) == shown


def test_what_an_alarm_stopped_is_told_until_a_person_raises_the_tier(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "ops")
    stands_at(desk, "account_access", threshold=None, missing="about 57 more audits", audits_missing=57)
    now = datetime.now(UTC)
    told = {"wrong": 1, "audits": 9, "target": 0.95}
    with app_database().transaction(desk.tenant_id) as connection:
        rang = alarms.NewAlarm("account_access", "f", "accuracy", 400, 300, now, ["account_access"], told)
        alarm = alarms.add(connection, desk.tenant_id, rang)
        policies.set_agent(connection, desk.tenant_id, "account_access", tier="assisted")
    for stopped in (True, False):
        said = client.get("/agents/account_access").text
        assert ("Stopped by the alarm of" in said, f'href="/notices/alarms/{alarm}"' in said) == (stopped, stopped)
        with app_database().transaction(desk.tenant_id) as connection:
            words = standing_of(connection, ["account_access"])["account_access"].words
            assert words.startswith(f"stopped by the alarm of {now:%Y-%m-%d}") == stopped
            policies.set_agent(connection, desk.tenant_id, "account_access", tier="automated")
    assert "Nothing went out in that time." in client.get(f"/notices/alarms/{alarm}").text


def test_a_familys_certificate_and_what_the_agents_own_still_takes_are_told_apart(
    desk: Desk, users: dict[str, UUID]
) -> None:
    client, _ = signed_in(desk, users, "ops")
    family = catalog().get("account_access").manifest.family
    stands_at(desk, f"family:{family}")
    stands_at(desk, "account_access", threshold=None, missing="about 57 more audits", audits_missing=57)
    made.certify(desk.tenant_id, f"family:{family}")
    said = " ".join(client.get("/agents/account_access").text.split())
    assert "It has no certificate of its own: what goes out alone rests on its family" in said
    assert "Certificate of its own:</b> About 57 more audits until a certificate." in said
    made.certify(desk.tenant_id, "account_access")
    assert "It has no certificate of its own" not in client.get("/agents/account_access").text


def test_a_target_that_is_certified_is_not_said_to_lack_audits(
    desk: Desk, users: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = signed_in(desk, users, "ops")
    known = {"share": 0.5, "low": 0.4, "high": 0.6, "certified_share": 0.0, "words": "", "threshold": None}
    points = tuple(CurvePoint(target=one, audits_missing=41, until=None, **known) for one in (0.93, 0.95))
    level = CurveLevel(threshold=0.5, share=1.0, accuracy=0.96, low=0.9, high=0.99, audits=300)
    curve = WhatIf(
        agent="loyalty_card",
        fingerprint="f",
        runs=300,
        held_by_rule=0,
        audits=300,
        judged_per_day=1.0,
        points=points,
        levels=(level,),
    )
    monkeypatch.setattr(pages, "curve_of", lambda *_: curve)
    lacks = "About 41 more audits until a certificate."
    assert client.get("/agents/loyalty_card").text.count(lacks) == len(points)
    made.certify(desk.tenant_id, "loyalty_card", threshold=0.7914)
    said = client.get("/agents/loyalty_card").text
    assert said.count(lacks) == 1, "only the target that has none"
    assert said.count("In force now: a certificate from score 0.791 up.") == 1


@pytest.fixture
def many(tmp_path: Path) -> Iterator[list[str]]:
    """More agents than a page shows, and no others."""
    names = [f"many_{number:03d}" for number in range(PAGE + 7)]
    for name in names:
        write_agent(tmp_path, name)
    with agents_in(tmp_path, SAOLA_LIBRARY="false"):
        yield names


def test_more_agents_than_a_page_holds_are_leafed_through_and_searched(
    desk: Desk, users: dict[str, UUID], many: list[str]
) -> None:
    client, _ = signed_in(desk, users, "ops")
    listed = re.compile(r'<a href="/agents/(many_\d+)"')
    first = client.get("/agents").text
    assert listed.findall(first) == many[:PAGE]
    assert f"{len(many)} agents" in first
    assert listed.findall(client.get(f"/agents?cursor={many[PAGE - 1]}").text) == many[PAGE:]
    assert listed.findall(client.get("/agents?q=many 031").text) == ["many_031"]
    assert "No agent fits" in client.get("/agents?q=nothing+like+it").text


def test_a_refused_folder_is_told_in_the_readers_language(tmp_path: Path, desk: Desk, users: dict[str, UUID]) -> None:
    folder = write_agent(tmp_path, "broken")
    (folder / "agent.yaml").write_text((folder / "agent.yaml").read_text().replace("owner:", "ownr:"))
    told = {}
    with agents_in(tmp_path, SAOLA_LIBRARY="false"):
        client, _ = signed_in(desk, users, "ops")
        for language in ("vi", "en"):
            with app_database().transaction(desk.tenant_id) as connection:
                accounts.set_user_language(connection, users["ops"], language)
            told[language] = client.get("/agents").text
    assert "<b>broken</b> <span>agent.yaml:3: unknown key &#39;ownr&#39; - did you mean &#39;owner&#39;?" in told["en"]
    assert "<b>broken</b> <span>agent.yaml:3: khóa không biết “ownr” – có phải “owner” không?" in told["vi"]
