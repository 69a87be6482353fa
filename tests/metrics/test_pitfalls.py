"""Each way in which such figures usually flatter, as a test that ours does not."""

from datetime import timedelta
from typing import Any

import pytest

from core.events import Event
from metrics import accuracy, automation_share, containment, cost, latency, workload_share
from metrics.cohort import Cohort, cohort
from metrics.fold import fold
from metrics.sums import Sums, split_sums, sums_of
from tests.metrics.histories import START, event, received

LATER = START + timedelta(days=60)


def cut(*events: Event, now: Any = LATER) -> Cohort:
    """A cohort of all of September and October."""
    return cohort(fold(events), since=START, until=LATER, now=now)


def whole(*events: Event, now: Any = LATER) -> Sums:
    """What it adds up to."""
    return sums_of(cut(*events, now=now))


def automated(ticket: int, hours: float = 0.0, **arrival: Any) -> list[Event]:
    """A ticket that an agent answers unseen after six minutes."""
    intent = arrival.pop("intent", "card_lost")
    return [
        received(ticket, hours, **arrival),
        event("item.routed", hours + 0.01, ticket, agent="cards", intent=intent),
        event("run.recorded", hours + 0.02, ticket, agent="cards", proposal="reply", cost_usd=0.02, seconds=2.0),
        event("decision.recorded", hours + 0.03, ticket, action="automate", reasons=["certified"]),
        event("delivery.sent", hours + 0.1, ticket, effect="reply", by="agent"),
    ]


def audited(ticket: int, right: bool, probability: float, **judged: Any) -> list[Event]:
    """An automated ticket that a coin drew and a reviewer judged."""
    log = [e for e in automated(ticket) if e.kind != "decision.recorded"]
    coin: dict[str, Any] = {"audited": True, "audit_probability": probability}
    log.append(event("decision.recorded", 0.03, ticket, action="automate", reasons=[], **coin))
    return [*log, event("audit.judged", 20, ticket, right=right, **judged)]


def test_a_clarifying_question_without_a_reply_is_not_an_answer() -> None:
    log = [*automated(1)[:-1], event("delivery.sent", 0.1, 1, effect="reply", by="agent", question=True)]
    assert automation_share.estimate(whole(*log)).k == 0


def test_an_unanswered_follow_up_is_not_resolved() -> None:
    log = [*automated(1), event("message.received", 30, 1, turn=2)]
    assert automation_share.estimate(whole(*log)).k == 0
    assert containment.estimate(whole(*log)).k == 0


def test_coming_back_through_another_channel_undoes_the_first() -> None:
    log = automated(1, customer="an", channel="email") + automated(2, 48, customer="an", channel="chat")
    assert automation_share.estimate(whole(*log)).k == 1
    other_matter = automated(2, 48, customer="an", channel="chat", intent="card_pin")
    assert automation_share.estimate(whole(*automated(1, customer="an"), *other_matter)).k == 2


def test_a_merged_ticket_is_no_item_of_its_own_but_shows_that_the_customer_came_back() -> None:
    log = automated(1, customer="an") + automated(2, 48, customer="an") + [event("ticket.merged", 50, 2, into="1")]
    share = automation_share.estimate(whole(*log))
    assert (share.k, share.n) == (0, 1)
    assert (whole(*log).tickets["spam"], whole(*log).tickets["merged"]) == (0, 1)


def test_young_tickets_are_pending_not_good() -> None:
    now = START + timedelta(days=8)
    share = automation_share.estimate(whole(*automated(1), *automated(2, 48), now=now))
    assert (share.k, share.n, share.pending) == (1, 1, 1)


def test_spam_is_not_in_the_denominator_and_its_number_is_shown() -> None:
    log = [*automated(1), received(2), event("ticket.marked_spam", 1, 2)]
    assert automation_share.estimate(whole(*log)).n == 1
    assert whole(*log).tickets["spam"] == 1


@pytest.mark.parametrize("kind", ["review.approved", "review.edited", "review.taken_over", "staff.replied"])
def test_what_a_person_touched_is_not_automated(kind: Any) -> None:
    assert automation_share.estimate(whole(*automated(1), event(kind, 0.05, 1, by="an"))).k == 0


