"""The gate: what goes out alone, what waits for a person, and why."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import (
    INHERITED,
    ActionProposal,
    Certificate,
    Customer,
    Evidence,
    FieldValue,
    Policy,
    Proposal,
    Tier,
    WorkItem,
)
from core.gate.decide import decide, lower_tier, pick_certificate
from core.gate.words import SENTENCES, sentence
from core.store import gate

SHARES = st.floats(0, 1)


def item(*, verified: bool = True) -> WorkItem:
    customer = Customer(id=uuid4(), address="lan@example.com", verified=verified)
    return WorkItem(id=uuid4(), tenant_id=uuid4(), kind="ticket", received_at=datetime.now(UTC), customer=customer)


def proposal(**changes: object) -> Proposal:
    values = {"agent": "delivery", "agent_version": "1", "fingerprint": "f", "kind": "reply", "reply": "Tomorrow."}
    return Proposal.model_validate({**values, "score": 0.97, **changes})


def certificate(**changes: object) -> Certificate:
    values = {
        "id": uuid4(),
        "agent": "delivery",
        "fingerprint": "f",
        "target": 0.95,
        "confidence": 0.95,
        "threshold": 0.9,
        "k": 298,
        "n": 300,
        "bound": 0.96,
        "method": "exact",
    }
    return Certificate.model_validate({**values, **changes})


AUTOMATED = Policy(tier="automated", may=("refund",))


def test_a_certified_score_at_the_threshold_goes_out_and_just_below_it_waits() -> None:
    at = decide(item(), proposal(score=0.9), AUTOMATED, certificate())
    below = decide(item(), proposal(score=0.8999999), AUTOMATED, certificate())
    assert (at.action, at.reasons[0].code) == ("automate", "certified")
    assert (below.action, below.reasons[0].code) == ("hold", "score_below_threshold")


@given(score=SHARES, tier=st.sampled_from(["off", "shadow", "assisted", "automated"]), paused=st.booleans())
def test_without_a_certificate_nothing_is_ever_sent_unseen(score: float, tier: Tier, paused: bool) -> None:
    policy = AUTOMATED.model_copy(update={"tier": tier, "paused": paused})
    assert decide(item(), proposal(score=score), policy, None).action != "automate"


@given(score=SHARES, threshold=SHARES, tier=st.sampled_from(["off", "shadow", "assisted"]))
def test_no_tier_below_automated_acts_alone(score: float, threshold: float, tier: Tier) -> None:
    policy = AUTOMATED.model_copy(update={"tier": tier})
    assert decide(item(), proposal(score=score), policy, certificate(threshold=threshold)).action != "automate"


@given(score=SHARES, threshold=SHARES, coin=st.floats(0, 1, exclude_max=True), probability=SHARES)
def test_the_decision_does_not_look_at_the_audit_coin(
    score: float, threshold: float, coin: float, probability: float
) -> None:
    given_item, cert = item(), certificate(threshold=threshold)
    first = decide(given_item, proposal(score=score), AUTOMATED, cert)
    second = decide(given_item, proposal(score=score), AUTOMATED, cert, audit_probability=probability, audit_coin=coin)
    assert first.action == second.action
    assert second.audited == (coin < probability)


def test_a_certificate_for_less_than_the_target_does_not_count() -> None:
    strict = AUTOMATED.model_copy(update={"target": 0.97})
    assert decide(item(), proposal(), strict, certificate()).reasons[0].code == "certificate_too_low"


def test_a_pause_holds_what_is_certified() -> None:
    paused = AUTOMATED.model_copy(update={"paused": True})
    assert decide(item(), proposal(), paused, certificate()).action == "hold"


def test_an_abstention_is_declined_and_never_audited() -> None:
    decision = decide(
        item(),
        proposal(kind="abstain", reason="no source"),
        AUTOMATED,
        certificate(),
        audit_probability=1,
        audit_coin=0,
    )
    assert (decision.action, decision.audited) == ("decline", False)


def refund(source: str) -> Proposal:
    action = ActionProposal(name="refund", arguments={"account": "DE1"}, provenance={"account": source})
    return proposal(kind="action", actions=(action,))


@pytest.mark.parametrize("source", ["ticket", "document", "tool", "agent"])
def test_untrusted_content_cannot_choose_a_sink_argument(source: str) -> None:
    policy = AUTOMATED.model_copy(update={"sinks": {"refund": ("account",)}})
    decision = decide(item(), refund(source), policy, certificate())
    assert (decision.action, decision.reasons[0].code) == ("hold", "untrusted_argument")


@pytest.mark.parametrize("source", ["customer", "manifest"])
def test_a_sink_argument_from_a_trusted_place_passes(source: str) -> None:
    policy = AUTOMATED.model_copy(update={"sinks": {"refund": ("account",)}})
    assert decide(item(), refund(source), policy, certificate()).action == "automate"


def test_an_argument_without_provenance_counts_as_made_up() -> None:
    policy = AUTOMATED.model_copy(update={"sinks": {"refund": ("account",)}})
    action = ActionProposal(name="refund", arguments={"account": "DE1"})
    assert decide(item(), proposal(actions=(action,)), policy, certificate()).action == "hold"


def test_an_action_outside_the_manifest_is_held() -> None:
    policy = AUTOMATED.model_copy(update={"may": ()})
    assert decide(item(), refund("customer"), policy, certificate()).reasons[0].code == "action_not_allowed"


def test_an_action_for_verified_customers_waits_when_the_customer_is_not() -> None:
    policy = AUTOMATED.model_copy(update={"verified_only": ("refund",)})
    decision = decide(item(verified=False), refund("customer"), policy, certificate())
    assert decision.reasons[0].code == "customer_not_verified"


@pytest.mark.parametrize(
    "reply",
    [
        "See https://evil.example/x",
        "See http://shop.example.evil.com",
        "See https://shop.example@evil.com/",
        "See www.evil.com",
        "![](https://shop.example/a.png)",
        "<IMG src=x>",
    ],
)
def test_links_off_the_list_and_images_are_held(reply: str) -> None:
    policy = AUTOMATED.model_copy(update={"allowed_links": ("shop.example",)})
    assert decide(item(), proposal(reply=reply), policy, certificate()).action == "hold"


def test_a_listed_link_and_one_below_it_pass() -> None:
    policy = AUTOMATED.model_copy(update={"allowed_links": ("shop.example",)})
    reply = "See https://shop.example/returns and https://help.shop.example."
    assert decide(item(), proposal(reply=reply), policy, certificate()).action == "automate"


def test_a_value_without_evidence_never_goes_straight_through() -> None:
    seen = FieldValue(name="total", type="money", value="9", evidence=Evidence(kind="page", page=1))
    unseen = FieldValue(name="date", type="date", value="2026-01-01")
    assert decide(item(), proposal(kind="fields", fields=(seen,)), AUTOMATED, certificate()).action == "automate"
    assert decide(item(), proposal(kind="fields", fields=(seen, unseen)), AUTOMATED, certificate()).action == "hold"


@pytest.mark.parametrize(("signal", "code"), [("broken_rules", "rule_broken"), ("came_before", "came_before")])
def test_a_broken_rule_and_a_second_copy_are_held_whatever_is_certified(signal: str, code: str) -> None:
    seen = FieldValue(name="total", type="money", value="9", evidence=Evidence(kind="page", page=1))
    read = proposal(kind="fields", fields=(seen,), score=1.0, signals={signal: 1.0}, reason="breaks BR-CO-16")
    held = decide(item(), read, AUTOMATED, certificate(threshold=0.0))
    assert (held.action, [one.code for one in held.reasons]) == ("hold", [code])
    assert ("BR-CO-16" in sentence(held.reasons[0], "de")) == (signal == "broken_rules")


def test_the_manifests_tier_is_a_ceiling() -> None:
    assert lower_tier("assisted", "automated") == "assisted"
    assert lower_tier("automated", "off") == "off"


def test_a_certificate_speaks_for_its_own_fingerprint_only() -> None:
    own, family = certificate(), certificate(agent="family:answers", fingerprint="g")
    both = (family, own)
    assert pick_certificate(both, "delivery", "f", "answers", "g") is own
    assert pick_certificate(both, "delivery", "changed", "answers", "g") is family
    assert pick_certificate(both, "delivery", "changed", "answers", "changed") is None
    assert pick_certificate(both, "delivery", "changed", "", "g") is None


def test_an_agent_with_certificates_of_single_intents_goes_out_in_these_alone() -> None:
    refund, family = certificate(slice="refund"), certificate(agent="family:answers", fingerprint="g")
    both = (family, refund)
    assert pick_certificate(both, "delivery", "f", "answers", "g", "refund") is refund
    assert pick_certificate(both, "delivery", "f", "answers", "g", "return") is None
    assert pick_certificate(both, "other", "f", "answers", "g", "return") is family


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"agent": "family:answers"}, "certified_family", {"en": "family answers", "de": "Familie answers"}),
        (
            {"method": INHERITED, "expires_at": datetime(2026, 12, 9, tzinfo=UTC)},
            "certified_inherited",
            {"en": "inherits by an operator's choice until 2026-12-09", "vi": "kế thừa đến 2026-12-09"},
        ),
    ],
)
def test_what_goes_out_on_another_ones_certificate_says_so(
    changes: dict[str, Any], code: str, said: dict[str, str]
) -> None:
    sent = decide(item(), proposal(), AUTOMATED, certificate(**changes))
    assert (sent.action, sent.reasons[0].code) == ("automate", code)
    for language, words in said.items():
        assert words in sentence(sent.reasons[0], language)
    assert code in gate._BY_CHOICE  # a what-if may let it out or hold it


@pytest.mark.parametrize("code", SENTENCES)
@pytest.mark.parametrize("language", ["en", "de", "vi"])
def test_every_reason_is_a_sentence_in_three_languages(code: str, language: str) -> None:
    from core.contracts import Reason

    numbers = {"target": 0.95, "certified": 0.9}
    said = sentence(Reason(code=code, values=numbers), language)
    assert said.endswith((".", "–"))
    if language != "en":
        assert said != sentence(Reason(code=code, values=numbers), "en")


def test_the_numbers_of_a_reason_are_written_as_its_language_does() -> None:
    from core.contracts import Reason

    unsure = Reason(code="score_below_threshold", values={"score": 0.8123, "threshold": 0.9})
    assert sentence(unsure, "en").endswith("score 0.81, certified threshold 0.90.")
    assert all("0,81" in sentence(unsure, language) for language in ("de", "vi"))


@pytest.mark.parametrize(
    ("score", "said"),
    [(0.9, "score 0.90, certified threshold 0.95"), (0.9489, "score 0.949, certified threshold 0.950"),
     (0.949996, "score 0.949996, certified threshold 0.950000")],
)  # fmt: skip
def test_a_score_below_the_threshold_is_never_written_like_it(score: float, said: str) -> None:
    held = decide(item(), proposal(score=score), AUTOMATED, certificate(threshold=0.95))
    assert said in sentence(held.reasons[0])


def test_a_score_that_is_the_threshold_has_two_places() -> None:
    sent = decide(item(), proposal(score=0.95), AUTOMATED, certificate(threshold=0.95))
    assert "the score 0.95 reaches the certified threshold 0.95 (" in sentence(sent.reasons[0])


def test_an_action_that_needs_the_customers_yes_waits_without_one() -> None:
    policy = AUTOMATED.model_copy(update={"confirm_first": ("refund",)})
    unconfirmed = ActionProposal(name="refund", arguments={"amount": 10}, provenance={"amount": "customer"})
    held = decide(item(), proposal(actions=(unconfirmed,)), policy, certificate())
    assert (held.action, held.reasons[0].code) == ("hold", "not_confirmed")
    confirmed = unconfirmed.model_copy(update={"confirmed": True})
    assert decide(item(), proposal(actions=(confirmed,)), policy, certificate()).action == "automate"
