"""Exact binomial bounds: against published counts, against the definition, and by coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from metrics.certificates import binomial

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_the_audits_that_certify_95_percent_are_the_published_ones() -> None:
    assert [binomial.audits_needed(0.95, 0.95, errors) for errors in range(5)] == [59, 93, 124, 153, 181]


@given(counts, st.sampled_from([0.9, 0.95, 0.99]))
def test_a_lower_bound_is_where_the_observed_count_becomes_improbable(kn: tuple[int, int], confidence: float) -> None:
    k, n = kn
    bound = binomial.lower_bound(k, n, confidence)
    assert bound == 0.0 if k == 0 else binom.sf(k - 1, n, bound) == pytest.approx(1 - confidence, rel=1e-6)


@given(counts, st.sampled_from([0.9, 0.95, 0.99]))
def test_bounds_mirror_each_other_and_hold_the_share(kn: tuple[int, int], confidence: float) -> None:
    k, n = kn
    assert binomial.upper_bound(k, n, confidence) == pytest.approx(1 - binomial.lower_bound(n - k, n, confidence))
    low, high = binomial.interval(k, n, confidence)
    assert 0 <= low <= k / n <= high <= 1


@given(counts, st.sampled_from([0.9, 0.95, 0.97]))
def test_the_p_value_passes_exactly_where_the_bound_reaches_the_target(kn: tuple[int, int], target: float) -> None:
    k, n = kn
    p, bound = binomial.p_value(k, n, target), binomial.lower_bound(k, n, 0.95)
    if abs(p - 0.05) > 1e-9:
        assert (p < 0.05) == (bound > target)


@pytest.mark.parametrize("accuracy", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("n", [20, 150, 1000])
def test_a_bound_misses_in_at_most_5_percent_of_all_possible_samples(accuracy: float, n: int) -> None:
    k = np.arange(n + 1)
    mass = binom.pmf(k, n, accuracy)
    assert mass[binomial.lower_bounds(k, n) > accuracy].sum() <= 0.05
    assert mass[binomial.upper_bounds(k, n) < accuracy].sum() <= 0.05


def test_no_audits_bound_nothing() -> None:
    assert binomial.interval(0, 0) == (0.0, 1.0)
    assert binomial.p_value(0, 0, 0.95) == 1.0


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="0 <= k <= n"):
        binomial.lower_bound(3, 2)


@given(st.sampled_from([0.9, 0.95, 0.99]), st.floats(0, 0.2))
def test_audits_for_a_rate_pass_at_the_expected_errors(target: float, rate: float) -> None:
    needed = binomial.audits_for_rate(rate, target, 0.95, ceiling=50_000)
    if needed is not None:
        errors = int(np.ceil(needed * rate))
        assert binomial.p_value(needed - errors, needed, target) <= 0.05
    if rate >= 1 - target:
        assert needed is None


@given(st.integers(0, 3_000), st.sampled_from([0.9, 0.95, 0.99]))
def test_one_error_more_than_allowed_does_not_certify(audits: int, target: float) -> None:
    allowed = int(binomial.errors_allowed([audits], target, 0.95)[0])
    if allowed >= 0:
        assert binomial.p_value(audits - allowed, audits, target) <= 0.05
    if allowed + 1 <= audits:
        assert binomial.p_value(audits - allowed - 1, audits, target) > 0.05
