from typing import Any

import pytest

from agents.llm.approved import Approved, Cache, again
from agents.triage.embedder import bundled
from core.contracts import ActionProposal, Message, Proposal, Source
from tests.agents.llm.making import ARRIVED, make_item

ASKED = "Can I return a lamp that I bought in the sale?"


def reply(**fields: Any) -> Proposal:
    values = {"agent": "probe", "agent_version": "1", "fingerprint": "f", "kind": "reply", "intent": "returns"}
    given = {"reply": "Yes, within 30 days.", "score": 0.93, "signals": {"self_report": 0.9}, **fields}
    return Proposal.model_validate({**values, "sources": (Source(kind="article", id="a"),), **given})


def cache(asked: str = ASKED, **fields: Any) -> Cache:
    one = Approved(question=asked, language="en", proposal=reply(**fields).model_dump(mode="json"))
    return Cache([one], bundled(), bundled())


def test_nearly_the_same_question_gets_the_approved_reply_without_a_model() -> None:
    found = cache().find(make_item("Can I return the lamp that I bought in the sale"), "returns", "en")
    assert found is not None
    proposal = again(*found)
    assert (proposal.reply, proposal.score, proposal.usage.model_calls) == ("Yes, within 30 days.", 0.93, 0)
    assert proposal.signals["reused"] >= 0.98
    assert proposal.sources[-1].title == "a reply that was approved before"


@pytest.mark.parametrize(
    ("text", "intent", "language"),
    [
        ("Where is my parcel?", "returns", "en"),
        ("Can I return a lamp that I bought in the sale?", "warranty", "en"),
        ("Can I return a lamp that I bought in the sale?", "returns", "de"),
        ("Can I return a lamp that I bought in the sale for 20 euros?", "returns", "en"),
    ],
)
def test_another_question_intent_language_or_figure_does_not(text: str, intent: str, language: str) -> None:
    assert cache().find(make_item(text), intent, language) is None


def test_a_follow_up_is_never_answered_from_the_cache() -> None:
    said = (Message(turn=1, author="customer", text="Hello", at=ARRIVED),)
    assert cache().find(make_item(ASKED, turn=2, messages=said), "returns", "en") is None


@pytest.mark.parametrize(
    "fields",
    [
        {"actions": (ActionProposal(name="refund"),)},
        {"question": True},
        {"sources": (Source(kind="tool", id="my_orders"),)},
        {"kind": "abstain", "reply": ""},
    ],
)
def test_what_may_be_one_customers_is_not_kept(fields: dict[str, Any]) -> None:
    assert len(cache(**fields)) == 0
    assert cache(**fields).find(make_item(ASKED), "returns", "en") is None
