"""Intervals cover the truth at least as often as they say, and are not needlessly wide."""

import math

import numpy as np
import pytest

from metrics.intervals import quantile, ratio, weighted_share

REPEATS = 400


def covered(hits: int) -> bool:
    """Whether a nominal 95 % is compatible with what was seen (three standard errors of slack)."""
    return hits / REPEATS >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / REPEATS)


@pytest.mark.parametrize(("n", "flagged_probability", "plain_probability"), [(2_000, 0.5, 0.1), (20_000, 0.18, 0.04)])
def test_weighted_accuracy_covers_the_truth(n: int, flagged_probability: float, plain_probability: float) -> None:
    rng = np.random.default_rng(7)
    hits, widths = 0, []
    for _ in range(REPEATS):
        right = rng.random(n) < 0.96
        flagged = rng.random(n) < np.where(right, 0.03, 0.7)
        probability = np.where(flagged, flagged_probability, plain_probability)
        audited = rng.random(n) < probability
        found = weighted_share(right[audited], 1 / probability[audited], missing="")
        assert found.low is not None and found.high is not None
        hits += found.low <= 0.96 <= found.high
        widths.append(found.high - found.low)
    assert covered(hits)
    assert np.mean(widths) < 0.09


def test_equal_weights_give_the_exact_interval() -> None:
    found = weighted_share([1] * 9 + [0], [3.0] * 10, missing="")
    assert (found.k, found.n) == (9, 10)
    assert found.low == pytest.approx(0.5550, abs=1e-4)


def test_all_right_under_unequal_weights_still_has_a_width() -> None:
    found = weighted_share([1] * 20, [1.0] * 10 + [9.0] * 10, missing="")
    assert found.value == 1.0
    assert found.low is not None and 0.6 < found.low < 0.83


def test_a_median_covers_the_truth_and_counts_the_unanswered() -> None:
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(REPEATS):
        waits = rng.exponential(1.0, 150)
        short = waits[waits < 1.5]
        found = quantile(short, 0.5, missing="", absent=int((waits >= 1.5).sum()))
        assert found.low is not None and found.high is not None
        hits += found.low <= np.log(2) <= found.high
    assert covered(hits)


def test_a_quantile_of_few_values_says_that_its_upper_end_is_unknown() -> None:
    found = quantile([1.0, 2.0, 3.0], 0.9, missing="")
    assert (found.value, found.high) == (3.0, None)


def test_a_cost_per_resolution_covers_the_truth() -> None:
    rng = np.random.default_rng(9)
    hits = 0
    for _ in range(REPEATS):
        spent, resolved = rng.gamma(2.0, 0.01, 800), (rng.random(800) < 0.5).astype(float)
        found = ratio(spent, resolved, missing="")
        assert found.low is not None and found.high is not None
        hits += found.low <= 0.04 <= found.high
    assert covered(hits)


def test_a_ratio_of_few_items_has_no_interval_and_of_none_is_unknown() -> None:
    few = ratio([1.0, 2.0], [1.0, 1.0], missing="")
    assert (few.value, few.low) == (1.5, None)
    assert ratio([], [], missing="items").value is None
