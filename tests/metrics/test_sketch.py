"""Sketches know any quantile within 2 %, however they are put together."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.intervals import quantile as exact
from metrics.sketch import ABSENT, bucket, quantile


@given(st.lists(st.floats(0.001, 1e7), min_size=1, max_size=200), st.sampled_from([0.1, 0.5, 0.9, 0.99]))
def test_a_quantile_and_its_interval_are_within_two_percent_of_the_exact_one(values: list[float], q: float) -> None:
    truth, found = exact(values, q, missing=""), quantile(Counter(map(bucket, values)), q, missing="")
    for mine, real in ((found.value, truth.value), (found.low, truth.low), (found.high, truth.high)):
        assert (mine is None) == (real is None)
        assert real is None or mine == pytest.approx(real, rel=0.0201)


def test_those_without_a_value_rank_above_all_others() -> None:
    assert quantile({bucket(5.0): 1, ABSENT: 2}, 0.5, missing="").missing.startswith("2 of 3")
    assert quantile({}, 0.5, missing="runs").missing == "runs"


def test_adding_up_parts_gives_the_whole() -> None:
    values = np.random.default_rng(1).lognormal(3, 2, 1000)
    parts = [Counter(map(bucket, part)) for part in np.array_split(values, 7)]
    assert quantile(sum(parts, Counter()), 0.9, missing="") == quantile(Counter(map(bucket, values)), 0.9, missing="")
