"""A ticket's page: what a draft's score is made of, and not while it is judged without it."""

from uuid import UUID

from fastapi.testclient import TestClient

from tests.api import made
from tests.api.conftest import Desk
from tests.api.pages.test_session import signed_in, users

__all__ = ["users"]

SIGNALS = {"self_report": 0.93, "support": 0.25}


def test_the_draft_of_a_model_shows_what_its_score_is_made_of(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "staff")
    shown = _page(client, made.held(desk.tenant_id, signals=SIGNALS))
    assert "support in its sources" in shown and "25" in shown
    assert "agreement of several runs" not in shown
    assert "What the score is made of" not in _page(client, made.held(desk.tenant_id))
    assert "What the score is made of" not in _page(client, made.held(desk.tenant_id, signals=SIGNALS, audited=True))


def test_a_document_that_no_agent_read_is_not_said_to_be_read_by_one(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "staff")
    for agent, told in (("", "Read by no agent"), ("invoice", "Read by invoice")):
        of = made.document(desk.tenant_id, (), document_type="", agent=agent)
        assert f">{told}<" in client.get(f"/documents/{of.document_id}").text


def _page(client: TestClient, held: made.Made) -> str:
    answer = client.get(f"/tickets/{held.ticket_id}")
    assert answer.status_code == 200
    return answer.text
