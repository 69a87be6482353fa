"""Versions of an agent: kept with their files, compared by file and by what they said to the same tickets."""

from api.pages.wording import words_marked
from core.db import app_database
from core.store import versions
from core.store.sql import scalar
from core.store.versions import Version
from tests.api import made
from tests.api.conftest import Desk


def test_the_serving_version_is_kept_and_two_are_compared_file_by_file(desk: Desk) -> None:
    client = desk.client("ops")
    (now,) = client.get("/v1/agents/warranty/versions").json()
    assert now["serving"] and now["kept"]
    with app_database().transaction(desk.tenant_id) as connection:
        files = dict(versions.files_of(connection, "warranty", now["version"]) or {})
        files["answers.md"] = files["answers.md"].replace("\n## ", "\n\n## ", 1) + "More.\n"
        versions.keep(connection, desk.tenant_id, [Version("warranty", "0+old", {**files, "cases.yaml": ""}, "lan@x")])
    found = client.get("/v1/agents/warranty/versions").json()
    assert {one["version"]: one["by"] for one in found} == {now["version"]: "", "0+old": "lan@x"}
    path = f"/v1/agents/warranty/versions/compare?first=0%2Bold&second={now['version'].replace('+', '%2B')}"
    compared = client.get(path).json()
    assert [one["file"] for one in compared["files"]] == ["answers.md", "cases.yaml"]
    assert "-More." in compared["files"][0]["lines"]
    assert client.get(path.replace("0%2Bold", "nope")).status_code == 404


def test_both_versions_are_shown_on_the_tickets_that_both_worked_on(desk: Desk) -> None:
    held = made.held(desk.tenant_id, reply="Old words.", agent="returns_policy", subject="Both")
    desk.client("staff").post(f"/v1/reviews/{held.decision_id}/reject", json={"reason": "old"})
    with app_database().transaction(desk.tenant_id) as connection:
        for version in ("1+abc", "2+def"):
            versions.keep(connection, desk.tenant_id, [Version("returns_policy", version, {})])
    made.shadow(desk.tenant_id, held, version="2+def", reply="New words.")
    path = "/v1/agents/returns_policy/versions/compare?first=1%2Babc&second=2%2Bdef"
    compared = desk.client("ops").get(path).json()
    assert (compared["items"], compared["changed"]) == (1, 1)
    (pair,) = compared["pairs"]
    assert (pair["old"]["reply"], pair["new"]["reply"], pair["old"]["right"]) == ("Old words.", "New words.", False)
    assert compared["old"]["accuracy"]["k"] == 0 and compared["new"]["accuracy"]["value"] is None


def test_the_serving_version_is_tried_on_the_agents_newest_tickets(desk: Desk) -> None:
    held = made.held(desk.tenant_id, agent="store_information")
    assert desk.client("staff").post("/v1/agents/store_information/versions/replay").status_code == 403
    assert desk.client("ops").post("/v1/agents/store_information/versions/replay").json() == {"items": 1}
    with app_database().transaction(desk.tenant_id) as connection:
        sql = """SELECT count(*) FROM outbox o JOIN work_items w ON w.id = o.subject_id
                 WHERE o.task = 'item.replay' AND w.ticket_id = :id"""
        assert scalar(connection, sql, id=held.ticket_id) == 1


def test_words_that_differ_are_marked_and_all_is_escaped() -> None:
    old, new = words_marked("Call <b>us</b> now please", "Call them now")
    assert str(old) == "Call <del>&lt;b&gt;us&lt;/b&gt;</del> now <del>please</del>"
    assert str(new) == "Call <ins>them</ins> now"
