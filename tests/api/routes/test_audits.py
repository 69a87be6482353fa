"""Audits are judged blind: what tells the score comes only after the judgement."""

from uuid import uuid4

from core.contracts import ActionProposal
from tests.api import made
from tests.api.conftest import Desk


def test_an_audit_is_judged_without_its_score(desk: Desk) -> None:
    client = desk.client("staff")
    refund = ActionProposal(name="refund", arguments={"amount": 5}, provenance={"amount": "ticket"})
    held = made.held(desk.tenant_id, audited=True, actions=(refund,))
    listed = client.get("/v1/audits")
    audit = next(one for one in listed.json()["audits"] if one["ticket_id"] == str(held.ticket_id))
    assert {"score", "action", "threshold", "probability"}.isdisjoint(audit)
    assert "0.8123" not in listed.text
    assert (audit["question"], audit["reply"]) == ("I lost my card", "We have blocked your card.")
    assert audit["actions"][0]["arguments"] == {"amount": 5}
    assert "0.8123" not in client.get("/v1/reviews?limit=200").text
    judged = client.post(
        f"/v1/audits/{audit['id']}/judge", json={"right": False, "critical": True, "note": "no", "seconds": 42.5}
    )
    assert judged.json() == {
        "id": audit["id"],
        "agent": "shop",
        "score": 0.8123,
        "action": "hold",
        "right": False,
    }
    events = desk.client("ops").get("/v1/metrics/export?what=events&format=jsonl").text.splitlines()
    assert any('"audit.judged"' in line and "42.5" in line for line in events), "the time that it took is kept"
    left = client.get("/v1/audits").json()["audits"]
    assert audit["id"] not in [one["id"] for one in left]


def test_bad_judgements_are_problems(desk: Desk) -> None:
    client = desk.client("staff")
    assert client.post(f"/v1/audits/{uuid4()}/judge", json={"right": True}).status_code == 404
    assert client.post(f"/v1/audits/{uuid4()}/judge", json={}).status_code == 422
    assert client.post(f"/v1/audits/{uuid4()}/judge", json={"right": True, "note": "\x00"}).status_code == 422
