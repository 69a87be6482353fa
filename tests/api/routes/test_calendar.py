"""Working hours and due times over HTTP, and the tickets that are late by them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.calendar import Calendar, received_before
from core.db import app_database
from core.store import inbox
from core.store.inbox import Filters
from core.store.sql import execute
from tests.api import made
from tests.api.conftest import Desk

UTC_ZONE = ZoneInfo("UTC")
ALWAYS = {day: [["00:00", "23:59"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def test_the_calendar_is_kept_and_journalled_and_only_operations_change_it(desk: Desk) -> None:
    client = desk.client("ops")
    assert client.get("/v1/calendar").json()["first_reply"] == {"high": 1.0, "normal": 8.0, "low": 24.0}
    body = {"hours": ALWAYS, "holidays": ["2026-12-25"], "first_reply": {"high": 0.5}}
    assert client.put("/v1/calendar", json=body).status_code == 200
    assert client.get("/v1/calendar").json()["holidays"] == ["2026-12-25"]
    assert client.get("/v1/journal").json()["entries"][0]["action"] == "calendar.set"
    assert desk.client("staff").put("/v1/calendar", json=body).status_code == 403
    assert client.put("/v1/calendar", json={"hours": {"mon": [["10:00", "09:00"]]}}).status_code == 422


def test_late_tickets_are_found_by_their_priority_oldest_first(desk: Desk) -> None:
    late, young, urgent, answered = (made.held(desk.tenant_id, f"n{n}").ticket_id for n in range(4))
    now = datetime.now(UTC)
    ages = {late: 30, young: 5, urgent: 5, answered: 30}
    with app_database().transaction(desk.tenant_id) as connection:
        for ticket_id, hours in ages.items():
            at = now - timedelta(hours=hours)
            execute(connection, "UPDATE tickets SET received_at = :at WHERE id = :id", at=at, id=ticket_id)
        execute(connection, "UPDATE tickets SET priority = 'high' WHERE id = :id", id=urgent)
        execute(connection, "UPDATE tickets SET first_reply_at = :now WHERE id = :id", id=answered, now=now)
        execute(connection, "UPDATE tickets SET shift_seconds = 90000 WHERE id = :id", id=late)
        calendar = Calendar.model_validate({"hours": ALWAYS, "first_reply": {"high": 1, "normal": 4.5}})
        due = received_before(calendar, UTC_ZONE, now)
        found = inbox.tickets(connection, Filters(due=due), oldest_first=True).rows
        assert [row["id"] for row in found] == [late, young, urgent]
        assert inbox.due_count(connection, due) == 3
        shifted = received_before(calendar, UTC_ZONE, now - timedelta(hours=2))
        assert [row["id"] for row in inbox.tickets(connection, Filters(due=shifted)).rows] == [urgent]
