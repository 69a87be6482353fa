"""The API describes itself: every operation has a name and a summary, and its example is accepted."""

import shlex

import pytest
from fastapi.testclient import TestClient

from api.main import make_app
from api.pages import reference
from tests.api.conftest import Desk

OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in make_app().openapi()["paths"].items()
    for method, operation in methods.items()
]


def test_every_operation_has_its_own_id_a_summary_and_a_tag() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    assert [path for _, path, operation in OPERATIONS if not operation.get("summary")] == []
    assert [path for _, path, operation in OPERATIONS if not operation.get("tags")] == []
    assert {frozenset(operation["responses"]) & {"4XX", "5XX"} for _, _, operation in OPERATIONS} == {
        frozenset({"4XX", "5XX"})
    }


def test_the_page_lists_every_operation_and_needs_no_log_in(api_database: object) -> None:
    page = TestClient(make_app()).get("/docs")
    assert page.status_code == 200
    for _, _, operation in OPERATIONS:
        assert f'id="{operation["operationId"]}"' in page.text


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/tickets"), ("POST", "/v1/tickets:batch"), ("POST", "/v1/pause")]
)
def test_an_example_works_as_it_is_shown(desk: Desk, method: str, path: str) -> None:
    app = make_app()
    operation = next(operation for m, p, operation in OPERATIONS if (m, p) == (method, path))
    body = reference._body(operation, app.openapi())
    call = shlex.split(reference._call("http://x", method, path, body).replace("\\\n", ""))
    assert call[:3] == ["curl", "-X", method]
    answer = desk.client().request(method, path, content=call[-1], headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 202), answer.text
    desk.client().post("/v1/pause", json={"paused": False})
