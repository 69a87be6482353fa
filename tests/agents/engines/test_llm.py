import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent

from agents.engines import llm
from agents.engines.llm import LlmEngine
from agents.llm.scripted import scripted_chain
from agents.llm.settings import ModelSettings
from core.contracts import ActionOutcome, Customer, DocumentRead, Message, Proposal, Source
from core.errors import Broken, TryLater
from tests.agents.llm.making import ARRIVED, PERSON, answer, make_agent, make_context, make_item

DOCUMENT = DocumentRead(
    id=PERSON, filename="a.pdf", media_type="application/pdf", size=9, sha256="", type="letter", text="Order SL-55555"
)


def run(folder: Path, script: Any, *, item: Any = None, context: Any = None, **manifest: Any) -> Proposal:
    engine = LlmEngine(ModelSettings(), chain=lambda *_: scripted_chain(script))
    return engine.run(make_agent(folder, **manifest), item or make_item(), context or make_context())


def test_without_a_model_it_abstains_and_says_so(tmp_path: Path) -> None:
    proposal = LlmEngine(ModelSettings()).run(make_agent(tmp_path, model=""), make_item(), make_context())
    assert (proposal.kind, proposal.reason) == ("abstain", "no language model is configured")
    assert proposal.usage.model_calls == 0


def test_of_many_threads_that_begin_at_once_one_makes_what_the_agent_runs_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def slowly(*arguments: Any, **options: Any) -> Any:
        made.append("graph")
        time.sleep(0.05)
        return create_agent(*arguments, **options)

    monkeypatch.setattr(llm, "create_agent", slowly)
    engine = LlmEngine(ModelSettings(), chain=lambda *_: scripted_chain([answer("On its way.")]))
    agent = make_agent(tmp_path)
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: engine.run(agent, make_item(), make_context()), range(16)))
    assert {proposal.kind for proposal in found} == {"reply"}
    assert made == ["graph"]


def test_a_reply_carries_its_score_signals_sources_and_usage(tmp_path: Path) -> None:
    script = [{"call": "my_orders"}, answer("SL-20002 costs 1,240.50 euros.")]
    proposal = run(tmp_path, script)
    assert proposal.kind == "reply"
    assert proposal.signals == {"self_report": 0.9, "support": 1.0, "clean": 1.0, "language": 1.0}
    assert 0.9 < proposal.score < 1
    assert [source.id for source in proposal.sources] == ["my_orders"]
    assert (proposal.usage.model_calls, proposal.usage.tool_calls) == (2, 1)
    assert proposal.usage.input_tokens > 0
    assert (proposal.agent, proposal.agent_version[:2], proposal.fingerprint) == ("probe", "1+", "ffffffff")


def test_an_invented_figure_lowers_the_score(tmp_path: Path) -> None:
    honest = run(tmp_path, [{"call": "my_orders"}, answer("SL-20001 costs 89 euros.")])
    invented = run(tmp_path, [{"call": "my_orders"}, answer("SL-20001 costs 77 euros.")])
    assert invented.signals["support"] == 0.5
    assert invented.score < honest.score


def test_a_write_is_never_carried_out_but_proposed_with_its_provenance(tmp_path: Path) -> None:
    script = [
        {"call": "my_orders"},
        {
            "calls": [
                {"call": "cancel", "arguments": {"order_id": n, "note": "as asked"}} for n in ("SL-20001", "SL-20002")
            ]
        },
        answer("We are cancelling both."),
    ]
    proposal = run(tmp_path, script, item=make_item("Cancel SL-20001 and the other one, as asked"))
    assert [action.arguments["order_id"] for action in proposal.actions] == ["SL-20001", "SL-20002"]
    assert proposal.actions[1].provenance == {"order_id": "customer", "note": "ticket"}


