"""Evidence that may be looked at any time: it is fair, it certifies as fast as stated, and never too often."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from metrics.certificates import binomial, eprocess

NEEDED = math.log(20)


@given(st.floats(0.0, 1.0), st.sampled_from([0.9, 0.95, 0.99]), st.floats(0.01, 1.0))
def test_every_bet_loses_on_average_where_accuracy_is_at_most_the_target(error: float, target: float, w: float) -> None:
    right = np.exp(eprocess.log_wealth(1, 0, w, target))
    wrong = np.exp(eprocess.log_wealth(0, 1, w, target))
    mean = (1 - error) * right + error * wrong
    assert np.all(wrong >= 0)
    if error >= 1 - target:
        assert np.all(mean <= 1 + 1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.05, 1.0)), min_size=1, max_size=60), st.randoms())
def test_evidence_is_the_product_of_its_audits_in_any_order(audits: list[tuple[bool, float]], random: object) -> None:
    alpha, target = 0.05, 0.95
    wealth = np.ones(len(eprocess.RATES))
    for ok, w in audits:
        wealth *= 1 + eprocess.bets(target) * w * (alpha - (0 if ok else 1))
    right = np.array([float(ok) for ok, _ in audits])
    weights = np.array([w for _, w in audits])
    found = eprocess.log_evidence(eprocess.log_wealth(right, 1 - right, weights, target).sum(axis=0))
    assert float(found) == pytest.approx(math.log(wealth.mean()), rel=1e-9, abs=1e-9)


def test_error_free_audits_certify_after_the_stated_numbers() -> None:
    assert eprocess.audits_to_certify(0.95, 0.95) <= 92
    assert eprocess.audits_to_certify(0.95, 0.975) <= 108


@pytest.mark.parametrize(("accuracy", "at_most"), [(0.98, 293), (0.97, 701)])
def test_the_median_agent_is_certified_as_fast_as_stated(accuracy: float, at_most: int) -> None:
    rng = np.random.default_rng(3)
    wrong = (rng.random((300, 3 * at_most)) >= accuracy).cumsum(axis=1)
    seen = np.arange(1, wrong.shape[1] + 1)
    crossed = eprocess.log_evidence(eprocess.log_wealth(seen - wrong, wrong, 1.0, 0.95)) >= NEEDED
    first = np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, 10**6)
    assert np.median(first) <= at_most


def test_an_agent_just_below_the_target_is_certified_in_at_most_5_percent_of_endless_looks() -> None:
    rng = np.random.default_rng(4)
    wrong = (rng.random((600, 2_000)) < 0.05).cumsum(axis=1)
    seen = np.arange(1, 2_001)
    ever = (eprocess.log_evidence(eprocess.log_wealth(seen - wrong, wrong, 1.0, 0.95)) >= NEEDED).any(axis=1)
    assert binomial.lower_bound(int(ever.sum()), 600) <= 0.05


def test_weighted_audits_of_a_bad_agent_are_certified_in_at_most_5_percent() -> None:
    """A judge's flag makes audits of wrong answers likelier; weights must undo it."""
    rng = np.random.default_rng(5)
    runs, n = 300, 4_000
    wrong = rng.random((runs, n)) < 0.05
    flagged = rng.random((runs, n)) < np.where(wrong, 0.7, 0.03)
    probability = np.where(flagged, 0.5, 0.1)
    drawn = rng.random((runs, n)) < probability
    steps = eprocess.log_wealth(~wrong & drawn, wrong & drawn, 0.1 / probability, 0.95)
    ever = (eprocess.log_evidence(steps.cumsum(axis=1)[:, ::20]) >= NEEDED).any(axis=1)
    assert binomial.lower_bound(int(ever.sum()), runs) <= 0.05


def test_the_prefix_ends_at_the_first_level_without_a_certificate() -> None:
    flags = np.array([[0, 0, 1, 1, 0, 1], [0, 0, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1]], dtype=bool)
    assert eprocess.certified_prefix(flags, 2).tolist() == [4, 0, 6]


