"""The report of a replay: what is known of both sides, and what a customer would see differently."""

import io
from dataclasses import replace
from uuid import uuid4

from rich.console import Console

from cli.replay import show, sides
from core.contracts import ActionProposal, Proposal
from workers.preview import Pair


def pair(reply: str = "Same.", *, right: bool | None = True, score: float = 0.9, kind: str = "reply") -> Pair:
    new = Proposal(agent="cards", agent_version="2", fingerprint="b", kind="reply", reply=reply, score=score)
    old = {**new.model_dump(mode="json"), "reply": "Same.", "kind": kind, "reason": "none" if kind == "abstain" else ""}
    known = right if reply == "Same." and kind == "reply" else None
    return Pair(ticket_id=uuid4(), subject="Card", old=old, old_score=score, old_right=right, new=new, new_right=known)


def shown(pairs: list[Pair], most: int = 20) -> str:
    out = io.StringIO()
    show(Console(file=out, width=200), pairs, 0.95, 0.95, most)
    return out.getvalue()


def test_both_sides_are_told_with_their_numbers() -> None:
    old, new = sides([pair() for _ in range(300)] + [pair("Other.", right=False, score=0.2)], 0.95, 0.95)
    assert (old.total, old.answered, old.k, old.n) == (301, 301, 300, 301)
    assert (new.k, new.n) == (300, 300)
    assert old.threshold is not None and old.share > 0.9


def test_what_was_never_judged_is_not_yet_known_and_certifies_nothing() -> None:
    text = shown([pair(right=None), pair("Other.", right=None)])
    assert text.count("not yet known") == 2
    assert "none" in text
    assert "1 changed proposals have no known truth" in text


def test_a_change_is_shown_side_by_side() -> None:
    text = shown([pair("Other."), pair()])
    assert "- Same." in text and "+ Other." in text
    assert "1 changed, 1 the same" in text


def test_another_action_is_shown_where_the_reply_is_the_same() -> None:
    one = pair()
    arguments = {"sku": "LAMP-7", "count": 1}
    action = ActionProposal(name="reserve", arguments=arguments, provenance={"sku": "customer"})
    old = {**one.old, "actions": [{**action.model_dump(mode="json"), "arguments": {"sku": "LAMP-7", "count": 2}}]}
    text = shown([replace(one, old=old, new=one.new.model_copy(update={"actions": (action,)}))])
    assert "- action reserve: count=2 (from agent), sku='LAMP-7' (from customer)" in text
    assert "+ action reserve: count=1 (from agent), sku='LAMP-7' (from customer)" in text


def test_an_abstention_that_becomes_an_answer_is_a_change() -> None:
    text = shown([pair(kind="abstain", right=None)])
    assert "was   abstain cards/- (none)" in text


def test_more_changes_than_wanted_are_counted() -> None:
    assert "... and 2 more" in shown([pair("Other.") for _ in range(3)], most=1)