def test_a_value_that_stands_nowhere_or_in_a_web_page_is_not_trusted(tmp_path: Path) -> None:
    script = [
        {"call": "read_page", "arguments": {"page": "terms"}},
        {"call": "cancel", "arguments": {"order_id": "SL-66666"}},
        {"call": "cancel", "arguments": {"order_id": "SL-77777"}},
        answer(),
    ]
    proposal = run(tmp_path, script)
    assert [action.provenance["order_id"] for action in proposal.actions] == ["tool", "agent"]


@pytest.mark.parametrize(
    ("where", "label"),
    [
        ({"text": "Cancel SL-55555"}, "ticket"),
        ({"subject": "Cancel SL-55555"}, "ticket"),
        ({"messages": (Message(turn=1, author="staff", text="Is it SL-55555?", at=ARRIVED),)}, "ticket"),
        ({"customer": Customer(id=PERSON, address="ana@mail.example", name="SL-55555", verified=True)}, "ticket"),
        ({"documents": (DOCUMENT,)}, "document"),
    ],
    ids=["the text", "the subject", "an earlier message", "the writer's own name", "a document"],
)
def test_nothing_that_others_write_chooses_a_sink(tmp_path: Path, where: dict[str, Any], label: str) -> None:
    item = make_item(**{"text": "Cancel it", **where})
    script = [{"call": "my_orders"}, {"call": "cancel", "arguments": {"order_id": "SL-55555"}}, answer("")]
    assert run(tmp_path, script, item=item).actions[0].provenance["order_id"] == label


def test_a_run_that_needs_a_writes_outcome_ends_with_the_action_alone(tmp_path: Path) -> None:
    proposal = run(tmp_path, [{"call": "cancel", "arguments": {"order_id": "SL-20001"}}, answer("")])
    assert (proposal.kind, proposal.reply, len(proposal.actions)) == ("action", "", 1)


def test_the_next_run_sees_the_outcome_of_the_write(tmp_path: Path) -> None:
    outcome = ActionOutcome(name="cancel", arguments={"order_id": "SL-20001"}, status="done", result="refund R-5512")
    seen: list[str] = []

    def script(messages: Any) -> Any:
        seen.append(messages[-1].text)
        return answer("Your refund is R-5512.")

    proposal = run(tmp_path, script, item=make_item(action_outcomes=(outcome,)))
    assert "Outcomes of earlier actions" in seen[0] and "R-5512" in seen[0]
    assert proposal.signals["support"] == 1.0


def test_an_unverified_customer_gets_no_look_into_a_record(tmp_path: Path) -> None:
    seen: list[str] = []

    def script(messages: Any) -> Any:
        seen.append(messages[-1].text)
        return {"call": "my_orders"} if len(messages) < 3 else answer("", hand_over="nobody knows who writes")

    proposal = run(tmp_path, script, item=make_item(verified=False))
    assert seen[-1].startswith("Refused: the customer's identity is not verified")
    assert (proposal.kind, proposal.reason) == ("abstain", "the model hands over: nobody knows who writes")


def test_arguments_that_do_not_fit_the_tool_go_back_to_the_model(tmp_path: Path) -> None:
    script = [
        {"call": "cancel", "arguments": {"id": "SL-20001"}},
        {"call": "cancel", "arguments": {"order_id": "SL-20001"}},
        answer(""),
    ]
    assert [action.arguments for action in run(tmp_path, script).actions] == [{"order_id": "SL-20001"}]


@pytest.mark.parametrize(
    ("which", "kind", "words"), [("missing", None, ""), ("busy", TryLater, "busy"), ("bug", Broken, "agent.py")]
)
def test_a_tools_failure_says_what_to_do_next(tmp_path: Path, which: str, kind: Any, words: str) -> None:
    script = [{"call": "read_page", "arguments": {"page": which}}, answer()]
    if kind is None:
        assert run(tmp_path, script).kind == "reply"
        return
    with pytest.raises(kind, match=words) as caught:
        run(tmp_path, script)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([{"text": "Sure, I will do that."}], "the model gave no answer in the agreed form"),
        (
            [{"calls": [{"call": "Answer", "arguments": {"reply": 1}}, {"call": "my_orders"}]}, {"text": "ok"}],
            "agreed form",
        ),
        ([answer(" ")], "empty answer"),
    ],
)
def test_what_is_no_answer_goes_to_a_person_with_its_cost(tmp_path: Path, script: Any, reason: str) -> None:
    proposal = run(tmp_path, script)
    assert proposal.kind == "abstain"
    assert reason in proposal.reason
    assert proposal.usage.model_calls >= 1


