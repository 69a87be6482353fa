import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents import cases
from agents.cases import Bench, Result
from agents.catalog import Catalog, Entry
from agents.contract import Agent, Context, Engine, Search
from agents.engines.llm import LlmEngine
from agents.llm.scripted import scripted_chain
from agents.llm.settings import ModelSettings
from agents.loader import Loader
from agents.triage.classifier import Classifier
from agents.triage.examples import from_entries
from agents.triage.training import train
from core.contracts import ActionProposal, FieldValue, Proposal, Source, WorkItem
from tests.agents.folders import CASES, MANIFEST, write_agent


class Fixed:
    """An engine that proposes what it was made with."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def run(self, agent: Agent, item: WorkItem, context: Context) -> Proposal:
        common = {"agent": agent.manifest.name, "agent_version": agent.version, "fingerprint": agent.fingerprint}
        return Proposal.model_validate({**common, "language": context.route.language, **self.values})


def run_cases(root: Path, *, engine: Engine | None = None, **bench: Any) -> list[Result]:
    found = Catalog([root], library=False)
    found.refresh()
    assert not found.problems
    entry = found.get("cards")

    def classifier() -> Classifier:
        return train(from_entries(found.entries.values()))

    loader = Loader(found, {entry.manifest.engine: engine} if engine else None)
    return list(cases.run(entry, Bench(loader=loader, classifier=classifier, **bench)))


def llm_agent(root: Path, case: str) -> None:
    manifest = MANIFEST.format(name="cards").replace("engine: answers", "engine: llm")
    write_agent(root, agent_yaml=manifest, prompt_md="You answer.", cases_yaml=textwrap.dedent(case))


def test_a_case_that_holds_passes(tmp_path: Path) -> None:
    write_agent(tmp_path, answers_md=ANSWERS_WITHOUT_SLOT)
    (result,) = run_cases(tmp_path)
    assert result.passed, result.differences
    assert result.proposal is not None
    assert result.proposal.reply == "Please block it in the app."


ANSWERS_WITHOUT_SLOT = """\
# Cards
## card_lost
### examples
- [en] I lost my card
- [en] my card is gone
- [en] my card was stolen
- [en] I cannot find my card
### answer en
Please block it in the app.
## card_fee
### examples
- [en] what does a card cost
- [en] is there a fee
- [en] the price of a card
### answer en
Nothing.
"""


def test_what_differs_is_told_in_sentences(tmp_path: Path) -> None:
    case = CASES.replace("intent: card_lost", "intent: card_fee").replace("[block]", "[refund]")
    write_agent(tmp_path, answers_md=ANSWERS_WITHOUT_SLOT, cases_yaml=case)
    (result,) = run_cases(tmp_path)
    assert result.differences == (
        "intent: expected 'card_fee', got 'card_lost'",
        "reply: 'refund' is not in 'Please block it in the app.'",
    )


def test_a_ticket_that_triage_sends_elsewhere_fails_its_case(tmp_path: Path) -> None:
    write_agent(tmp_path, answers_md=ANSWERS_WITHOUT_SLOT)
    write_agent(tmp_path, "other", answers_md=ANSWERS_WITHOUT_SLOT.replace("card", "parcel"))
    case = CASES.replace("I lost my card", "my parcel was stolen")
    write_agent(tmp_path, answers_md=ANSWERS_WITHOUT_SLOT, cases_yaml=case)
    found = Catalog([tmp_path], library=False)
    found.refresh()
    bench = Bench(
        loader=Loader(found),
        classifier=lambda: train(from_entries(found.entries.values())),
        manifests=found.manifests,
    )
    (result,) = cases.run(found.get("cards"), bench)
    assert "triage chose the agent 'other'" in result.differences[0]


def test_a_scripted_case_runs_with_the_script(tmp_path: Path) -> None:
    played: list[Sequence[Mapping[str, Any]]] = []

    def scripted(script: Sequence[Mapping[str, Any]]) -> Engine:
        played.append(script)
        return Fixed(kind="reply", reply="Done.", actions=(ActionProposal(name="refund", arguments={"amount": 5}),))

    llm_agent(
        tmp_path,
        """
        - name: refunds
          ticket: {text: give it back, language: en}
          script: [{answer: {reply: Done., language: en, sure: 0.9}}]
          expect:
            kind: reply
            language: en
            actions: [{name: refund, arguments: {amount: 6}, provenance: {amount: customer}}]
        """,
    )
    (result,) = run_cases(tmp_path, engine=Fixed(kind="abstain"), scripted=scripted)
    assert played == [({"answer": {"reply": "Done.", "language": "en", "sure": 0.9}},)]
    assert result.differences == (
        "action refund: amount expected 6, got 5",
        "action refund: amount must come from 'customer', came from None",
    )


def test_an_llm_case_without_script_or_model_is_skipped_and_says_so(tmp_path: Path) -> None:
    llm_agent(tmp_path, "- {name: a, ticket: {text: x}, expect: {kind: reply}}\n")
    (result,) = run_cases(tmp_path, engine=Fixed(kind="reply"))
    assert result.skipped
    assert not result.passed


def test_fields_are_compared_as_printed_or_as_normalised(tmp_path: Path) -> None:
    llm_agent(
        tmp_path, "- {name: a, ticket: {text: x}, expect: {fields: {total: '5.00', date: 2026-01-02, name: Ann}}}\n"
    )
    found = (
        FieldValue(name="total", type="money", value="5,00", normalised="5.00"),
        FieldValue(name="date", type="date", value="02.01.2026", normalised="2026-01-03"),
    )
    (result,) = run_cases(tmp_path, engine=Fixed(kind="fields", fields=found), model=True)
    assert result.differences == (
        "field date: expected '2026-01-02', got '2026-01-03'",
        "field name: expected 'Ann', got None",
    )


def test_an_engine_that_breaks_fails_the_case_and_not_the_run(tmp_path: Path) -> None:
    llm_agent(tmp_path, "- {name: a, ticket: {text: x}, expect: {kind: reply}}\n")
    (tmp_path / "cards" / "agent.py").write_text("def run(agent, item, context, engine):\n    return 1 / 0\n")
    (result,) = run_cases(tmp_path, engine=Fixed(), model=True)
    assert "ZeroDivisionError" in result.differences[0]


def test_a_case_says_what_a_tool_gives_back_and_its_server_is_not_asked(tmp_path: Path) -> None:
    case = """\
        - name: stock
          ticket: {text: Is there one left?, language: en}
          tools: {stock: {left: 17}}
          script:
            - {call: stock, arguments: {sku: A}}
            - {answer: {reply: "17 are left", language: en, sure: 0.9}}
          expect: {kind: reply, reply_contains: ["17"]}
        """
    llm_agent(tmp_path, case)
    manifest = (tmp_path / "cards" / "agent.yaml").read_text()
    (tmp_path / "cards" / "agent.yaml").write_text(
        f'{manifest}tools: [{{name: stock, source: "openapi:a.yaml#left"}}]\n'
    )
    (tmp_path / "cards" / "a.yaml").write_text(
        "openapi: 3.1.0\nservers: [{url: 'http://127.0.0.1:1'}]\npaths:\n  /left:\n    get:\n      operationId: left\n"
        "      parameters: [{name: sku, in: query, schema: {type: string}}]\n"
    )

    def scripted(script: Sequence[Mapping[str, Any]]) -> Engine:
        return LlmEngine(ModelSettings(), chain=lambda *_: scripted_chain(list(script)))

    (result,) = run_cases(tmp_path, scripted=scripted)
    assert result.passed, result.differences
    assert result.proposal is not None and result.proposal.signals["support"] == 1.0


SLOTS = """\
# Cards
## card_lost
### examples
- [en] I lost my card
- [en] my card is gone
### answer en
{knowledge.passage} Ordered: {find_card.state}.
## card_fee
### examples
- [en] what does a card cost
### answer en
Nothing.
"""


def test_the_slots_of_a_case_are_filled_from_its_tools_and_the_knowledge_folder(tmp_path: Path) -> None:
    case = """\
        - name: lost
          ticket: {text: I lost my card, language: en}
          customer: {address: ann@mail.example, verified: true}
          tools: {find_card: {state: on its way}}
          expect: {kind: reply, reply_contains: ["Block it in the app. Ordered: on its way."]}
        """
    tool = "tools: [{name: find_card, source: 'mcp:http://127.0.0.1:1/mcp', verified_customer: true}]\n"
    manifest = MANIFEST.format(name="cards") + tool
    folder = write_agent(tmp_path, agent_yaml=manifest, answers_md=SLOTS, cases_yaml=textwrap.dedent(case))
    (folder / "knowledge").mkdir()
    (folder / "knowledge" / "lost.md").write_text("Block it in the app.")

    def search(entry: Entry, item: WorkItem) -> Search:
        passage = (entry.folder / "knowledge" / "lost.md").read_text()
        return lambda query, limit: [Source(kind="article", id="lost.md", title="Lost", quote=passage)]

    (result,) = run_cases(tmp_path, search=search)
    assert result.passed, result.differences


class Fickle:
    """An engine that says one thing after the other, as a model does."""

    def __init__(self, *replies: str) -> None:
        self.replies = iter(replies)

    def run(self, agent: Agent, item: WorkItem, context: Context) -> Proposal:
        return Fixed(kind="reply", reply=next(self.replies)).run(agent, item, context)


MANY = """\
- name: many
  ticket: {text: Hello, language: en}
  script: [{answer: {reply: never played, language: en, sure: 1}}]
  runs: 3
  needs: 2
  expect: {reply_contains: [yes]}
