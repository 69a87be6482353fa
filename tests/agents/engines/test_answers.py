from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agents.catalog import Catalog
from agents.contract import Agent, Context
from agents.engines.answers import AnswersEngine
from agents.loader import Loader
from core.contracts import Customer, Message, Proposal, Route, WorkItem
from tests.agents.folders import ANSWERS, write_agent
from tests.agents.triage.test_route import NOW

ANN = Customer(id=uuid4(), address="ann@mail.example", name="Ann", verified=True)
CLOSE: dict[str, Any] = {"score": 0.5, "runner_up": "cards/card_fee", "signals": {"runner_up": 0.45}}


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    write_agent(
        tmp_path, answers_md=ANSWERS + "\n## complaint\nA complaint.\n### examples\n- [en] I want to complain\n"
    )
    found = Catalog([tmp_path], library=False)
    found.refresh()
    return Loader(found).load("cards", "triage")


def run(
    agent: Agent, intent: str = "card_lost", language: str = "en", item: dict[str, Any] | None = None, **route: Any
) -> Proposal:
    values = {"customer": ANN, "text": "I lost my card", **(item or {})}
    work = WorkItem(id=uuid4(), tenant_id=uuid4(), kind="ticket", received_at=NOW, **values)
    chosen = Route(agent="cards", intent=intent, language=language, **{"score": 0.93, **route})
    return AnswersEngine().run(agent, work, Context(route=chosen, deadline=0))


def test_the_approved_answer_is_given_with_its_slots_source_and_score(agent: Agent) -> None:
    proposal = run(agent)
    assert (proposal.kind, proposal.reply, proposal.score) == ("reply", "Dear Ann, block it in the app.", 0.93)
    assert [(one.kind, one.id) for one in proposal.sources] == [("answer", "cards/card_lost/en")]
    assert (proposal.agent_version, proposal.fingerprint) == (agent.version, agent.fingerprint)


def test_the_answer_is_in_the_customers_language(agent: Agent) -> None:
    assert run(agent, language="vi").reply == "Mời Quý khách khoá thẻ."


@pytest.mark.parametrize(
    ("intent", "told"), [("", "nothing fits"), ("card_found", "there is no approved answer for 'card_found'")]
)
def test_without_an_intent_of_its_own_it_abstains(agent: Agent, intent: str, told: str) -> None:
    proposal = run(agent, intent=intent)
    assert (proposal.kind, proposal.reason) == ("abstain", told)


def test_without_an_approved_answer_in_the_language_it_abstains(agent: Agent) -> None:
    proposal = run(agent, language="de")
    assert (proposal.kind, proposal.score) == ("abstain", 0.0)
    assert "no approved answer in 'de'" in proposal.reason


@pytest.mark.parametrize(
    "customer", [None, ANN.model_copy(update={"verified": False}), ANN.model_copy(update={"name": ""})]
)
def test_a_slot_is_filled_from_a_verified_customer_only(agent: Agent, customer: Customer | None) -> None:
    proposal = run(agent, item={"customer": customer})
    assert proposal.kind == "abstain"
    assert "customer.name" in proposal.reason


def test_an_unknown_intent_is_not_answered(agent: Agent) -> None:
    assert run(agent, intent="something_else").kind == "abstain"


def test_an_intent_for_people_is_not_answered(agent: Agent) -> None:
    assert run(agent, intent="complaint").reason == "A complaint.: a person answers this"


def test_the_same_answer_is_not_given_twice(agent: Agent) -> None:
    before = Message(turn=1, author="agent", text="Dear Ann, block it in the app.", at=NOW)
    assert run(agent, item={"messages": (before,), "turn": 2}).kind == "abstain"


def test_two_close_intents_lead_to_one_question(agent: Agent) -> None:
    proposal = run(agent, **CLOSE)
    assert proposal.question
    assert proposal.reply == 'To answer well: is it about "I lost my card" or about "what does a card cost"?'
    assert proposal.score == pytest.approx(0.95)


def test_the_question_is_asked_once(agent: Agent) -> None:
    asked = Message(turn=1, author="agent", text="is it about ... or about ...?", at=NOW)
    assert not run(agent, item={"messages": (asked,), "turn": 2}, **CLOSE).question


@pytest.mark.parametrize(
    "route",
    [
        {**CLOSE, "score": 0.7},
        {**CLOSE, "signals": {"runner_up": 0.1}},
        {**CLOSE, "runner_up": "other/card_fee"},
        {"score": 0.5},
    ],
)
def test_no_question_is_asked_where_it_would_not_help(agent: Agent, route: dict[str, Any]) -> None:
    assert not run(agent, **route).question


def test_no_question_is_asked_in_a_language_without_examples_of_both(agent: Agent) -> None:
    assert not run(agent, language="vi", **CLOSE).question
