import time
from pathlib import Path
from uuid import uuid4

import pytest

from agents.catalog import Catalog, check
from agents.contract import Agent, Context
from agents.engines.answers import AnswersEngine
from agents.loader import Loader
from core.contracts import Customer, Proposal, Route, Source, WorkItem
from tests.agents.folders import write_agent
from tests.agents.triage.test_route import NOW

ANN = Customer(id=uuid4(), address="ann@mail.example", name="Ann", verified=True)
MANIFEST = """\
name: orders
summary: Tells customers where their order is.
owner: shipping
engine: answers
tools:
  - {name: last_order, effect: EFFECT, verified_customer: VERIFIED}
"""
CODE = """\
from agents.tools.python_tools import tool
from core.contracts import Customer
from core.errors import Rejected

@tool
def last_order(customer: Customer) -> dict:
    '''The customer's newest order.'''
    if customer.name != "Ann":
        raise Rejected("no order of this customer")
    return {"number": 4711, "parcel": {"state": "on its way", "carrier": None}}
"""
ANSWERS = """\
# Orders
## order_state
### examples
- [en] where is my order
### answer en
Order {last_order.number} is {last_order.parcel.state}.
## how_to
### examples
- [en] how do I descale the kettle
### answer en
{knowledge.passage}
"""


def folder(root: Path, effect: str = "read", verified: str = "true", answers: str = ANSWERS) -> Path:
    manifest = MANIFEST.replace("EFFECT", effect).replace("VERIFIED", verified)
    return write_agent(root, "orders", agent_yaml=manifest, answers_md=answers, agent_py=CODE)


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    folder(tmp_path)
    found = Catalog([tmp_path], library=False)
    found.refresh()
    return Loader(found).load("orders")


def run(agent: Agent, customer: Customer | None = ANN, intent: str = "order_state", *found: Source) -> Proposal:
    item = WorkItem(
        id=uuid4(), tenant_id=uuid4(), kind="ticket", received_at=NOW, customer=customer, subject="Help", text="please"
    )
    route = Route(agent="orders", intent=intent, language="en", score=0.9)
    context = Context(
        route=route,
        deadline=time.monotonic() + 5,
        search_knowledge=lambda query, limit: found[:limit] if query == "Help\nplease" else (),
    )
    return AnswersEngine().run(agent, item, context)


def test_a_slot_is_filled_by_a_reading_tool_that_is_then_a_named_source(agent: Agent) -> None:
    proposal = run(agent)
    assert proposal.reply == "Order 4711 is on its way."
    assert [(one.kind, one.id) for one in proposal.sources] == [
        ("answer", "orders/order_state/en"),
        ("tool", "last_order"),
    ]


@pytest.mark.parametrize("customer", [None, ANN.model_copy(update={"verified": False})])
def test_no_tool_is_asked_for_a_customer_who_is_not_verified(agent: Agent, customer: Customer | None) -> None:
    proposal = run(agent, customer)
    assert proposal.kind == "abstain"
    assert "last_order.number, last_order.parcel.state" in proposal.reason


def test_a_tool_that_knows_nothing_of_the_customer_leads_to_no_answer(agent: Agent) -> None:
    assert run(agent, ANN.model_copy(update={"name": "Ben"})).kind == "abstain"


def test_a_passage_of_the_knowledge_folder_is_quoted_with_its_source(agent: Agent) -> None:
    source = Source(kind="article", id="kettle.md", title="Kettle", quote="Boil vinegar, then rinse.")
    proposal = run(agent, ANN, "how_to", source)
    assert proposal.reply == "Boil vinegar, then rinse."
    assert proposal.sources[1] == source


def test_without_a_passage_there_is_no_answer(agent: Agent) -> None:
    assert "knowledge.passage" in run(agent, ANN, "how_to").reason


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"effect": "write"}, "must be effect: read"),
        ({"verified": "false"}, "verified_customer: true"),
        ({"answers": ANSWERS.replace("last_order.", "first_order.")}, "does not declare"),
    ],
)
def test_a_slot_that_no_tool_may_fill_is_refused_with_its_line(
    tmp_path: Path, change: dict[str, str], told: str
) -> None:
    entry, problems = check(folder(tmp_path, **change))
    assert entry is None
    assert problems[-1].line == 2 and told in problems[-1].message
