"""The control room in numbers: CSV export, definitions, and charts that break where nothing is known."""

import csv
import io
from datetime import UTC, datetime
from uuid import UUID

from api import exports
from api.figures import Point
from api.pages import charts
from api.security import COOKIE
from core.db import app_database
from core.store import tenants
from metrics.estimate import Estimate, unknown
from tests.api import made
from tests.api.conftest import Desk
from tests.api.pages.test_session import signed_in, users
from workers.rollup import catch_up

__all__ = ["users"]


def test_the_table_for_spreadsheets_has_every_figure_and_no_formula(desk: Desk, users: dict[str, UUID]) -> None:
    made.held(desk.tenant_id, agent="=cmd()")
    catch_up(desk.tenant_id)
    client, _ = signed_in(desk, users, "ops")
    assert client.cookies[COOKIE]
    answer = client.get("/report.csv?days=7&by=agent")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert {"accuracy", "automation_share"} <= {row["figure"] for row in rows if row["group"] == "all"}
    assert "'=cmd()" in {row["value"] for row in rows}
    assert next(row for row in rows if row["figure"] == "accuracy")["estimate"] == ""


def test_a_model_that_is_left_alone_after_failures_is_named(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "ops")
    assert "left alone, tried again" not in client.get("/report").text
    with app_database().transaction() as connection:
        tenants.beat(connection, "llm@1", {"resting": {"openai:gpt": 90.0}})
    said = client.get("/report").text.split("openai:gpt</span>")[1].split("</li>")[0]
    assert "left alone, tried again in 90 seconds" in said or "left alone, tried again in 2 minutes" in said


def test_what_a_spreadsheet_could_run_is_quoted() -> None:
    assert [exports._cell(cell) for cell in ("=1", "+1", "-1", "@x", "\tx", "x", 1, None)] == [
        *("'=1", "'+1", "'-1", "'@x", "'\tx", "x"),
        *(1, None),
    ]


def test_a_curve_breaks_where_a_figure_is_not_known() -> None:
    now = datetime.now(UTC)
    known = Estimate(value=0.5, low=0.4, high=0.6, k=5, n=10)
    lone = Estimate(value=1.0, low=0.5, high=1.0, k=1, n=1)
    values = [known, known, unknown("audits"), lone]
    drawn = charts.curves([Point(now, 1, value, value) for value in values])["share"]
    assert drawn.line == "M125.0 150.0 L375.0 150.0 M875.0 0.0"
    assert drawn.band.startswith("M125.0 120.0 L375.0 120.0 L375.0 180.0 L125.0 180.0Z")
    assert drawn.dots == [(875.0, 0.0)]
