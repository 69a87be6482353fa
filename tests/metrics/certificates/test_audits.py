"""Audits: coins that are fair, stable and secret, and probabilities that spend the budget where it tells most."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.certificates import audits


def test_a_coin_is_the_same_for_the_same_run_and_depends_on_the_secret() -> None:
    assert audits.coin(b"a", "run") == audits.coin(b"a", "run")
    assert audits.coin(b"a", "run") != audits.coin(b"b", "run")


def test_coins_are_uniform() -> None:
    thrown = np.array([audits.coin(b"secret", str(i)) for i in range(20_000)])
    assert abs(thrown.mean() - 0.5) < 0.01
    assert abs((thrown < 0.04).mean() - 0.04) < 0.006
    assert thrown.min() >= 0 and thrown.max() < 1


@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(0, 1)), min_size=1, max_size=6),
    st.floats(0.02, 1.0),
)
def test_probabilities_spend_the_budget_within_their_bounds(strata: list[tuple[float, float]], budget: float) -> None:
    shares, rates = np.array(strata).T
    p = audits.neyman(shares, rates, budget)
    assert np.all((p >= 0.02) & (p <= 1.0))
    cost = float((shares / shares.sum()) @ p)
    assert cost <= budget + 1e-6
    assert cost == pytest.approx(budget, rel=1e-3) or np.all(p == 1.0)


def test_flagged_runs_are_audited_several_times_as_often() -> None:
    plain, flagged = audits.neyman([0.943, 0.057], [0.013, 0.49], 0.05)
    assert 4 < flagged / plain < 5


def test_neyman_beats_equal_probabilities() -> None:
    share, rate = np.array([0.943, 0.057]), np.array([0.013, 0.49])
    best = audits.neyman(share, rate, 0.05)
    spread = rate * (1 - rate)
    overall = float(share @ rate)
    assert (share * spread / best).sum() < 0.5 * overall * (1 - overall) / 0.05


def test_a_budget_below_the_floor_is_refused() -> None:
    with pytest.raises(ValueError, match="floor"):
        audits.neyman([1.0], [0.1], 0.01)
