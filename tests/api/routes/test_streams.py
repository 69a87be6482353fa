"""Events reach listeners as they are committed, none twice, none lost across a reconnection."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api import security
from api.routes import streams
from core.db import app_database
from core.store import intake
from tests.api import made
from tests.api.conftest import Desk
from tests.api.serving import served


@pytest.fixture(scope="module")
def url(api_database: object) -> Iterator[str]:
    with served() as url:
        yield url


def listen(url: str, desk: Desk, path: str, last: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the id and content of each event; the first yield says that the stream listens."""
    headers = {"Authorization": f"Bearer {desk.keys['staff']}"} | ({"Last-Event-ID": last} if last else {})
    with httpx.stream("GET", url + path, headers=headers, timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        cursor, data = "", ""
        for line in stream.iter_lines():
            if line.startswith(": listening"):
                yield "", {}
            elif line.startswith("id: "):
                cursor = line[4:]
            elif line.startswith("data: "):
                data = line[6:]
            elif not line and data:
                yield cursor, json.loads(data)
                data = ""


def test_an_event_comes_as_it_is_committed_and_never_tells_a_score(desk: Desk, url: str) -> None:
    stream = listen(url, desk, "/v1/events")
    next(stream)
    held = made.held(desk.tenant_id)
    kinds = []
    while "decision.recorded" not in kinds:
        _, event = next(stream)
        assert event["ticket_id"] == str(held.ticket_id)
        assert {"score", "threshold", "reasons", "action"}.isdisjoint(event["data"])
        kinds.append(event["kind"])
    assert kinds == ["ticket.received", "item.routed", "run.recorded", "decision.recorded"]


def test_a_listener_that_comes_back_gets_what_it_missed_and_nothing_twice(desk: Desk, url: str) -> None:
    stream = listen(url, desk, "/v1/events")
    next(stream)
    first = made.ticket(desk.tenant_id)
    cursor, event = next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert event["ticket_id"] == str(first)
    missed = [made.ticket(desk.tenant_id) for _ in range(3)]
    stream = listen(url, desk, "/v1/events", cursor)
    next(stream)
    new = made.ticket(desk.tenant_id)
    seen = [next(stream)[1]["ticket_id"] for _ in range(4)]
    assert seen == [str(one) for one in (*missed, new)]


def test_a_transaction_that_began_earlier_and_commits_later_is_not_skipped(desk: Desk, url: str) -> None:
    stream = listen(url, desk, "/v1/events")
    next(stream)
    with app_database().transaction(desk.tenant_id) as connection:
        slow = intake.add_ticket(
            connection, desk.tenant_id, intake.NewTicket(text="slow", received_at=datetime.now(UTC))
        )
        quick = made.ticket(desk.tenant_id)
    assert {next(stream)[1]["ticket_id"] for _ in range(2)} == {str(slow), str(quick)}


def test_the_stream_of_a_ticket_has_only_its_own_events(desk: Desk, url: str) -> None:
    ticket_id = made.ticket(desk.tenant_id)
    stream = listen(url, desk, f"/v1/tickets/{ticket_id}/events")
    next(stream)
    made.ticket(desk.tenant_id)
    with app_database().transaction(desk.tenant_id) as connection:
        intake.add_customer_message(connection, desk.tenant_id, ticket_id, "more", datetime.now(UTC))
    assert next(stream)[1]["kind"] == "message.received"


def test_another_tenants_events_stay_there(desk: Desk, other_desk: Desk, url: str) -> None:
    stream = listen(url, other_desk, "/v1/events")
    next(stream)
    made.ticket(desk.tenant_id)
    own = made.ticket(other_desk.tenant_id)
    assert next(stream)[1]["ticket_id"] == str(own)


@pytest.mark.parametrize("last", ["x", "1.x", "-1.0", "99999999999999999999999.0", "."])
def test_a_bad_cursor_is_a_problem(desk: Desk, url: str, last: str) -> None:
    headers = {"Authorization": f"Bearer {desk.keys['staff']}", "Last-Event-ID": last}
    answer = httpx.get(f"{url}/v1/events", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_the_stream_of_no_ticket_is_not_found(desk: Desk, url: str) -> None:
    headers = {"Authorization": f"Bearer {desk.keys['staff']}"}
    assert httpx.get(f"{url}/v1/tickets/{uuid4()}/events", headers=headers).status_code == 404


def test_a_stream_ends_with_the_key_that_opened_it(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(security, "KEY_SECONDS", 0.0)
    added = desk.client().post("/v1/keys", json={"name": "for a stream", "scopes": ["staff"]}).json()
    stream = listen(url, Desk(desk.tenant_id, {"staff": added["key"]}), "/v1/events")
    next(stream)
    seen = made.ticket(desk.tenant_id)
    assert next(stream)[1]["ticket_id"] == str(seen)
    assert desk.client().delete(f"/v1/keys/{added['id']}").status_code == 200
    made.ticket(desk.tenant_id)
    assert next(stream, None) is None
