from typing import Any

from cli.demo import reviewer
from cli.demo.answered import approved
from cli.demo.inbox import Inbox, Truth

LATE = Truth(
    ticket_id="t", topic="delivery_status/parcel_late", label="delivery_status/parcel_late", language="en", name="Zoe"
)
LEGAL = Truth(ticket_id="l", topic="uncovered/legal_threat", label=None, language="de", critical=True, name="Uwe")


def draft(**values: Any) -> dict[str, Any]:
    usual = {
        "agent": "delivery_status",
        "intent": "parcel_late",
        "language": "en",
        "kind": "reply",
        "reply": approved("delivery_status/parcel_late", "en"),
        "actions": [],
    }
    return {**usual, **values}


def test_the_approved_answer_of_the_right_matter_is_right() -> None:
    assert reviewer.judge(LATE, draft()) == {
        "right": True,
        "critical": False,
        "note": "answers what the customer asked",
    }
    assert reviewer.judge(LATE, draft(intent="delivery_status/parcel_late"))["right"]


def test_another_matter_language_or_text_is_wrong() -> None:
    assert not reviewer.assess(LATE, draft(intent="track_order")).right
    assert not reviewer.assess(LATE, draft(language="vi", reply=approved("delivery_status/parcel_late", "vi"))).right
    assert not reviewer.assess(LATE, draft(reply=approved("delivery_status/track_order", "en"))).right
    assert not reviewer.assess(LATE, draft(reply="")).right
    assert not reviewer.assess(LATE, draft(reply="Hello {customer.name}, " + draft()["reply"])).right


def test_half_an_answer_to_two_matters_is_wrong() -> None:
    both = Truth(**{**LATE.__dict__, "second": "loyalty_card/card_lost"})
    judgement = reviewer.assess(both, draft())
    assert not judgement.right
    assert "second matter" in judgement.note
    action, body = reviewer.decide(both, draft())
    assert action == "edit"
    assert "block" in body["text"]


def test_answering_what_nobody_covers_is_wrong_and_may_be_critical() -> None:
    judgement = reviewer.assess(LEGAL, draft(language="de"))
    assert not judgement.right
    assert judgement.critical
    action, body = reviewer.decide(LEGAL, draft(language="de"))
    assert action == "reply"
    assert "Rechtsabteilung" in body["text"]


def test_right_drafts_are_approved_or_made_friendlier_and_wrong_ones_rejected() -> None:
    actions = set()
    for number in range(60):
        action, body = reviewer.decide(Truth(**{**LATE.__dict__, "ticket_id": str(number)}), draft())
        actions.add(action)
        assert body["seconds"] > 0
    assert actions == {"approve", "edit"}
    action, body = reviewer.decide(LATE, draft(intent="track_order"))
    assert action == "reject"
    assert "parcel_late" in body["reason"]
    assert "Zoe" in reviewer.after_reject(LATE)["text"]


def test_without_a_draft_the_reviewer_writes() -> None:
    action, body = reviewer.decide(LATE, draft(kind="abstain", reply=""))
    assert action == "reply"
    assert "late" in body["text"]


def test_who_was_answered_right_is_seen_from_the_thread_alone() -> None:
    def thread(author: str, text: str) -> dict[str, Any]:
        return {"messages": [{"author": "customer", "text": "where is it"}, {"author": author, "text": text}]}

    assert reviewer.answered_right(LATE, thread("agent", draft()["reply"]))
    assert not reviewer.answered_right(LATE, thread("agent", approved("delivery_status/track_order", "en")))
    assert not reviewer.answered_right(LEGAL, thread("agent", draft()["reply"]))
    assert reviewer.answered_right(LEGAL, thread("staff", "anything"))
    assert not reviewer.answered_right(LATE, {"messages": []})


def test_a_perfect_agent_is_always_judged_right(present: Inbox) -> None:
    for truth in present.truth.values():
        if truth.label and not truth.second:
            agent, intent = truth.label.split("/")
            reply = approved(truth.label, truth.language).replace("{customer.name}", truth.name) or "It has been done."
            perfect = draft(agent=agent, intent=intent, language=truth.language, reply=reply)
            assert reviewer.assess(truth, perfect).right
