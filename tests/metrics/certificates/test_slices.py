"""Certificates of single intents: declared by counts alone, one error shared by all, and nothing bad goes out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contracts import WHOLE
from metrics.certificates import binomial, slices
from metrics.certificates.certify import strict
from metrics.certificates.live import Audit, Rules, examine
from metrics.certificates.slices import FIRST_RUNS, First, Stand, declare, of_intent, stand

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(target=0.95, confidence=0.95, boundaries=(BEGAN,))
NAMES = ["delivery", "invoice", "refund", "return", "warranty"]
PARTS = [0.3, 0.2, 0.2, 0.2, 0.1]


def audit(number: int, intent: str, right: bool, score: float, *, coin: float = 0.2, own: float = 0.2) -> Audit:
    return Audit(str(number), score, 0.2, 0.2, right, False, BEGAN, (), coin, coin, intent, own)


def worked(seed: int, count: int, accuracy: list[float]) -> tuple[list[First], list[Audit]]:
    """First runs, and audits of later ones, of an agent with an accuracy for each of its intents."""
    rng = np.random.default_rng(seed)
    known = zip(rng.choice(NAMES, FIRST_RUNS, p=PARTS), rng.random(FIRST_RUNS), strict=True)
    first = [First(str(intent), float(score)) for intent, score in known]
    which, scores = rng.choice(len(NAMES), count, p=PARTS), rng.random(count)
    right = rng.random(count) < np.array(accuracy)[which]
    made = zip(which, right, scores, strict=True)
    return first, [audit(at, NAMES[one], bool(ok), float(score)) for at, (one, ok, score) in enumerate(made)]


def look(first: list[First], audits: list[Audit], rules: Rules = RULES) -> tuple[Stand, list[Stand]]:
    return stand(audits, [run.score for run in first[:100]], first, rules)


def in_force(found: tuple[Stand, list[Stand]]) -> list[str]:
    return [one.rules.slice for one in (found[0], *found[1]) if one.in_force]


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(900, 1_100), st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
def test_declared_is_what_makes_up_a_tenth_of_the_first_runs(seed: int, count: int, parts: list[float]) -> None:
    shares = np.array(parts) / sum(parts)
    intents = np.random.default_rng(seed).choice([*NAMES[:3], ""], count, p=shares).tolist()
    found = declare([First(intent, 0.5) for intent in intents])
    if len(intents) < FIRST_RUNS:
        assert found == ()
    else:
        assert all(intents[:FIRST_RUNS].count(intent) >= 100 for intent in found)
        assert "" not in found
        assert found == declare([First(intent, 0.1) for intent in intents] + [First("new", 0.9)] * 500)


def test_an_agent_of_one_intent_declares_none() -> None:
    assert declare([First("delivery", 0.5)] * 950 + [First("refund", 0.5)] * 50) == ()
    assert declare([First("delivery", 0.5)] * 850 + [First("refund", 0.5)] * 150) == ("delivery", "refund")


def test_good_intents_are_certified_where_the_whole_cannot_be_and_bad_ones_stay_with_people() -> None:
    first, audits = worked(1, 4_000, [0.995, 0.995, 0.995, 0.90, 0.70])
    found = look(first, audits)
    assert in_force(found) == ["delivery", "invoice", "refund"]
    assert examine(audits, [run.score for run in first[:100]], RULES).threshold is None
    assert [one.why != "" for one in found[1]] == [False, False, False, True, True]


def test_an_agent_that_is_good_at_everything_stays_whole() -> None:
    first, audits = worked(2, 3_000, [0.995] * 5)
    found = look(first, audits)
    assert in_force(found) == [WHOLE]
    assert (found[0].rules.part, found[1][0].rules.part) == (0.75, 0.05)


@pytest.mark.parametrize("case", ["few drawn", "no coins", "announced look", "few first runs"])
def test_nothing_is_shared_before_a_single_intent_could_be_certified_at_all(case: str) -> None:
    first, audits = worked(3, 400 if case == "few drawn" else 2_000, [0.99] * 5)
    rules = replace(RULES, first_look=300) if case == "announced look" else RULES
    if case == "no coins":
        audits = [one._replace(coin=0.0) for one in audits]
    first = first[:900] if case == "few first runs" else first
    whole, parts = look(first, audits, rules)
    assert (parts, whole.rules) == ([], rules)
    assert whole.finding == examine(audits, [run.score for run in first[:100]], rules)


def test_verdicts_never_decide_which_intents_are_looked_at() -> None:
    first, audits = worked(4, 2_000, [0.99] * 5)
    spoilt = [one._replace(right=False) for one in audits]
    assert [one.rules for one in look(first, spoilt)[1]] == [one.rules for one in look(first, audits)[1]]


def test_the_parts_of_the_allowed_error_add_up_to_the_whole_of_it() -> None:
    first, audits = worked(5, 2_000, [0.99] * 5)
    whole, parts = look(first, audits)
    assert len(parts) == 5
    assert whole.rules.part + sum(one.rules.part for one in parts) == pytest.approx(1)


def test_an_announced_look_shares_from_the_second_half_life_on() -> None:
    first, audits = worked(6, 2_000, [0.99] * 5)
    later = replace(RULES, first_look=300, boundaries=(BEGAN - timedelta(days=45), BEGAN))
    whole, parts = look(first, audits, later)
    assert (whole.rules.first_look, parts[0].rules.first_look) == (300, None)


def test_an_intent_that_goes_bad_does_not_go_out_under_the_whole_agents_certificate() -> None:
    first, audits = worked(7, 3_000, [0.999] * 5)
    before = look(first, audits)
    bad = worked(8, 800, [1, 1, 1, 0.85, 1])[1]
    after = look(first, audits + bad)
    assert in_force(before) == [WHOLE]
    assert examine(audits + bad, [run.score for run in first[:100]], after[0].rules).threshold is not None
    assert after[0].why == "audits of return speak against 95%"
    assert set(in_force(after)) == {"delivery", "invoice", "refund"}


def test_an_intents_audits_weigh_by_its_own_smallest_probability() -> None:
    two = [audit(1, "refund", True, 0.5, own=0.1), audit(2, "delivery", True, 0.5)]
    assert [one.smallest for one in of_intent(two, "refund")] == [0.1]
    assert of_intent(two, WHOLE) == two


def test_any_false_certificate_of_an_agent_is_as_rare_as_stated() -> None:
    """Every intent exactly at the accuracy that is tested, and one far below: whatever is ever certified is false. Each
    intent at the full error instead would break the promise."""
    at = strict(0.95)
    runs, ever, unshared = 40, 0, 0
    lone = replace(RULES, confidence=0.8)  # so that forty runs can tell
    for seed in range(runs):
        first, audits = worked(100 + seed, 2_400, [at, at, at, at, 0.8])
        ever += any(in_force(look(first, audits[:n], lone)) for n in (1_200, 2_400))
        unshared += any(
            examine(of_intent(audits, name), slices.scores_of(first, name), replace(lone, slice=name)).threshold
            is not None
            for name in NAMES
        )
    assert binomial.lower_bound(ever, runs) <= 0.2
    assert unshared > ever
