"""Every kind of interval holds the truth as often as it says, by simulation with fixed seeds."""

import pytest

from bench.intervals import KINDS, covers

DRAWS = 400  # 0.95 of them, less three standard errors, is 0.917


@pytest.mark.parametrize("n", [50, 500])
@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_holds_the_truth_about_as_often_as_it_says(kind: str, n: int) -> None:
    assert covers(kind, n, DRAWS, 3) >= 0.917