def test_a_run_ends_at_its_limit_of_steps(tmp_path: Path) -> None:
    proposal = run(tmp_path, lambda messages: {"call": "my_orders"}, limits={"steps": 3})
    assert (proposal.kind, proposal.reason) == ("abstain", "the limit of 3 model calls was reached")
    assert proposal.usage.model_calls == 3


def test_a_run_ends_at_its_limit_of_tokens(tmp_path: Path) -> None:
    proposal = run(
        tmp_path,
        lambda messages: {"call": "read_page", "arguments": {"page": "x" * 4000}},
        limits={"tokens": 3000, "steps": 50},
    )
    assert proposal.reason == "the limit of 3000 tokens was reached"


def test_a_run_ends_at_its_limit_of_money(tmp_path: Path) -> None:
    own = tmp_path / "prices.txt"
    own.write_text("scripted:script: [1000, 1000, 1000]\n")
    engine = LlmEngine(
        ModelSettings(prices=own), chain=lambda *_: scripted_chain(lambda messages: {"call": "my_orders"})
    )
    proposal = engine.run(make_agent(tmp_path, limits={"cost": 0.5}), make_item(), make_context())
    assert proposal.reason == "the limit of 0.5 US dollars was reached"
    assert proposal.usage.cost_usd >= 0.5


def test_a_run_ends_at_its_deadline(tmp_path: Path) -> None:
    with pytest.raises(TryLater, match="seconds were used up"):
        run(tmp_path, [answer()], context=make_context(seconds=0.0))


def test_a_foreign_link_and_an_image_are_taken_out_and_cost_the_score(tmp_path: Path) -> None:
    reply = "See https://shop.example/help/a or [here](https://evil.example/x) ![p](https://evil.example/p.png)"
    proposal = run(tmp_path, [answer(reply)])
    assert proposal.reply == "See https://shop.example/help/a or here p"
    assert proposal.signals["clean"] == 0.0
    assert proposal.score < 0.5


def test_a_reply_in_another_language_than_the_tickets_lowers_the_score(tmp_path: Path) -> None:
    assert run(tmp_path, [answer(language="de")]).signals["language"] == 0.0


def test_samples_that_do_not_agree_lower_the_score(tmp_path: Path) -> None:
    turns = iter([answer(), answer("", hand_over="unsure"), answer("Another way to say it.")])
    mixed = run(tmp_path, lambda messages: next(turns), samples=3)
    assert mixed.signals["agreement"] == 0.5
    assert mixed.usage.model_calls == 3
    assert run(tmp_path, [answer()], samples=2).signals["agreement"] == 1.0


def test_samples_that_state_other_facts_agree_by_the_share_that_both_state(tmp_path: Path) -> None:
    turns = iter(
        [answer("SL-20001 costs 89 euros."), answer("89 euros is what SL-20002 costs."), answer("89 and SL-20001")]
    )
    proposal = run(tmp_path, lambda messages: next(turns), samples=3)
    assert proposal.signals["agreement"] == pytest.approx((1 / 3 + 1) / 2, abs=1e-4)


LARGER: dict[str, Any] = {"model": "openai:small", "larger": {"model": "openai:big", "below": 0.8}}


def cascade(folder: Path, small: Any, big: Any, **manifest: Any) -> Proposal:
    """Let a small model answer, and the larger one where the engine asks for it."""
    scripts = {"openai:small": small, "openai:big": big}
    engine = LlmEngine(
        ModelSettings(), chain=lambda given, _: scripted_chain(scripts[str(given.model)], str(given.model))
    )
    return engine.run(make_agent(folder, **{**LARGER, **manifest}), make_item(), make_context())