def test_the_imported_past_is_no_automation_and_no_denominator() -> None:
    assert automation_share.estimate(whole(*automated(1, origin="import"))).value is None


def test_a_shadow_run_counts_for_nothing() -> None:
    log = [received(1), event("run.recorded", 1, 1, agent="cards", proposal="reply", shadow=True, cost_usd=1.0)]
    log.append(event("decision.recorded", 1, 1, action="automate", shadow=True, audited=True, audit_probability=1.0))
    log.append(event("audit.judged", 2, 1, right=True))
    sums = whole(*log)
    assert containment.estimate(sums).value is None
    assert accuracy.estimate(sums).value is None
    assert cost.estimate(sums).value == 0.0


def test_without_any_ticket_nothing_is_0_or_100_percent() -> None:
    for figure in (automation_share, containment, workload_share, accuracy, cost, latency):
        empty = figure.estimate(whole())
        assert empty.value is None
        assert empty.missing


def test_judgements_that_no_coin_drew_are_not_accuracy() -> None:
    picked = [*automated(1), event("audit.judged", 20, 1, right=True)]
    assert accuracy.estimate(whole(*picked)).value is None


def test_accuracy_weighs_each_audit_by_its_probability() -> None:
    log = [e for i in range(8) for e in audited(i, True, 0.1)] + [e for i in (8, 9) for e in audited(i, False, 1.0)]
    found = accuracy.estimate(whole(*log))
    assert found.value == pytest.approx(80 / 82, rel=1e-6)
    assert (found.k, found.n) == (8, 10)
    assert found.low is not None and found.low < 0.8


def test_accuracy_of_equal_probabilities_has_the_exact_interval() -> None:
    log = [e for i in range(9) for e in audited(i, True, 0.2)] + audited(9, False, 0.2)
    found = accuracy.estimate(whole(*log))
    assert found.value == 0.9
    assert found.low == pytest.approx(0.5550, abs=1e-4)


def test_a_simulated_reviewer_marks_the_figure() -> None:
    assert accuracy.estimate(whole(*audited(1, True, 0.2), *audited(2, True, 0.2, simulated=True))).simulated
    assert not accuracy.estimate(whole(*audited(1, True, 0.2))).simulated


def test_audits_not_yet_judged_are_counted_as_waiting() -> None:
    found = accuracy.estimate(whole(*audited(1, True, 0.2)[:-1]))
    assert (found.value, found.pending, found.missing) == (None, 1, "1 audits wait for a judgement")


def test_the_unanswered_make_the_median_wait_longer_not_shorter() -> None:
    one = latency.estimate(whole(*automated(1), received(2), received(3)))
    assert one.value is None
    assert "2 of 3 have no answer yet" in one.missing
    assert latency.estimate(whole(*automated(1), *automated(2), received(3))).value == pytest.approx(360, rel=0.02)


def test_workload_is_measured_on_what_people_handled_before() -> None:
    past = [
        e
        for i in range(100, 160)
        for e in (
            received(i, -200, origin="import"),
            event("item.routed", -199, i, agent="cards", intent="card_lost" if i % 2 else "loan"),
            event("staff.replied", -198, i, by="import", seconds=60 if i % 2 else 600),
        )
    ]
    now = [*automated(1), *automated(2, intent="loan"), event("staff.replied", 1, 2, by="an", seconds=5)]
    assert workload_share.estimate(whole(*now, *past)).value == pytest.approx(60 / 660)
    assert automation_share.estimate(whole(*now, *past)).value == 0.5
    assert workload_share.estimate(whole(*automated(1))).missing == "handling times of tickets that people answered"


def test_every_resolution_pays_for_the_failures_too() -> None:
    log = [*automated(1), *automated(2), event("staff.replied", 1, 2, by="an")]
    assert cost.per_resolution(whole(*log)).value == pytest.approx(0.04)
    assert cost.estimate(whole(*log)).value == pytest.approx(0.02)


def test_a_bad_small_agent_shows_in_its_own_slice() -> None:
    parts = split_sums(cut(*automated(1), *automated(2), received(3)), "agent")
    assert list(parts) == ["cards", ""]
    assert [part.tickets["items"] for part in parts.values()] == [2, 1]