"""


def test_a_case_of_a_real_model_passes_where_enough_of_its_runs_do(tmp_path: Path) -> None:
    llm_agent(tmp_path, MANY)
    (result,) = run_cases(tmp_path, engine=Fickle("yes", "no", "yes"), model=True)
    assert result.passed
    assert (result.right, result.runs) == (2, 3)


def test_a_case_whose_runs_pass_too_seldom_says_how_many_and_shows_one(tmp_path: Path) -> None:
    llm_agent(tmp_path, MANY)
    (result,) = run_cases(tmp_path, engine=Fickle("yes", "no", "never"), model=True)
    assert result.differences == ("1 of 3 runs passed, 2 must; of one that did not:", "reply: 'yes' is not in 'no'")


def test_who_runs_the_cases_may_ask_for_other_numbers(tmp_path: Path) -> None:
    llm_agent(tmp_path, MANY)
    (result,) = run_cases(tmp_path, engine=Fickle("no", "yes", "no", "no"), model=True, runs=4, needs=1)
    assert (result.passed, result.right, result.runs) == (True, 1, 4)


def test_a_script_is_played_once(tmp_path: Path) -> None:
    llm_agent(tmp_path, MANY)
    (result,) = run_cases(tmp_path, engine=Fickle("unused"), scripted=lambda script: Fickle("yes"))
    assert (result.passed, result.runs) == (True, 1)