def test_the_larger_model_is_not_asked_where_the_small_one_is_sure(tmp_path: Path) -> None:
    proposal = cascade(tmp_path, [answer("On its way.")], [answer("never asked")])
    assert (proposal.reply, proposal.usage.model, proposal.signals["larger"]) == ("On its way.", "openai:small", 0.0)


@pytest.mark.parametrize("small", [answer("Perhaps.", sure=0.0), answer("", hand_over="too hard"), {"text": "no form"}])
def test_where_the_small_model_is_not_sure_the_larger_ones_word_counts_and_both_are_paid(
    tmp_path: Path, small: dict[str, Any]
) -> None:
    proposal = cascade(tmp_path, [small], [answer("It comes tomorrow.")])
    assert (proposal.reply, proposal.signals["larger"]) == ("It comes tomorrow.", 1.0)
    assert (proposal.usage.model, proposal.usage.model_calls) == ("openai:small,openai:big", 2)


def test_what_the_larger_model_hands_over_goes_to_a_person(tmp_path: Path) -> None:
    proposal = cascade(tmp_path, [answer("Perhaps.", sure=0.0)], [answer("", hand_over="a complaint")])
    assert (proposal.kind, proposal.reason) == ("abstain", "the model hands over: a complaint")


def test_both_models_share_one_limit_of_money_and_the_small_ones_draft_is_kept(tmp_path: Path) -> None:
    own = tmp_path / "prices.txt"
    own.write_text("openai:small: [1000, 1000, 1000]\n")
    scripts = {"openai:small": [answer("Perhaps.", sure=0.0)], "openai:big": [answer("never asked")]}
    engine = LlmEngine(
        ModelSettings(prices=own), chain=lambda given, _: scripted_chain(scripts[str(given.model)], str(given.model))
    )
    agent = make_agent(tmp_path, **LARGER, limits={"cost": 0.1})
    proposal = engine.run(agent, make_item(), make_context())
    assert (proposal.reply, proposal.usage.model) == ("Perhaps.", "openai:small")
    assert proposal.usage.cost_usd > 0.1


def test_a_run_that_fails_says_what_it_had_used_up(tmp_path: Path) -> None:
    script = [{"call": "my_orders"}, {"call": "read_page", "arguments": {"page": "busy"}}]
    with pytest.raises(TryLater) as caught:
        run(tmp_path, script)
    assert caught.value.spent is not None
    assert (caught.value.spent["model_calls"], caught.value.spent["tool_calls"]) == (2, 2)
    assert caught.value.spent["input_tokens"] > 0


def test_a_watcher_hears_every_prompt_answer_and_tool_call_in_order(tmp_path: Path) -> None:
    heard: list[Any] = []
    script = [{"call": "my_orders"}, {"call": "cancel", "arguments": {"order_id": "SL-20001"}}, answer("Done soon.")]
    context = dataclasses.replace(make_context(), watch=heard.append)
    run(tmp_path, script, context=context)
    assert [(one["step"], one["name"]) for one in heard] == [
        ("model", "scripted:script"),
        ("tool", "my_orders"),
        ("model", "scripted:script"),
        ("tool", "cancel"),
        ("model", "scripted:script"),
    ]
    first, looked, second = heard[0], heard[1], heard[2]
    assert "Help." in first["system"] and "Where is SL-20001?" in first["sent"][0]
    assert first["calls"] == [{"name": "my_orders", "arguments": {}}]
    assert "SL-20002" in looked["told"]
    assert second["system"] == "" and second["sent"] == [looked["told"]]
    assert all(one["seconds"] >= 0 for one in heard)


def test_knowledge_is_searched_and_cited(tmp_path: Path) -> None:
    article = Source(kind="article", id="returns", title="Returns", quote="Returns are free for 30 days.")
    script = [{"call": "search_knowledge", "arguments": {"query": "returns"}}, answer("Free for 30 days.")]
    proposal = run(tmp_path, script, context=make_context(articles=[article]), **KNOWLEDGE)
    assert proposal.sources == (article,)
    assert proposal.signals["support"] == 1.0


