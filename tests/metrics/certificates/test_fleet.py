"""e-BH keeps false certificates rare among many agents."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.certificates import eprocess
from metrics.certificates.fleet import e_bh


def test_one_agent_alone_needs_what_its_own_certificate_needs() -> None:
    assert e_bh([math.log(20)], 0.05).tolist() == [True]
    assert e_bh([math.log(19)], 0.05).tolist() == [False]
    assert e_bh([], 0.05).tolist() == []


@given(st.lists(st.floats(-5, 12), min_size=1, max_size=40), st.sampled_from([0.05, 0.2]))
def test_it_keeps_the_largest_k_that_pass_together(log_e: list[float], q: float) -> None:
    n = len(log_e)
    falling = sorted(log_e, reverse=True)
    k = max((i for i in range(1, n + 1) if math.exp(falling[i - 1]) >= n / (i * q) * (1 - 1e-12)), default=0)
    kept = e_bh(log_e, q)
    assert int(kept.sum()) >= k
    assert set(np.asarray(log_e)[kept]) == set(falling[: int(kept.sum())])


def test_of_1500_agents_few_kept_certificates_are_false() -> None:
    rng = np.random.default_rng(1)
    bad = np.arange(1_500) < 500
    shares = []
    for _ in range(100):
        wrong = rng.binomial(400, np.where(bad, 0.05, 0.01))
        kept = e_bh(eprocess.log_evidence(eprocess.log_wealth(400 - wrong, wrong, 1.0, 0.95)), 0.05)
        shares.append((kept & bad).sum() / max(kept.sum(), 1))
        assert kept[~bad].mean() > 0.5
    assert np.mean(shares) <= 0.05
