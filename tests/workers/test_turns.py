"""Who gets a ticket's next turn: whoever waits for an outcome or an answer, else triage decides."""

from datetime import UTC, datetime, timedelta
from typing import Any

from agents.manifest import Manifest
from core.contracts import Message, Route, WorkItem
from core.ids import new_id
from core.store.items import Loaded
from workers.turns import keep, stay

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def manifests(engine: str = "llm") -> dict[str, Manifest]:
    values = {"name": "orders", "summary": "Changes orders.", "owner": "tests", "engine": engine}
    return {"orders": Manifest.model_validate(values)}


def loaded(*, turn: int = 2, said_at: int = 2, **fields: Any) -> Loaded:
    item = WorkItem(
        id=new_id(),
        tenant_id=new_id(),
        kind="ticket",
        turn=turn,
        text="Yes, please.",
        language="en",
        received_at=AT,
        messages=tuple(Message(turn=n, author="customer", text="Yes, please.", at=AT) for n in range(1, said_at + 1)),
    )
    given = {
        "item": item,
        "shift": timedelta(0),
        "ticket_turn": turn,
        "taken_by": "",
        "agent": "orders",
        "intent": "cancel",
        "priority": "high",
        "asked": False,
        "unread_documents": 0,
        "unsettled_actions": 0,
        "waited": timedelta(0),
        "done": False,
    }
    return Loaded(**{**given, **fields})


def test_an_answer_to_a_models_question_goes_back_to_it() -> None:
    route = stay(loaded(asked=True), manifests())
    assert route is not None
    assert (route.agent, route.intent, route.priority) == ("orders", "cancel", "high")
    assert route.reason == "the customer answers its question"


def test_the_outcome_of_an_action_goes_back_to_the_model_that_waits_for_it() -> None:
    route = stay(loaded(turn=3, said_at=2), manifests())
    assert route is not None and route.reason == "the outcome of its action is known"


def test_triage_decides_on_every_other_turn() -> None:
    assert stay(loaded(), manifests()) is None
    assert stay(loaded(turn=1, said_at=1, asked=True), manifests()) is None
    assert stay(loaded(asked=True), manifests("answers")) is None
    assert stay(loaded(asked=True), {}) is None


def test_a_follow_up_leaves_the_model_only_where_triage_is_sure_by_the_message_and_by_all_of_them() -> None:
    unsure = Route(agent="other", intent="jobs", score=0.6)
    sure = unsure.model_copy(update={"score": 0.95})
    nobody = Route(agent=None)
    kept = keep(loaded(), manifests(), lambda _: unsure)
    assert (kept.agent, kept.intent) == ("orders", "cancel")
    assert keep(loaded(), manifests(), lambda _: sure) == sure
    assert keep(loaded(), manifests(), lambda item: unsure if "\n" in item.text else sure).agent == "orders"
    assert keep(loaded(), manifests(), lambda _: nobody).agent == "orders"
    assert keep(loaded(), manifests("answers"), lambda _: unsure) == unsure
    assert keep(loaded(turn=1, said_at=1), manifests(), lambda _: unsure) == unsure
