"""The fold equals a slow, obvious reference on generated histories."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.events import Event
from metrics import accuracy, automation_share, containment, involvement, resolution
from metrics.cohort import cohort
from metrics.fold import fold
from metrics.sums import sums_of
from tests.metrics import slow
from tests.metrics.histories import START, event, logs, received


@settings(max_examples=200, deadline=None)
@given(logs())
def test_every_fact_is_what_the_definition_says(log: list[Event]) -> None:
    equals_the_reference(log)


def equals_the_reference(log: list[Event]) -> None:
    """Compare every fact with the slow reference."""
    reference = slow.tickets(log)
    found = sorted(fold(log).tickets, key=lambda t: t.id)
    assert len(found) == len(reference)
    for fact, truth in zip(found, reference, strict=True):
        assert fact.counted == truth.counted
        assert fact.intent == truth.intent
        assert fact.attempted == truth.attempted
        assert fact.answered == bool(truth.answers)
        assert fact.touched == truth.has(*slow.TOUCHES)
        assert fact.open == truth.open
        assert fact.contained == truth.contained
        assert fact.reopened == truth.has("ticket.reopened")
        assert fact.repeated == truth.came_back(reference)
        assert fact.durable == truth.durable(reference)
        assert fact.settled_at == truth.settled_at
        runs = [run.calls for run in fact.runs if not run.shadow]
        assert sum(map(Counter, [*runs, fact.failed_calls]), Counter()) == truth.calls()
        assert all(run.judging_seconds == truth.judging(run.id) for run in fact.runs)


@settings(max_examples=60, deadline=None)
@given(logs(), st.integers(0, 60), st.integers(0, 20))
def test_shares_equal_counting_by_hand(log: list[Event], days: int, start: int) -> None:
    now, since = START + timedelta(days=days), START + timedelta(days=start)
    whole = sums_of(cohort(fold(log), since=since, until=now, now=now))
    everyone = slow.tickets(log)
    inside = [t for t in everyone if t.counted and t.arrival.data["origin"] != "import" and since <= t.arrival.at < now]
    old = [t for t in inside if t.settled_at <= now]
    share = automation_share.estimate(whole)
    assert (share.n, share.pending) == ((len(old), len(inside) - len(old)) if old else (0, len(inside)))
    assert share.k == (sum(t.durable(everyone) for t in old) if old else None)
    tried = [t for t in old if t.attempted]
    if tried:
        assert containment.estimate(whole).k == sum(t.contained for t in tried)
        assert containment.estimate(whole).n == len(tried)


@settings(max_examples=100, deadline=None)
@given(logs())
def test_automation_is_involvement_times_resolution(log: list[Event]) -> None:
    later = START + timedelta(days=300)
    whole = sums_of(cohort(fold(log), since=START, until=later, now=later))
    share, involved, resolved = (f.estimate(whole).value for f in (automation_share, involvement, resolution))
    if share is not None and involved is not None:
        assert share == pytest.approx(involved * (resolved or 0.0))


@settings(max_examples=100, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_the_order_of_the_log_does_not_matter(log: list[Event], random: st.randoms) -> None:  # type: ignore[valid-type]  # a strategy's value
    shuffled = list(log)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    assert fold(shuffled) == fold(log)


@settings(max_examples=100, deadline=None)
@given(logs())
def test_stages_never_widen(log: list[Event]) -> None:
    for t in fold(log).tickets:
        chain = (t.routed, t.attempted, t.answered, t.contained, t.durable)
        assert all(not later or earlier for earlier, later in pairwise(chain))


def test_a_ticket_whose_arrival_is_not_in_the_log_is_left_out() -> None:
    assert fold([event("delivery.sent", 1, 7, effect="reply", by="agent")]).tickets == ()


def test_what_comes_8_days_after_an_answer_is_another_matter() -> None:
    log = [
        received(1),
        event("delivery.sent", 1, 1, effect="reply", by="agent"),
        event("ticket.reopened", 24 * 8 + 1, 1, by="customer"),
        event("staff.replied", 24 * 8 + 2, 1, by="an"),
    ]
    (ticket,) = fold(log).tickets
    assert ticket.durable
    (ticket,) = fold([*log[:2], event("ticket.reopened", 24 * 6, 1, by="customer")]).tickets
    assert not ticket.durable


def test_a_corrected_judgement_counts_in_place_of_the_first() -> None:
    log = [
        received(1),
        event("run.recorded", 0.1, 1, agent="cards", proposal="reply"),
        event("decision.recorded", 0.2, 1, action="automate", audited=True, audit_probability=0.2),
        event("audit.judged", 5, 1, right=False),
        event("audit.judged", 50, 1, right=True),
    ]
    until, now = START + timedelta(days=1), START + timedelta(days=9)
    whole = sums_of(cohort(fold(log), since=START, until=until, now=now))
    assert accuracy.estimate(whole).k == 1
