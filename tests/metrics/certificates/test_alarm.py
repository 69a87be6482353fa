"""The alarm: rarely false, quick enough, and silent about improvement."""

import numpy as np

from metrics.certificates import alarm, binomial


def first_ring(error: float, audits: int, rng: np.random.Generator, runs: int = 300) -> np.ndarray:
    """The audit after which the detector first rings at its level in each run; `audits` where it never does."""
    ring = np.full(runs, audits)
    for run in range(runs):
        state = alarm.silence()
        for start in range(0, audits, 20):
            heard = alarm.listen(rng.random(20) >= error, np.ones(20), 0.95, state)
            state = heard.log_c
            if heard.peak >= alarm.LEVEL:
                ring[run] = start + 20
                break
    return ring


def test_at_the_target_itself_it_rings_more_seldom_than_its_level_says() -> None:
    assert first_ring(0.05, 2_000, np.random.default_rng(1)).mean() > alarm.LEVEL


def test_it_hears_an_agent_that_turned_bad_within_some_hundred_audits() -> None:
    assert np.median(first_ring(0.15, 1_000, np.random.default_rng(2))) < 200


def test_it_is_silent_about_improvement() -> None:
    assert np.mean(first_ring(0.01, 6_000, np.random.default_rng(3), 50) == 6_000) > 0.9


def test_the_proxy_rises_with_unusual_flags_only() -> None:
    rng = np.random.default_rng(4)
    usual = unusual = np.zeros(200)
    for _ in range(40):
        usual = alarm.proxy_step(usual, rng.poisson(5.0, 200), 5.0)
        unusual = alarm.proxy_step(unusual, rng.poisson(10.0, 200), 5.0)
    assert (usual < 7).mean() > 0.9
    assert (unusual >= 7).all()


def test_listening_finds_when_it_began() -> None:
    rng = np.random.default_rng(4)
    right = np.concatenate([rng.random(400) < 0.98, rng.random(100) < 0.7])
    heard = alarm.listen(right, np.ones(500), 0.95)
    assert heard.peak > 2_000
    assert 380 <= heard.since <= 420


def test_a_good_agent_seldom_rings_in_as_many_audits_as_the_level_says() -> None:
    """2,000 is the least mean number of audits to a false alarm: of runs of 200 at most about one in ten rings."""
    rng = np.random.default_rng(5)
    rang = sum(alarm.listen(rng.random(200) < 0.95, np.ones(200), 0.95).peak >= 2_000 for _ in range(150))
    assert binomial.lower_bound(rang, 150) <= 0.1


def test_nothing_heard_says_nothing() -> None:
    assert alarm.listen([], [], 0.95)[:3] == (1.0, 1.0, 0)


def test_the_flag_path_learns_first_and_rings_where_flags_grow() -> None:
    runs = np.full((20, 2), 50.0)
    flags = np.full((20, 2), 1.0)
    assert alarm.proxy_path(flags, runs).max() < 2
    flags[12:] = 8.0
    path = alarm.proxy_path(flags, runs)
    assert path[:5].max() == 0.0
    assert path[11] < 2 < 7 < path[14]