def world(n: int, rng: np.random.Generator) -> tuple[eprocess.Floats, eprocess.Floats]:
    z = rng.normal(1.8, 2.2, n)
    return expit(z), (rng.random(n) < 0.99 * expit(0.5 + z)).astype(float)


def test_a_chain_certifies_most_of_what_it_could_and_rarely_more() -> None:
    rng = np.random.default_rng(6)
    z = np.sort(rng.normal(1.8, 2.2, 400_000))[::-1]
    running = np.cumsum(0.99 * expit(0.5 + z)) / np.arange(1, z.size + 1)
    shares, missed = [], 0
    for _ in range(80):
        fixed = eprocess.plan(world(2_000, rng)[0])
        found = eprocess.stand(fixed, *world(4_000, rng))
        shares.append(found.share)
        if found.threshold is not None:
            missed += running[np.searchsorted(-expit(z), -found.threshold, side="right") - 1] < 0.95
    assert np.mean(shares) > 0.4
    assert binomial.lower_bound(int(missed), 80) <= 0.05


def test_looking_often_changes_nothing_for_the_better_or_worse() -> None:
    """What was certified at an earlier look is still certified at a later one."""
    rng = np.random.default_rng(7)
    score, right = world(3_000, rng)
    fixed = eprocess.plan(world(2_000, rng)[0])
    looks = [eprocess.stand(fixed, score[:n], right[:n]).share for n in range(0, 3_001, 250)]
    assert looks == sorted(looks)
    assert looks[-1] > 0.3


def test_a_second_chain_starts_safer_where_scores_predict_that_a_bold_one_never_passes() -> None:
    scores = expit(np.random.default_rng(8).normal(-0.3, 3.0, 100))
    bold, both = eprocess.plan(scores), eprocess.plan(scores, target=0.95)
    assert both.starts[1:] == bold.starts
    assert eprocess.SAFEST_SHARE <= both.shares[both.start] < bold.shares[bold.start]
    sure = eprocess.plan(np.full(100, 0.99), target=0.95)
    assert sure.starts == eprocess.plan(np.full(100, 0.99)).starts


def test_the_safe_chain_certifies_the_surest_and_the_bold_one_agents_that_promise_too_little() -> None:
    rng = np.random.default_rng(12)
    scores = np.linspace(0, 1, 1_000)
    fixed = eprocess.plan(scores, target=0.95)
    assert len(fixed.starts) == 2
    audited = rng.random(3_000)
    calibrated = (rng.random(3_000) < np.where(audited > 0.88, 0.999, 0.8)).astype(float)
    safe = eprocess.stand(fixed, audited, calibrated)
    assert eprocess.stand(eprocess.plan(scores), audited, calibrated).threshold is None
    assert safe.threshold is not None and safe.share < 0.2
    assert eprocess.stand(fixed, audited[:600], np.ones(600)).share == 1.0


def test_two_chains_share_the_allowed_error() -> None:
    """Accuracy is exactly the target wherever one looks: each life certifies falsely with at most 5 % chance."""
    rng = np.random.default_rng(13)
    fixed = eprocess.plan(np.linspace(0, 1, 1_000), target=0.95)
    found = [eprocess.stand(fixed, rng.random(1_500), (rng.random(1_500) < 0.95).astype(float)) for _ in range(300)]
    assert binomial.lower_bound(sum(one.threshold is not None for one in found), 300) <= 0.05


def test_evidence_grows_only_where_accuracy_is_above_the_target() -> None:
    grown = eprocess.growth(np.array([0.90, 0.95, 0.97, 1.0]), 0.95)
    assert np.all(np.diff(grown) > 0)
    assert grown[1] < 0 < grown[2]


def test_what_is_missing_is_said() -> None:
    fixed = eprocess.plan(np.linspace(0, 1, 1_000))
    nothing = eprocess.stand(fixed, [], [])
    assert (nothing.threshold, nothing.audits_missing) == (None, math.ceil(90 / fixed.shares[fixed.start]))
    hopeless = eprocess.stand(fixed, np.full(50, 0.99), np.arange(50) % 2)
    assert (hopeless.threshold, hopeless.audits_missing) == (None, None)
    slow = eprocess.stand(fixed, np.full(80, 0.99), np.arange(80) > 0)
    assert slow.audits_missing is not None and slow.audits_missing > 80


