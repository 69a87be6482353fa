"""The same key gives the same answer, byte for byte; another body is refused; a running request is a conflict."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core.db import app_database
from core.store import idempotency
from core.store.sql import execute, scalar
from tests.api.conftest import Desk


def tickets(desk: Desk) -> int:
    with app_database().transaction(desk.tenant_id) as connection:
        return int(scalar(connection, "SELECT count(*) FROM tickets"))


def test_the_first_answer_comes_again_byte_for_byte(desk: Desk) -> None:
    client, key, before = desk.client(), str(uuid4()), tickets(desk)
    first = client.post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": key})
    again = client.post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": f'"{key}"'})
    assert (again.status_code, again.content, again.headers["location"]) == (
        first.status_code,
        first.content,
        first.headers["location"],
    )
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert tickets(desk) == before + 1


def test_another_request_under_the_same_key_is_refused(desk: Desk) -> None:
    client, key = desk.client(), str(uuid4())
    client.post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": key})
    answer = client.post("/v1/tickets", json={"text": "b"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:saola:problem:key_reused")


def test_a_key_whose_request_still_runs_is_a_conflict(desk: Desk) -> None:
    client, key = desk.client(), str(uuid4())
    with app_database().transaction(desk.tenant_id) as connection:
        assert idempotency.lock(connection, desk.tenant_id, key)
        answer = client.post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
    assert client.post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": key}).status_code == 202


def test_of_many_at_once_one_ticket_is_made(desk: Desk) -> None:
    client, key, before = desk.client(), str(uuid4()), tickets(desk)
    start = threading.Barrier(8)

    def post(_: int) -> tuple[int, bytes]:
        start.wait()
        answer = client.post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": key})
        return answer.status_code, answer.content

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert {status for status, _ in answers} <= {202, 409}
    assert len({content for status, content in answers if status == 202}) == 1
    assert tickets(desk) == before + 1


def test_after_an_error_the_key_may_be_used_again(desk: Desk) -> None:
    client, key = desk.client(), str(uuid4())
    assert client.post("/v1/tickets", json={"text": ""}, headers={"Idempotency-Key": key}).status_code == 422
    assert client.post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": key}).status_code == 202


def test_a_key_is_forgotten_after_24_hours(desk: Desk) -> None:
    client, key = desk.client(), str(uuid4())
    first = client.post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": key})
    with app_database().transaction(desk.tenant_id) as connection:
        sql = "UPDATE idempotency_keys SET created_at = :then WHERE key = :key"
        execute(connection, sql, then=datetime(2020, 1, 1, tzinfo=UTC), key=key)
    later = client.post("/v1/tickets", json={"text": "b"}, headers={"Idempotency-Key": key})
    assert later.status_code == 202
    assert later.content != first.content


def test_two_tenants_may_use_the_same_key(desk: Desk, other_desk: Desk) -> None:
    key = str(uuid4())
    first = desk.client().post("/v1/tickets", json={"text": "a"}, headers={"Idempotency-Key": key})
    second = other_desk.client().post("/v1/tickets", json={"text": "b"}, headers={"Idempotency-Key": key})
    assert (first.status_code, second.status_code) == (202, 202)


@pytest.mark.parametrize("key", ["", '""', "x" * 300, "ü", "a\tb"])
def test_a_bad_key_is_a_problem(desk: Desk, key: str) -> None:
    answer = desk.client().post("/v1/tickets", json={"text": "a"}, headers=[(b"Idempotency-Key", key.encode())])
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:saola:problem:malformed")


def test_batches_messages_and_documents_take_keys_too(desk: Desk) -> None:
    client = desk.client()
    ticket_id = client.post("/v1/tickets", json={"text": "a"}).json()["id"]
    for path, body in [
        ("/v1/tickets:batch", {"json": {"tickets": [{"text": "a"}, {"text": "b"}]}}),
        (f"/v1/tickets/{ticket_id}/messages", {"json": {"text": "more"}}),
        ("/v1/documents", {"files": {"file": ("a.txt", b"Total 5", "text/plain")}}),
    ]:
        headers = {"Idempotency-Key": str(uuid4())}
        first, again = (client.post(path, headers=headers, **body) for _ in range(2))  # type: ignore[arg-type]  # httpx
        assert (first.status_code, again.content) == (202, first.content), path
