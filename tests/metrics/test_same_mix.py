"""At one mix of intents, a share changes only where some intent's own share did; and the interval holds the truth."""

import numpy as np
import pytest

from metrics.same_mix import change_at_same_mix


def test_more_of_the_easy_intent_is_no_improvement() -> None:
    found = change_at_same_mix(
        "share", {"easy": (720, 800), "hard": (40, 200)}, {"easy": (180, 200), "hard": (160, 800)}
    )
    assert found.difference.value == pytest.approx(0.0)
    assert found.now.value == found.before.value == pytest.approx(0.5 * 0.9 + 0.5 * 0.2)


def test_an_intent_that_one_period_lacks_is_left_out() -> None:
    found = change_at_same_mix("share", {"old": (60, 100), "new": (0, 900)}, {"old": (50, 100)})
    assert found.difference.value == pytest.approx(0.1)
    assert found.difference.n == 200


def test_nothing_in_common_is_not_yet_known() -> None:
    found = change_at_same_mix("share", {"a": (1, 2)}, {"b": (1, 2)})
    assert found.difference.value is None and "both periods" in found.difference.missing


@pytest.mark.parametrize("n", [60, 3_000])
def test_its_interval_holds_the_true_change_as_often_as_it_says(n: int) -> None:
    rng = np.random.default_rng(n)
    then, rates = np.array([0.5, 0.3, 0.2]), np.array([[0.9, 0.5, 0.2], [0.85, 0.55, 0.1]])
    held = 0
    for _ in range(600):
        mixes = [rng.multinomial(n, mix) for mix in (then[::-1], then)]
        told = [
            {str(i): (int(rng.binomial(count, rate[i])), int(count)) for i, count in enumerate(counts)}
            for counts, rate in zip(mixes, rates, strict=True)
        ]
        weights = (mixes[0] / n + mixes[1] / n) / 2
        found = change_at_same_mix("share", told[0], told[1]).difference
        assert found.low is not None and found.high is not None
        held += found.low <= float(weights @ (rates[0] - rates[1])) <= found.high
    assert 0.93 <= held / 600 <= 0.98