def test_weights_follow_the_smallest_probability() -> None:
    assert eprocess.probability_weights([0.1, 0.2, 0.4]).tolist() == [1.0, 0.5, 0.25]
    assert eprocess.probability_weights([0.1, 0.2], 0.05).tolist() == [0.5, 0.25]
    with pytest.raises(ValueError, match="none below the smallest"):
        eprocess.probability_weights([0.1, 0.2], 0.15)


@given(st.lists(st.booleans(), min_size=1, max_size=400), st.floats(0.3, 1.0), st.integers(0, 400))
def test_evidence_followed_in_parts_is_that_of_all_at_once_and_no_bet_keeps_more_than_its_most(
    right: list[bool], weight: float, cut: int
) -> None:
    steps = eprocess.factors(np.array(right, float), np.full(len(right), weight), 0.95)
    whole = eprocess.follow(eprocess.begin(), steps, 3.0, 0.5)
    parts = eprocess.follow(eprocess.follow(eprocess.begin(), steps[:cut], 3.0, 0.5), steps[cut:], 3.0, 0.5)
    wide = eprocess.follow(eprocess.begin((9,)), np.repeat(steps[:, None], 9, axis=1), 3.0, 0.5)
    most, wealth = np.exp(3.0) * len(eprocess.RATES), np.ones(steps.shape[1])
    for step in steps:
        wealth = np.minimum(wealth * step, most)
    for found in (whole.wealth, parts.wealth, *wide.wealth):
        assert np.allclose(found, wealth)
    assert whole.held == parts.held
    assert np.all(wide.held == whole.held)


def test_a_level_that_turned_is_withdrawn_sooner_than_its_past_would_allow() -> None:
    plan = eprocess.plan(np.full(100, 0.9))
    right = np.concatenate([np.ones(2_000), np.tile([1.0, 0.0], 24)])
    score = np.full(right.size, 0.9)
    assert eprocess.stand(plan, score, right, slack=0.5).threshold is None
    assert eprocess.stand(plan, score[:2_000], right[:2_000], slack=0.5).threshold == 0.9
    assert eprocess.stand(plan, score, right).threshold == 0.9  # kept for good


def test_the_evidence_told_is_the_least_of_the_levels_that_a_certificate_rests_on() -> None:
    """That of a level which failed says nothing of those in force; what was given away still counts for a fleet."""
    scores = np.repeat([0.9, 0.8, 0.1], [400, 400, 400])
    right = np.repeat([1.0, 1.0, 0.0], [400, 400, 400])
    fixed = eprocess.Plan(thresholds=(0.9, 0.8, 0.1), shares=(0.3, 0.6, 1.0), starts=(0,))
    found = eprocess.stand(fixed, scores, right, slack=0.3)
    assert found.threshold == 0.8
    assert found.log_e == pytest.approx(float(eprocess.log_evidence(eprocess.log_wealth(400, 0, 1.0, 0.95))))
    assert found.log_e > found.needed + math.log(len(eprocess.RATES))


def test_evidence_of_a_certificate_that_is_false_exceeds_any_value_as_seldom_as_an_e_value_does() -> None:
    """Levels, one after the other, at 98 %, at the target, and far above it: the certificate may pass over the one
    that is false only with evidence against it, too."""
    rng = np.random.default_rng(6)
    fixed = eprocess.Plan(thresholds=(0.9, 0.8, 0.1), shares=(0.3, 0.6, 1.0), starts=(0,))
    scores = np.repeat([0.9, 0.8, 0.1], 300)
    error = np.repeat([0.02, 0.08, 0.0], 300)
    false = []
    for _ in range(2_000):
        found = eprocess.stand(fixed, scores, (rng.random(900) >= error).astype(float), confidence=0.5)
        false.append(math.exp(found.log_e) if found.threshold == 0.8 else 0.0)
    for level in (2, 10):
        assert binomial.lower_bound(int(np.sum(np.array(false) >= level)), 2_000) <= 1 / level
