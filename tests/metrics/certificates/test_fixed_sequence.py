"""Fixed-sequence choice of a threshold: it keeps its promise, keeps most of the share, and says what is missing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from metrics.certificates import binomial
from metrics.certificates.fixed_sequence import KEPT, Floats, chain, choose_threshold, levels, start_level

Draw = tuple[Floats, Floats]


def reference_world(n: int, rng: np.random.Generator, skill: float = 0.5) -> Draw:
    """Scores and verdicts of the miscalibrated reference world: about 79 % right, 57 % automatable at 95 %."""
    z = rng.normal(1.8, 2.2, n)
    return expit(z), (rng.random(n) < 0.99 * expit(skill + z)).astype(float)


def accuracy_above(thresholds: Floats, rng: np.random.Generator, skill: float = 0.5) -> Floats:
    """True accuracy at or above each threshold, by a large sample."""
    z = np.sort(rng.normal(1.8, 2.2, 400_000))[::-1]
    running = np.cumsum(0.99 * expit(skill + z)) / np.arange(1, z.size + 1)
    taken = np.searchsorted(-expit(z), -thresholds, side="right")
    return np.asarray(running[taken - 1])


def test_few_choices_miss_the_target_and_most_of_the_oracles_share_is_kept() -> None:
    rng = np.random.default_rng(1)
    population, _ = reference_world(20_000, rng)
    choices = [choose_threshold(*reference_world(2_000, rng), population=population) for _ in range(300)]
    cuts = np.array([c.threshold for c in choices if c.threshold is not None])
    missed = int((accuracy_above(cuts, rng) < 0.95).sum())
    assert binomial.lower_bound(missed, len(choices), 0.95) <= 0.05
    assert np.mean([c.share for c in choices]) / 0.575 > 0.75


def test_weighted_audits_keep_the_promise_too() -> None:
    rng = np.random.default_rng(2)
    population, _ = reference_world(20_000, rng)
    cuts = []
    for _ in range(100):
        score, right = reference_world(20_000, rng)
        probability = np.where(score > 0.7, 0.1, 0.3)
        audited = rng.random(score.size) < probability
        choice = choose_threshold(
            score[audited], right[audited], population=population, probabilities=probability[audited]
        )
        assert choice.bound is None
        cuts += [choice.threshold] if choice.threshold is not None else []
    missed = int((accuracy_above(np.array(cuts), rng) < 0.95).sum())
    assert len(cuts) > 50
    assert binomial.lower_bound(missed, 100, 0.95) <= 0.05


def test_a_certified_choice_has_a_bound_at_the_target_or_above() -> None:
    rng = np.random.default_rng(3)
    choice = choose_threshold(*reference_world(5_000, rng), population=reference_world(9_000, rng)[0])
    assert choice.threshold is not None
    assert choice.bound == binomial.lower_bound(choice.k, choice.n) >= 0.95
    assert 0.28 <= choice.share < 0.6


def test_without_audits_nothing_is_automated_and_what_is_missing_is_said() -> None:
    choice = choose_threshold([], [], population=[0.2, 0.5, 0.9])
    assert choice.threshold is None
    assert choice.audits_missing == 59
    assert choice.missing == "about 59 more audits to certify 95%"


def test_an_agent_that_is_simply_not_good_enough_is_told_so() -> None:
    rng = np.random.default_rng(4)
    score = rng.random(500)
    choice = choose_threshold(score, rng.random(500) < 0.8, population=score)
    assert (choice.threshold, choice.audits_missing, choice.share) == (None, None, 0.0)
    assert "not above 95%" in choice.missing


def test_right_throughout_means_everything_is_automated() -> None:
    score = np.random.default_rng(5).random(400)
    choice = choose_threshold(score, np.ones(400), population=score)
    assert choice.share == 1.0
    assert choice.threshold == score.min()


def test_one_score_for_everything_is_one_level() -> None:
    assert levels(np.full(50, 0.7)).tolist() == [0.7]
    assert choose_threshold(np.full(80, 0.7), np.ones(80), population=np.full(50, 0.7)).threshold == 0.7


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.integers(1, 60))
def test_levels_fall_and_the_last_takes_everything(population: list[float], count: int) -> None:
    cuts = levels(population, count)
    assert np.all(np.diff(cuts) < 0)
    assert cuts[-1] == min(population)


def test_the_start_is_safer_where_scores_say_that_little_can_be_automated() -> None:
    """Of 1,000 audits the surest 28 % hold 280: scores there say 92 % right, so the chain starts above, not there."""
    z = np.random.default_rng(8).normal(-1.2, 3.0, 4_000)
    fixed = chain(expit(z), 1_000)
    assert fixed.shares[fixed.first] < 0.2
    right = (np.random.default_rng(9).random((60, 1_000)) < expit(z[:1_000])).astype(float)
    found = [choose_threshold(expit(z[:1_000]), verdicts, population=expit(z)) for verdicts in right]
    assert np.mean([one.share for one in found]) > 0.02


@given(st.lists(st.floats(0, 1), min_size=30, max_size=300), st.integers(0, 5_000), st.floats(0.9, 0.99))
def test_the_start_is_never_bolder_than_what_no_score_can_move(scores: list[float], audits: int, target: float) -> None:
    fixed = chain(scores, audits, target=target)
    assert fixed.safer <= fixed.first <= start_level(fixed.shares, audits, target=target)
    by_audits_alone = chain(scores, audits, target=target, scored=False)
    assert by_audits_alone.first == start_level(fixed.shares, audits, target=target)


def test_scores_that_promise_nothing_move_nothing() -> None:
    fixed = chain(np.random.default_rng(10).random(2_000) * 0.6, 1_000)
    assert fixed.first == start_level(fixed.shares, 1_000)


@pytest.mark.parametrize("size", [300, 600, 1_000])
@pytest.mark.parametrize("boast", [-1.0, 0.0, 1.5])
def test_few_choices_miss_in_small_populations_however_much_scores_boast(size: int, boast: float) -> None:
    """Drawn with replacement from few items, where accuracy moves in steps; the start rests on scores that lie."""
    rng = np.random.default_rng([size, int(10 * boast) % 97])
    z = rng.normal(0.5, 2.2, size)
    right, score = (rng.random(size) < 0.99 * expit(z)).astype(float), expit(z + boast)
    falling = np.argsort(-score)
    accuracy = np.cumsum(right[falling]) / np.arange(1, size + 1)
    missed, draws = 0, 600
    for _ in range(draws):
        drawn = rng.integers(0, size, 1_000)
        found = choose_threshold(score[drawn], right[drawn], population=score)
        if found.threshold is not None:
            missed += accuracy[int((score >= found.threshold).sum()) - 1] < 0.95
    assert binomial.lower_bound(missed, draws) <= 0.05


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 400), st.floats(0.8, 1.0))
def test_the_choice_equals_a_slow_walk_down_the_levels(seed: int, n: int, accuracy: float) -> None:
    rng = np.random.default_rng(seed)
    population, score = rng.random(1_000), rng.random(n)
    right = (rng.random(n) < accuracy).astype(float)
    choice = choose_threshold(score, right, population=population)
    fixed = chain(population, n)

    def walk(first: int, last: int, error: float) -> float | None:
        threshold = None
        for cut in fixed.thresholds[first:last]:
            chosen = right[score >= cut]
            if binomial.p_value(int(chosen.sum()), chosen.size, 0.95) > error:
                break
            threshold = float(cut)
        return threshold

    safe = walk(fixed.safer, fixed.first, KEPT * 0.05)
    unbroken = fixed.safer == fixed.first or safe == fixed.thresholds[fixed.first - 1]
    bold = walk(fixed.first, len(fixed.thresholds), 0.05 if unbroken else (1 - KEPT) * 0.05)
    assert choice.threshold == (safe if bold is None else bold)


def test_a_start_that_is_too_bold_leaves_what_a_safer_one_certifies() -> None:
    """The surest fifth is right throughout, below it every second answer is wrong: the top 28 % can never pass."""
    population = np.random.default_rng(11).random(4_000)
    fixed = chain(population, 1_000)
    assert fixed.shares[fixed.safer] < 0.2 < 0.25 < fixed.shares[fixed.first]
    score = population[:1_000]
    right = ((score > 0.8) | (np.arange(1_000) % 2 == 0)).astype(float)
    choice = choose_threshold(score, right, population=population)
    assert choice.threshold is not None
    assert 0.15 < choice.share < 0.25
    assert choice.k / choice.n > 0.95


@pytest.mark.parametrize("good", [0.0, 0.1, 0.17, 0.3])
def test_two_starts_together_are_wrong_no_oftener_than_one_may_be(good: float) -> None:
    """Only the surest `good` of traffic is right often enough, everything below stands a hair below the target."""
    rng = np.random.default_rng([12, int(100 * good)])
    population = np.linspace(0, 1, 4_000)
    missed, draws = 0, 1_500
    for _ in range(draws):
        score = rng.random(1_000)
        right = (rng.random(1_000) < np.where(score > 1 - good, 0.9501, 0.9499)).astype(float)
        choice = choose_threshold(score, right, population=population)
        missed += choice.threshold is not None and choice.share > good
    assert binomial.lower_bound(missed, draws) <= 0.05


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        choose_threshold([0.5], [1, 1], population=[0.5])
    with pytest.raises(ValueError, match="0 or 1"):
        choose_threshold([0.5], [0.5], population=[0.5])
    with pytest.raises(ValueError, match="probability"):
        choose_threshold([0.5], [1], population=[0.5], probabilities=[0.0])
    with pytest.raises(ValueError, match="scores of some traffic"):
        choose_threshold([0.5], [1], population=[])
