"""Figures over HTTP say what they count, and are null with a reason while they are not known."""

from datetime import datetime

import pytest

from tests.api import made
from tests.api.conftest import Desk
from workers.rollup import catch_up


def test_a_report_has_every_figure_with_its_definition(desk: Desk) -> None:
    made.held(desk.tenant_id)
    catch_up(desk.tenant_id)
    report = desk.client("ops").get("/v1/metrics/report?by=agent").json()
    names = {line["definition"]["name"] for line in report["lines"]}
    assert {"automation_share", "accuracy", "containment", "resolution", "straight_through"} <= names
    accuracy = next(line for line in report["lines"] if line["definition"]["name"] == "accuracy")
    assert accuracy["estimate"]["value"] is None
    assert accuracy["estimate"]["missing"]
    assert accuracy["definition"]["denominator"]
    assert [part["value"] for part in report["parts"]] == ["shop"]
    assert len(report["beside"]) == 6


def test_one_figure_is_asked_for_by_name(desk: Desk) -> None:
    client = desk.client("ops")
    assert client.get("/v1/metrics/automation_share").json()["definition"]["unit"] == "share"
    unknown = client.get("/v1/metrics/happiness")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:saola:problem:figure_unknown")
    assert "accuracy" in unknown.json()["next"]


@pytest.mark.parametrize(
    "query", ["since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", "by=moon", "since=x", "origin=x"]
)
def test_a_bad_period_is_a_problem(desk: Desk, query: str) -> None:
    answer = desk.client("ops").get(f"/v1/metrics/report?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.fixture(scope="module")
def worked(desk: Desk) -> Desk:
    """A desk whose tickets are rolled up."""
    made.held(desk.tenant_id, language="en")
    catch_up(desk.tenant_id)
    return desk


def test_our_figures_stand_beside_other_vendors(worked: Desk) -> None:
    client = worked.client("ops")
    found = client.get("/v1/metrics/side-by-side?definitions=fin,zendesk").json()
    assert {one["vendor"] for one in found} == {"saola", "fin", "zendesk"}
    assert client.get("/v1/metrics/side-by-side?definitions=acme").status_code == 422


def test_what_changed_has_a_difference_for_every_figure(worked: Desk) -> None:
    found = worked.client("ops").get("/v1/metrics/changes").json()
    names = {one["name"] for one in found["figures"]}
    assert {"automation_share", "accuracy", "repeat_contact"} <= names
    share = next(one for one in found["figures"] if one["name"] == "automation_share")
    assert share["difference"]["value"] is None and share["difference"]["missing"]


def test_one_figure_comes_by_group_and_beside_an_earlier_period(worked: Desk) -> None:
    client = worked.client("ops")
    found = client.get("/v1/metrics/failed_items?by=language&compare=before").json()
    assert [part["value"] for part in found["parts"]] == ["en"]
    assert found["parts"][0]["estimate"] == found["estimate"]
    assert (found["parts"][0]["before"], found["parts"][0]["difference"]) == (None, None)  # nobody wrote then
    assert found["estimate"]["value"] == 0 and found["before"]["missing"] and found["difference"]["value"] is None
    since, until, earlier = (datetime.fromisoformat(found[name]) for name in ("since", "until", "before_since"))
    assert until - since == since - earlier
    alone = client.get("/v1/metrics/failed_items").json()
    assert (alone["parts"], alone["before"], alone["before_since"]) == ([], None, None)


def test_what_waits_for_people_is_told_with_its_age(worked: Desk) -> None:
    (found,) = worked.client("ops").get("/v1/metrics/waiting").json()
    assert found["queue"] == "review" and found["waiting"] >= 1
    assert 0 <= found["median_seconds"] <= found["p90_seconds"] <= found["oldest_seconds"]


def test_groups_and_knowledge_gaps_are_lists(worked: Desk) -> None:
    client = worked.client("ops")
    assert [gap["tickets"] > 0 for gap in client.get("/v1/metrics/fairness").json()] == [True]
    assert client.get("/v1/metrics/knowledge-gaps").json() == []  # nothing is 7 days old


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_figures_and_events_come_as_files(worked: Desk, format: str) -> None:
    for what in ("figures", "events"):
        answer = worked.client("ops").get(f"/v1/metrics/export?what={what}&format={format}&by=agent")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        start = {"csv": (b"since,", b"id,"), "jsonl": (b"{",), "parquet": (b"PAR1",)}[format]
        assert answer.content.startswith(start)


def test_events_are_for_operations_only(worked: Desk) -> None:
    answer = worked.client("staff").get("/v1/metrics/export?what=events")
    assert answer.status_code == 403


def test_a_judges_figure_comes_with_its_errors_or_not_at_all(worked: Desk) -> None:
    found = worked.client("ops").get("/v1/metrics/judged").json()
    whole = found["whole"]
    assert (found["model"], whole["judged"], whole["corrected"], whole["sensitivity"]) == ("", 0, None, None)
    assert whole["missing"] == "30 more audits of replies that it judged"


def test_customers_groups_are_held_against_each_other(desk: Desk) -> None:
    client = desk.client("ops")
    for text, customer in (
        ("I lost my card", {"address": "vip@example.com", "group": "business"}),
        ("And my other card", {"address": "VIP@example.com"}),  # of the same group still
        ("Where is my parcel?", {"address": "one@example.com", "group": "private"}),
        ("Where is my other parcel?", {"name": "Nobody", "group": "private"}),
    ):
        assert client.post("/v1/tickets", json={"text": text, "customer": customer}).status_code == 202
    catch_up(desk.tenant_id)
    found = client.get("/v1/metrics/fairness?by=customer_group").json()
    assert {gap["value"]: gap["tickets"] for gap in found if gap["value"]} == {"business": 2, "private": 2}
    assert all(gap["share_gap"]["missing"] for gap in found)  # nothing is 7 days old
