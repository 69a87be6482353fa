"""The judge-assisted estimate: right on average whatever the judge and the coins are, and no wider than without one."""

import numpy as np
import pytest

from metrics.certificates.judged import judged_agents
from metrics.certificates.ppi import judge_assisted


@pytest.mark.parametrize(("caught", "false_flags"), [(0.9, 0.02), (0.5, 0.5), (0.1, 0.6)])
def test_coins_that_prefer_doubt_do_not_bend_it_and_a_bad_judge_costs_nothing(
    caught: float, false_flags: float
) -> None:
    rng = np.random.default_rng(1)
    inside, widths, plain = 0, [], []
    for _ in range(400):
        right = rng.random(4_000) < 0.93
        says = np.where(right, rng.random(4_000) >= false_flags, rng.random(4_000) >= caught)
        probability = np.where(rng.random(4_000) < np.where(right, 0.1, 0.5), 0.4, 0.1)  # flags: more of the wrong ones
        drawn = rng.random(4_000) < probability
        found = judge_assisted(right[drawn], says[drawn], probability[drawn], says)
        alone = judge_assisted(right[drawn], np.ones(drawn.sum()), probability[drawn], np.ones(4_000))
        inside += found.low <= right.mean() <= found.high
        widths.append(found.high - found.low)
        plain.append(alone.high - alone.low)
    assert inside / 400 >= 0.92
    assert np.mean(widths) <= 1.02 * np.mean(plain)
    if caught == 0.9:
        assert np.mean(widths) < 0.75 * np.mean(plain)


def test_what_is_not_known_is_said() -> None:
    row = {"agent": "shop", "says": True, "right": True, "probability": 0.2, "cost_usd": 0.001, "simulated": True}
    (one,) = judged_agents([row] * 40 + [{**row, "right": None}] * 60)
    assert (one.judged, one.audited, one.corrected, one.simulated) == (100, 40, None, True)
    assert one.missing == "only 0 of 40 audited were wrong: what it overlooks is not known"
    assert one.plain is not None and one.plain.value == 1.0
    assert one.sensitivity is None and one.specificity is not None
