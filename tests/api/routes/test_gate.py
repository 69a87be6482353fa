"""The gate over HTTP and on the command line: standings, ledger, what-if, alarms, and certificates computed again."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api import agents_seen
from api.main import make_app
from cli.commands import certificate as certificate_command
from cli.commands import gate as gate_command
from core import keys
from core.db import app_database
from core.store import accounts
from tests.workers.made import Shop
from workers.certify import renew_certificates

SCORES = [(number * 37 % 100) / 100 for number in range(100)]


@pytest.fixture
def client(shop: Shop) -> Iterator[TestClient]:
    agents_seen._seen.cache_clear()  # the catalog is another one
    key = keys.make_key()
    with app_database().transaction(shop.tenant) as connection:
        accounts.add_key(connection, shop.tenant, name="ops", prefix=key.prefix, digest=key.digest, scopes=["ops"])
    yield TestClient(make_app(), headers={"Authorization": f"Bearer {key.text}"})
    agents_seen._seen.cache_clear()


def command(app: object, *words: str) -> str:
    made = CliRunner().invoke(app, list(words), env={"COLUMNS": "250"})  # type: ignore[arg-type] # a typer app
    assert made.exit_code == 0, made.output
    return made.output


def test_an_agent_on_its_way_is_told_what_is_missing_and_until_when(shop: Shop, client: TestClient) -> None:
    shop.run(SCORES, [True] * 100)
    shop.do(renew_certificates, "certificates.renew")
    found = client.get("/v1/gate").json()
    one = next(agent for agent in found["agents"] if agent["agent"] == "shop")
    assert (one["certified"], one["judged_per_day"] > 14) == (False, True)
    assert one["audits_missing"] > 0
    assert one["until"] is not None
    assert "no certificate: about" in one["words"]
    assert found["agreement"]["kappa"] is None
    assert "no certificate: about" in command(gate_command.app, "status")


def test_certificates_of_a_fleet_say_how_many_stand_together(shop: Shop, client: TestClient) -> None:
    shop.run(SCORES * 5, [True] * 500)
    shop.run(SCORES, [False] * 100, agent="desk")
    shop.do(renew_certificates, "certificates.renew")
    found = client.get("/v1/gate").json()
    by_agent = {agent["agent"]: agent for agent in found["agents"]}
    assert by_agent["shop"]["words"].startswith("certified at least 95% right with 95% confidence, on audited traffic")
    assert by_agent["shop"]["in_fleet"] and not by_agent["desk"]["in_fleet"]
    assert (found["fleet"]["owners"], found["fleet"]["kept"], found["fleet"]["false_share"]) == (3, 1, 0.05)


def test_inputs_that_are_not_those_of_the_audits_are_warned_of_and_demote_nobody(
    shop: Shop, client: TestClient
) -> None:
    def standing() -> Any:
        shop.do(renew_certificates, "certificates.renew")
        return next(one for one in client.get("/v1/gate").json()["agents"] if one["agent"] == "shop")

    shop.run(SCORES * 5, [True] * 500)
    shop.sql("UPDATE runs SET language = 'en', created_at = created_at - interval '10 days'")
    shop.run(SCORES * 2, [True] * 200)
    shop.sql("UPDATE runs SET language = 'en' WHERE language = ''")
    alike = standing()
    assert (alike["warning"], alike["inputs"]) == ("", {})
    shop.sql("UPDATE runs SET language = 'de' WHERE created_at > now() - interval '1 day' AND score > 0.7")
    shop.sql("UPDATE standings SET again_at = clock_timestamp()")
    found = standing()
    assert found["certified"]
    shift = found["inputs"]["language"]
    assert (shift["kind"], shift["then"], shift["now"]) == ("de", 0.0, pytest.approx(0.29, abs=0.02))
    assert found["warning"].startswith("languages are not what they were under the audits (de was 0%")
    assert "warning: languages are not what they were" in " ".join(command(gate_command.app, "status").split())


def test_scores_that_are_not_those_that_fixed_the_levels_are_warned_of(shop: Shop, client: TestClient) -> None:
    shop.run(SCORES * 5, [True] * 500)
    # Within the first hour nothing is compared.
    shop.sql("UPDATE runs SET created_at = created_at - interval '2 hours'")
    shop.run([score * 0.4 for score in SCORES] * 5, [True] * 500)
    shop.do(renew_certificates, "certificates.renew")
    found = next(one for one in client.get("/v1/gate").json()["agents"] if one["agent"] == "shop")
    assert found["warning"].startswith("scores are not what they were when the levels were fixed (stability index")
    assert "warning: scores are not what they were" in " ".join(command(gate_command.app, "status").split())


def test_the_ledger_bounds_what_was_wrong_of_what_was_sent(shop: Shop, client: TestClient) -> None:
    chance = random.Random(1)
    shop.run([0.9] * 300, action="automate", probability=0.25)
    shop.run([0.9] * 100, [chance.random() > 0.03 for _ in range(100)], action="automate", probability=0.25)
    (line,) = client.get("/v1/gate/ledger").json()["lines"]
    assert (line["sent"], line["audited"]) == (400, 100)
    assert line["found_wrong"] / 0.25 == line["estimate"] < line["at_most"] < 100
    assert line["accuracy_at_least"] == pytest.approx(1 - line["at_most"] / 400)
    assert "of 400 replies sent without a person" in command(gate_command.app, "ledger")


def test_the_ledger_ends_where_audits_are_still_open(shop: Shop, client: TestClient) -> None:
    shop.run([0.9] * 100, [True] * 100, action="automate", probability=0.5)
    shop.run([0.9] * 10, [None] * 10, action="automate", probability=0.5)
    (line,) = client.get("/v1/gate/ledger").json()["lines"]
    assert (line["sent"], line["audited"]) == (100, 100)
    shop.sql("UPDATE audits SET due_at = clock_timestamp() - interval '1 minute' WHERE state = 'open'")
    (line,) = client.get("/v1/gate/ledger").json()["lines"]
    assert (line["sent"], line["found_wrong"]) == (110, 10)


def test_what_if_gives_a_share_with_its_band_for_each_target(shop: Shop, client: TestClient) -> None:
    shop.run(SCORES * 4, [score > 0.3 for score in SCORES] * 4)
    found = client.get("/v1/gate/curve", params={"agent": "shop"}).json()
    shares = {point["target"]: point for point in found["points"]}
    assert list(shares) == [0.9, 0.93, 0.95, 0.97, 0.98, 0.99]
    assert shares[0.9]["low"] <= shares[0.9]["share"] <= shares[0.9]["high"]
    assert shares[0.99]["share"] <= shares[0.95]["share"] <= shares[0.9]["share"]
    assert shares[0.95]["share"] == pytest.approx(0.72, abs=0.06)
    assert found["levels"][-1]["accuracy"] == pytest.approx(0.69, abs=0.01)
    assert "would automate" in command(gate_command.app, "curve", "shop")


def test_a_window_without_enough_audits_shows_no_curve(shop: Shop, client: TestClient) -> None:
    shop.run(SCORES, [True] * 5 + [None] * 95)
    found = client.get("/v1/gate/curve", params={"agent": "shop"}).json()
    assert (found["points"], found["missing"]) == ([], "15 more judged audits")
    assert client.get("/v1/gate/curve", params={"agent": "nobody"}).status_code == 404


def test_an_alarm_lists_what_went_out_in_its_time(shop: Shop, client: TestClient) -> None:
    shop.run([0.9] * 60, [number % 3 > 0 for number in range(60)], action="automate")
    shop.do(renew_certificates, "certificates.renew")
    (first, *_) = [one for one in client.get("/v1/gate/alarms").json()["alarms"] if one["agent"] == "shop"]
    detail = client.get(f"/v1/gate/alarms/{first['id']}").json()
    assert len(detail["items"]) == 60
    assert sum(item["right"] is False for item in detail["items"]) == 20
    assert "set to assisted: shop" in command(gate_command.app, "alarms")
    assert "60 items" in command(gate_command.app, "alarm", first["id"])
    assert client.get("/v1/agents/shop").json()["tier"] == "assisted"


def test_a_certificate_is_listed_and_computed_again(shop: Shop, client: TestClient) -> None:
    shop.run(SCORES * 5, [True] * 500)
    shop.do(renew_certificates, "certificates.renew")
    (first, *_) = client.get("/v1/certificates", params={"agent": "shop"}).json()["certificates"]
    found = client.get(f"/v1/gate/certificates/{first['id']}/verify").json()
    assert (found["holds"], found["corrected"]) == (True, 0)
    assert "follows from its rows" in command(certificate_command.app, "verify", first["id"])
    assert first["id"] in command(certificate_command.app, "list", "--live")
    shop.sql("UPDATE certificates SET expires_at = clock_timestamp() - interval '1 second'")
    assert first["id"] not in command(certificate_command.app, "list", "--live")
    assert "expired" in command(certificate_command.app, "list")
    shop.sql("UPDATE certificates SET hash = repeat('0', 64)")
    bad = CliRunner().invoke(certificate_command.app, ["verify", first["id"]])
    assert (bad.exit_code, "differs" in bad.output) == (1, True)
    shop.sql("""UPDATE certificates SET evidence = '{"audits": ["0190f3a2-0000-7000-8000-000000000000"]}'""")
    old = client.get(f"/v1/gate/certificates/{first['id']}/verify").json()
    assert (old["holds"], "another version" in json.dumps(old["checks"])) == (False, True)


def test_a_look_is_announced_before_the_first_verdict_and_not_after(shop: Shop, client: TestClient) -> None:
    audits = shop.run([0.9] * 100, [None] * 100, shadow=True)
    assert client.post("/v1/gate/looks", json={"agent": "shop", "audits": 100}).status_code == 200
    shop.judge(audits, [True] * 100)
    shop.do(renew_certificates, "certificates.renew")
    certified = {one["agent"] for one in client.get("/v1/gate").json()["agents"] if one["certified"]}
    assert certified == {"shop"}  # the family's was not announced, and has too few audits
    late = client.post("/v1/gate/looks", json={"agent": "shop", "audits": 65})
    assert (late.status_code, "judged already" in late.text) == (409, True)


def test_a_look_may_be_announced_before_the_first_run_of_an_agent_that_there_is(shop: Shop, client: TestClient) -> None:
    answers = {
        name: client.post("/v1/gate/looks", json={"agent": name, "audits": 100}).status_code
        for name in ("shop", "family:tests", "nobody", "family:nobody")
    }
    assert answers == {"shop": 200, "family:tests": 200, "nobody": 404, "family:nobody": 404}
    shop.run([0.9] * 100, [True] * 100, shadow=True)
    shop.do(renew_certificates, "certificates.renew")
    certified = {one["agent"] for one in client.get("/v1/gate").json()["agents"] if one["certified"]}
    assert certified == {"shop", "family:tests"}  # by the look: evidence at any time takes more than 100 audits
    again = client.post("/v1/gate/looks", json={"agent": "shop", "audits": 200})
    assert again.status_code == 409


def test_who_raises_the_tier_ends_what_an_alarm_stopped_also_where_it_is_lowered_again(
    shop: Shop, client: TestClient
) -> None:
    shop.run(SCORES * 5, [True] * 500, shadow=True)
    shop.run([0.9] * 60, [number % 3 > 0 for number in range(60)], action="automate")
    shop.do(renew_certificates, "certificates.renew")

    def stopped() -> set[str]:
        told = command(gate_command.app, "status")
        found = {one["agent"] for one in client.get("/v1/gate").json()["agents"] if one["stopped"]}
        assert ("stopped by the alarm of" in told) == bool(found)
        return found

    assert "shop" in stopped()
    for tier in ("automated", "assisted"):
        assert client.patch("/v1/agents/shop", json={"tier": tier}).status_code == 200
        assert "shop" not in stopped()


def test_every_answer_is_the_same_as_json_on_the_command_line(shop: Shop, client: TestClient) -> None:
    shop.run(SCORES, [True] * 100, action="automate", probability=0.5)
    shop.do(renew_certificates, "certificates.renew")
    assert json.loads(command(gate_command.app, "status", "--json"))["fleet"] == client.get("/v1/gate").json()["fleet"]
    said = json.loads(command(gate_command.app, "ledger", "--json"))["lines"][0]
    assert said["at_most"] == client.get("/v1/gate/ledger").json()["lines"][0]["at_most"]
