"""Figures over HTTP say what they count, and are null with a reason while they are not known."""

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
    assert len(report["beside"]) == 5


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