KNOWLEDGE: dict[str, Any] = {"tools": [{"name": "search_knowledge", "source": "knowledge"}], "may": []}


CONFIRMING: dict[str, Any] = {
    "tools": [{"name": "my_orders", "verified_customer": True}, {"name": "cancel", "effect": "write", "confirm": True}]
}


def cancelling(*orders: str) -> list[dict[str, Any]]:
    return [
        {"call": "my_orders"},
        {"calls": [{"call": "cancel", "arguments": {"order_id": order}} for order in orders]},
        answer("We can do that."),
    ]


def test_a_write_that_needs_a_yes_is_asked_about_first_in_our_own_words(tmp_path: Path) -> None:
    proposal = run(tmp_path, cancelling("SL-20001"), **CONFIRMING)
    assert (proposal.kind, proposal.question, proposal.actions) == ("reply", True, ())
    assert proposal.reply.startswith("We can do that.\n\nPlease confirm with a simple yes")
    assert "- cancel (order id: SL-20001)" in proposal.reply


def test_after_the_yes_it_is_proposed_as_confirmed_and_what_was_slipped_in_is_not(tmp_path: Path) -> None:
    asked = run(tmp_path, cancelling("SL-20001"), **CONFIRMING).reply
    thread = (
        Message(turn=1, author="customer", text="Cancel SL-20001", at=ARRIVED),
        Message(turn=1, author="agent", text=asked, at=ARRIVED + timedelta(minutes=1)),
    )
    item = make_item("Yes, please.", turn=2, messages=thread)
    agreed = run(tmp_path, cancelling("SL-20001"), item=item, **CONFIRMING)
    assert [action.confirmed for action in agreed.actions] == [True]
    assert "Please confirm" not in agreed.reply
    slipped = run(tmp_path, cancelling("SL-20001", "SL-20002"), item=item, **CONFIRMING)
    assert [action.confirmed for action in slipped.actions] == [True, False]


def went_on(**outcome: Any) -> Any:
    """The item of a run that begins with an outcome, the customer's message being of the turn before."""
    values = {"name": "cancel", "arguments": {"order_id": "SL-20001"}, "status": "done", "turn": 1, **outcome}
    said = (Message(turn=1, author="customer", text="Cancel SL-20001", at=ARRIVED),)
    return make_item("Cancel SL-20001", turn=2, messages=said, action_outcomes=(ActionOutcome(**values),))


def test_what_was_carried_out_for_a_message_is_not_proposed_again_for_it(tmp_path: Path) -> None:
    told: list[str] = []

    def script(messages: Any) -> Any:
        told.append(messages[-1].text)
        again = {"call": "cancel", "arguments": {"order_id": "SL-20001"}}
        return again if len(told) == 1 else answer("It is cancelled.")

    proposal = run(tmp_path, script, item=went_on(result="cancelled"))
    assert "Go on from there." in told[0]
    assert told[1].startswith("Refused: exactly this was proposed before, and was carried out.")
    assert (proposal.kind, proposal.actions) == ("reply", ())


@pytest.mark.parametrize(
    ("verified_tool", "status", "label"),
    [(True, "done", "customer"), (False, "done", "tool"), (True, "refused", "tool"), (True, "failed", "tool")],
)
def test_what_a_write_gave_back_is_the_customers_only_where_its_tool_answers_for_them_alone(
    tmp_path: Path, verified_tool: bool, status: str, label: str
) -> None:
    tools = [{"name": "cancel", "effect": "write", "sinks": ["order_id"], "verified_customer": verified_tool}]
    script = [{"call": "cancel", "arguments": {"order_id": "SL-30003"}}, answer("")]
    item = went_on(status=status, result='{"order_id": "SL-30003"}')
    proposal = run(tmp_path, script, item=item, tools=tools)
    assert proposal.actions[0].provenance["order_id"] == label
