"""The ledger: its martingale is exact, and an adversary who sees everything but the coins cannot beat it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.certificates import binomial, ledger


@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0), st.sampled_from(ledger.GRID.tolist()))
def test_one_wrong_run_multiplies_the_martingale_by_1_on_average(least: float, extra: float, part: float) -> None:
    p, g = least + extra * (1 - least), part * least
    lam = -math.log1p(math.expm1(-g) / p)
    mean = p * math.exp(g - lam) + (1 - p) * math.exp(g)
    assert mean == pytest.approx(1.0)


def ever_wrong(errors: np.ndarray, probability: np.ndarray, rng: np.random.Generator) -> bool:
    """Whether the bound was below the truth at any moment: worst just before each next audited wrong run."""
    audited = np.flatnonzero(errors & (rng.random(errors.size) < probability))
    moments = np.append(audited - 1, errors.size - 1)
    sent = np.append(audited, errors.size)
    bounds = ledger.most_wrong(probability[audited], float(probability.min()), sent)
    return bool(np.any(np.cumsum(errors)[moments] > bounds))


def test_bursts_of_errors_beat_it_in_at_most_5_percent_of_periods() -> None:
    rng = np.random.default_rng(1)
    rate = np.full(20_000, 0.03)
    rate[4_000:4_600], rate[12_000:12_300] = 0.3, 0.5
    plain = sum(ever_wrong(rng.random(rate.size) < rate, np.full(rate.size, 0.05), rng) for _ in range(100))
    flags = [np.where(rng.random(rate.size) < 0.06, 0.3, 0.025) for _ in range(100)]
    strata = sum(ever_wrong(rng.random(rate.size) < rate, p, rng) for p in flags)
    assert binomial.lower_bound(plain, 100) <= 0.05
    assert binomial.lower_bound(strata, 100) <= 0.05


def test_it_is_tight_enough_to_be_useful() -> None:
    rng = np.random.default_rng(2)
    errors = rng.random(100_000) < 0.03
    coins = rng.random(errors.size) < 0.05
    found = ledger.account(errors.size, np.full(int(coins.sum()), 0.05), ~errors[coins], 0.05)
    assert found.accuracy_at_least is not None
    assert 0.957 < found.accuracy_at_least < 1 - errors.mean()
    assert found.estimate == pytest.approx(errors.sum(), rel=0.2)


def test_nothing_sent_is_nothing_claimed() -> None:
    empty = ledger.account(0, [], [], 0.1)
    assert (empty.at_most, empty.accuracy_at_least) == (0, None)


def test_few_audits_claim_little() -> None:
    assert ledger.account(30, [0.1] * 3, [1, 1, 1], 0.1).at_most == 30


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.05, 1.0), max_size=30))
def test_each_wrong_audit_raises_the_bound(probabilities: list[float]) -> None:
    bounds = ledger.most_wrong(probabilities, 0.05, 10**9)
    assert np.all(np.diff(bounds) >= 0)
    assert bounds[0] == math.floor(bounds[0])


def test_impossible_probabilities_are_refused() -> None:
    with pytest.raises(ValueError, match="between the smallest"):
        ledger.most_wrong([0.01], 0.05, 10)
