"""The early warning: silent about chance, loud about a shift."""

import numpy as np

from metrics.certificates import drift


def test_the_same_scores_drawn_again_give_no_warning() -> None:
    rng = np.random.default_rng(1)
    found = [drift.stability(rng.beta(5, 2, 500), rng.beta(5, 2, 500)) for _ in range(100)]
    assert max(one or 0.0 for one in found) < drift.SHIFT


def test_lower_scores_give_a_warning_that_tells_the_index() -> None:
    rng = np.random.default_rng(2)
    index = drift.stability(rng.beta(5, 2, 500), rng.beta(3, 3, 500))
    assert index is not None and index > drift.SHIFT
    assert f"{index:.2f}" in drift.warning(index)


def test_few_scores_say_nothing() -> None:
    assert drift.stability([0.5] * 50, [0.1] * 500) is None
    assert drift.warning(None) == ""


def test_scores_that_are_all_alike_are_no_change() -> None:
    assert drift.stability([0.5] * 300, [0.5] * 300) == 0.0
