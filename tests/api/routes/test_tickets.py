"""Taking in, following up, listing and looking at tickets, with good and bad input."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.db import app_database
from core.store.sql import scalar
from tests.api import made
from tests.api.conftest import Desk


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return desk.client()


def count(desk: Desk, table: str) -> int:
    with app_database().transaction(desk.tenant_id) as connection:
        return int(scalar(connection, f"SELECT count(*) FROM {table}"))


def test_a_ticket_is_accepted_with_its_work_committed(desk: Desk, client: TestClient) -> None:
    jobs = count(desk, "outbox")
    answer = client.post("/v1/tickets", json={"text": "Tôi bị mất thẻ", "customer": {"address": "mai@example.com"}})
    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["location"] == body["url"] == f"/v1/tickets/{body['id']}"
    assert count(desk, "outbox") == jobs + 1
    shown = client.get(body["url"]).json()
    assert shown["messages"][0]["text"] == "Tôi bị mất thẻ"
    assert shown["customer_address"] == "mai@example.com"
    assert [event["kind"] for event in shown["events"]] == ["ticket.received"]


BAD: list[tuple[str, bytes, int, str]] = [
    ("no text", b"{}", 422, "/text"),
    ("empty text", b'{"text": "  "}', 422, "is empty"),
    ("a wrong type", b'{"text": 1}', 422, "/text"),
    ("a list", b"[]", 422, "invalid"),
    ("an unknown member", b'{"text": "a", "txet": "b"}', 422, "/txet"),
    ("NUL", b'{"text": "a\\u0000b"}', 422, "NUL"),
    ("NUL in a nested member", b'{"text": "a", "customer": {"name": "\\u0000"}}', 422, "/customer/name"),
    ("half a surrogate pair", b'{"text": "\\ud800"}', 422, "surrogate"),
    ("half a surrogate pair as a member's name", b'{"text": "a", "\\ud800": 1}', 422, "unicode"),
    ("too long a text", b'{"text": "' + b"a" * 50_001 + b'"}', 422, "50000"),
    ("too long a subject", b'{"text": "a", "subject": "' + b"a" * 501 + b'"}', 422, "/subject"),
    ("an impossible date", b'{"text": "a", "received_at": "2026-02-30T00:00:00Z"}', 422, "/received_at"),
    ("a date without a time zone", b'{"text": "a", "received_at": "2026-02-03T00:00:00"}', 422, "/received_at"),
    ("a date in the future", b'{"text": "a", "received_at": "2099-01-01T00:00:00Z"}', 422, "future"),
    ("a date long ago", b'{"text": "a", "received_at": "0001-01-01T00:00:00+14:00"}', 422, "2000"),
    ("a huge number as a date", b'{"text": "a", "received_at": 1e300}', 422, "/received_at"),
    ("a bad language", b'{"text": "a", "language": "english"}', 422, "/language"),
    ("a bad channel", b'{"text": "a", "channel": "../x"}', 422, "/channel"),
    ("no JSON", b"hello", 400, "not valid JSON"),
    ("no UTF-8", b'{"text": "\xff"}', 400, "well-formed"),
    ("deep nesting", b"[" * 100_000, 400, "nested too deeply"),
    ("a body over the limit", b'{"text": "' + b"a" * 1_000_001 + b'"}', 413, "at most 1,000,000"),
]


@pytest.mark.parametrize(("body", "status", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input_is_a_problem_that_says_what_is_wrong(
    client: TestClient, body: bytes, status: int, told: str
) -> None:
    answer = client.post("/v1/tickets", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert told in answer.text
    assert problem["type"].startswith("urn:saola:problem:")
    assert problem["next"]


def test_a_body_without_a_declared_length_is_cut_at_the_limit(client: TestClient) -> None:
    chunks = (b"a" * 100_000 for _ in range(11))
    answer = client.post("/v1/tickets", content=chunks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_router_too_answers_with_problems(client: TestClient) -> None:
    for method, path, status in [
        ("PUT", "/v1/tickets", 405),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/tickets/x", 422),
    ]:
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["next"]
    assert "GET" in client.put("/v1/tickets").headers["allow"]


def test_a_second_ticket_with_the_same_external_id_is_a_conflict(client: TestClient) -> None:
    first = client.post("/v1/tickets", json={"text": "a", "external_id": "crm-1"})
    second = client.post("/v1/tickets", json={"text": "b", "external_id": "crm-1"})
    assert (first.status_code, second.status_code) == (202, 409)
    assert second.json()["type"] == "urn:saola:problem:duplicate_external_id"


def test_a_ticket_is_dated_back_by_operations_only(desk: Desk) -> None:
    then = datetime.now(UTC) - timedelta(days=9)
    body = {"text": "old", "received_at": then.isoformat(), "origin": "demo"}
    assert desk.client("staff").post("/v1/tickets", json=body).status_code == 403
    answer = desk.client("ops").post("/v1/tickets", json=body)
    shown = desk.client().get(answer.json()["url"]).json()
    assert datetime.fromisoformat(shown["received_at"]) == then
    assert shown["origin"] == "demo"
    follow = desk.client("staff").post(f"/v1/tickets/{shown['id']}/messages", json={"text": "still there?"})
    assert follow.status_code == 202
    shown = desk.client().get(answer.json()["url"]).json()
    late = datetime.fromisoformat(shown["messages"][1]["at"]) - then
    assert late < timedelta(minutes=1)  # its follow-up is on the ticket's own clock


def test_a_follow_up_is_the_next_turn_and_opens_a_closed_ticket(desk: Desk, client: TestClient) -> None:
    ticket_id = made.ticket(desk.tenant_id)
    assert client.post(f"/v1/tickets/{ticket_id}/close").status_code == 200
    answer = client.post(f"/v1/tickets/{ticket_id}/messages", json={"text": "It is back"})
    assert answer.status_code == 202
    shown = client.get(f"/v1/tickets/{ticket_id}").json()
    assert (shown["turn"], shown["state"]) == (2, "open")
    assert shown["events"][-1]["kind"] == "ticket.reopened"
    assert len(shown["items"]) == 2


def test_a_follow_up_of_no_ticket_is_not_found(client: TestClient) -> None:
    answer = client.post("/v1/tickets/01a20935-3d3b-7578-b036-c09f56d81688/messages", json={"text": "a"})
    assert answer.status_code == 404


def test_a_batch_takes_all_or_none(desk: Desk, client: TestClient) -> None:
    before = count(desk, "tickets")
    bad = client.post("/v1/tickets:batch", json={"tickets": [{"text": "a"}, {"text": ""}, {"x": 1}]})
    assert bad.status_code == 422
    assert {fault["pointer"] for fault in bad.json()["errors"]} >= {"/tickets/1/text", "/tickets/2/x"}
    twice = client.post("/v1/tickets:batch", json={"tickets": [{"text": "a", "external_id": "b1"}] * 2})
    assert twice.status_code == 409
    assert count(desk, "tickets") == before
    good = client.post("/v1/tickets:batch", json={"tickets": [{"text": f"number {n}"} for n in range(500)]})
    assert good.status_code == 202
    assert good.json()["accepted"] == 500
    assert count(desk, "tickets") == before + 500


def test_a_batch_reports_each_where_asked_to(client: TestClient) -> None:
    body: dict[str, Any] = {
        "mode": "each",
        "tickets": [{"text": "a", "external_id": "e1"}, {"text": "b", "external_id": "e1"}, {"t": 1}, 5],
    }
    answer = client.post("/v1/tickets:batch", json=body)
    assert [one["status"] for one in answer.json()["results"]] == [202, 409, 422, 422]
    assert (answer.json()["accepted"], answer.json()["refused"]) == (1, 3)


def test_a_batch_has_at_most_500(client: TestClient) -> None:
    for number in (0, 501):
        answer = client.post("/v1/tickets:batch", json={"tickets": [{"text": "a"}] * number})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/tickets")


def test_the_list_is_walked_by_cursors_without_gap_or_repeat(desk: Desk, client: TestClient) -> None:
    wanted = [str(made.ticket(desk.tenant_id, f"page {n}", channel="walk")) for n in range(7)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(
            "/v1/tickets", params={"channel": "walk", "limit": 3, **({"cursor": cursor} if cursor else {})}
        )
        found += [ticket["id"] for ticket in page.json()["tickets"]]
        cursor = page.json()["next"]
    assert found == wanted[::-1]


def test_search_finds_words_without_their_accents(desk: Desk, client: TestClient) -> None:
    ticket_id = made.ticket(desk.tenant_id, "Tôi muốn đổi địa chỉ giao hàng", subject="Đơn 4711")
    for words in ("doi dia chi", "ĐỊA CHỈ", "4711", "giao han", "địa | !chỉ:*"):
        found = client.get("/v1/tickets", params={"q": words}).json()["tickets"]
        assert str(ticket_id) in [one["id"] for one in found], words
    assert client.get("/v1/tickets", params={"q": "chuyển khoản"}).json()["tickets"] == []


@pytest.mark.parametrize(
    "query",
    ["cursor=zzz", "cursor=%00", "cursor=W10", "limit=0", "limit=201", "state=new", "q=%00", "since=yesterday",
     "since=99999-01-01T00:00:00Z", "intent=%00", "agent=%00", "attention=none"],
)  # fmt: skip
def test_bad_filters_are_problems(client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/tickets?{query}")
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("query:")


def test_filters_narrow_the_list(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id, channel="filters")
    plain = made.ticket(desk.tenant_id, channel="filters")

    def found(**params: str) -> set[str]:
        tickets = client.get("/v1/tickets", params={"channel": "filters", **params}).json()["tickets"]
        return {ticket["id"] for ticket in tickets}

    assert found() == {str(held.ticket_id), str(plain)}
    assert found(attention="review") == found(attention="any") == found(agent="shop") == {str(held.ticket_id)}
    assert found(attention="handoff") == found(agent="other") == found(state="closed") == set()
    assert found(intent="lost_card", language="en") == {str(held.ticket_id)}
    assert found(until="2020-01-01T00:00:00Z") == set()


def test_reasons_are_told_in_words_in_the_callers_language(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id)
    path = f"/v1/tickets/{held.ticket_id}"
    english = client.get(path).json()["runs"][0]["reasons"][0]
    assert english["code"] == "score_below_threshold"
    assert english["text"] == "The agent is not sure enough: score 0.81, certified threshold 0.90."
    german = client.get(path, headers={"Accept-Language": "fr;q=0.9, de;q=0.8, en;q=0.1"}).json()
    assert german["runs"][0]["reasons"][0]["text"].startswith("Der Agent ist nicht sicher genug")


def test_the_score_is_left_out_while_an_audit_is_open(desk: Desk, client: TestClient) -> None:
    held = made.held(desk.tenant_id, audited=True)
    answer = client.get(f"/v1/tickets/{held.ticket_id}")
    assert "0.8123" not in answer.text
    run = answer.json()["runs"][0]
    assert (run["audit_open"], run["score"], run["action"], run["reasons"]) == (True, None, None, [])
    audit = next(
        a for a in client.get("/v1/audits?limit=200").json()["audits"] if a["ticket_id"] == str(held.ticket_id)
    )
    client.post(f"/v1/audits/{audit['id']}/judge", json={"right": True})
    assert client.get(f"/v1/tickets/{held.ticket_id}").json()["runs"][0]["score"] == 0.8123
