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
        "known_bad": False,
    }
    events = desk.client("ops").get("/v1/metrics/export?what=events&format=jsonl").text.splitlines()
    assert any('"audit.judged"' in line and "42.5" in line for line in events), "the time that it took is kept"
    left = client.get("/v1/audits").json()["audits"]
    assert audit["id"] not in [one["id"] for one in left]


def test_an_answer_known_to_be_bad_is_listed_like_any_other_and_told_once_it_is_judged(desk: Desk) -> None:
    client, ops = desk.client("staff"), desk.client("ops")
    assert client.put("/v1/gate/known-bad", json={"share": 0.05}).status_code == 403
    assert ops.put("/v1/gate/known-bad", json={"share": 0.5}).status_code == 422
    assert ops.put("/v1/gate/known-bad", json={"share": 0.05}).json() == {"share": 0.05}
    real, asked = made.held(desk.tenant_id, audited=True), made.held(desk.tenant_id, "Where is it?")
    made.known_bad(desk.tenant_id, asked, real)
    listed = client.get("/v1/audits?limit=200").json()["audits"]
    one = next(audit for audit in listed if audit["ticket_id"] == str(asked.ticket_id))
    true = next(audit for audit in listed if audit["ticket_id"] == str(real.ticket_id))
    same = ("agent", "intent", "language", "reply", "sources", "actions", "fields")
    assert {name: one[name] for name in same} == {name: true[name] for name in same}
    assert (one["question"], one["due_at"] is not None, one.keys()) == ("Where is it?", True, true.keys())
    judged = client.post(f"/v1/audits/{one['id']}/judge", json={"right": True}).json()
    assert judged == {
        "id": one["id"],
        "agent": "shop",
        "score": None,
        "action": "",
        "right": True,
        "known_bad": True,
    }
    seen = client.get("/v1/gate/known-bad").json()
    assert (seen["share"], seen["attention"]["judged"], seen["attention"]["caught"]) == (0.05, 1, 0)
    assert client.get("/v1/gate").json()["attention"] == seen["attention"]
    assert one["id"] not in [audit["id"] for audit in client.get("/v1/audits?limit=200").json()["audits"]]
    ops.put("/v1/gate/known-bad", json={"share": 0})


def test_by_choice_an_audit_does_not_tell_who_wrote_the_reply(desk: Desk) -> None:
    client, ops = desk.client("staff"), desk.client("ops")
    assert client.get("/v1/gate/blind").json() == {"author": False}
    assert client.put("/v1/gate/blind", json={"author": True}).status_code == 403
    assert ops.put("/v1/gate/blind", json={"author": True}).json() == {"author": True}
    entry = ops.get("/v1/journal").json()["entries"][0]
    assert (entry["action"], entry["actor"], entry["data"]) == ("blind.set", "key:ops", {"author": True})
    refund = ActionProposal(name="refund", arguments={"amount": 5}, provenance={"amount": "ticket"})
    held = made.held(desk.tenant_id, "Who wrote this?", audited=True, actions=(refund,))
    audit = next(
        one for one in client.get("/v1/audits?limit=200").json()["audits"] if one["ticket_id"] == str(held.ticket_id)
    )
    assert (audit["agent"], audit["sources"], audit["reply"]) == (None, [], "We have blocked your card.")
    assert audit["actions"][0]["arguments"] == {"amount": 5} and "provenance" not in audit["actions"][0]
    assert "shop" not in str(audit) and {"fingerprint", "agent_version", "action"}.isdisjoint(audit)
    judged = client.post(f"/v1/audits/{audit['id']}/judge", json={"right": True}).json()
    assert (judged["agent"], judged["score"], judged["action"], judged["right"]) == (None, None, "", True)
    ops.put("/v1/gate/blind", json={"author": False})


def test_bad_judgements_are_problems(desk: Desk) -> None:
    client = desk.client("staff")
    assert client.post(f"/v1/audits/{uuid4()}/judge", json={"right": True}).status_code == 404
    assert client.post(f"/v1/audits/{uuid4()}/judge", json={}).status_code == 422
    assert client.post(f"/v1/audits/{uuid4()}/judge", json={"right": True, "note": "\x00"}).status_code == 422
