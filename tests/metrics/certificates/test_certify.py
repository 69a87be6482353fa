"""The live certificate: looked at after every 25 audits it keeps its promise; the exact test alone would not."""

from dataclasses import replace

import numpy as np
import pytest

from metrics.certificates import binomial
from metrics.certificates.certify import METHOD, METHOD_FIRST, Running, certify
from metrics.certificates.fixed_sequence import choose_threshold

RUNS = 60


def looks(rng: np.random.Generator, accuracy: float) -> tuple[bool, bool]:
    """Whether an agent of one flat accuracy is ever certified over 24 looks: by `certify`, by the exact test alone."""
    score, right = rng.random(600), (rng.random(600) < accuracy).astype(float)
    traffic = rng.random(300)
    ours = exact = False
    for n in range(25, 601, 25):
        ours |= certify(score[:n], right[:n], population=traffic, first_look=200).threshold is not None
        exact |= choose_threshold(score[:n], right[:n], population=traffic).threshold is not None
    return ours, exact


def test_daily_looks_keep_the_promise_where_repeated_exact_tests_break_it() -> None:
    rng = np.random.default_rng(1)
    found = [looks(rng, 0.95) for _ in range(RUNS)]
    ours, exact = (sum(column) for column in zip(*found, strict=True))
    assert binomial.lower_bound(ours, RUNS) <= 0.05
    assert binomial.lower_bound(exact, RUNS) > 0.05


def test_the_announced_look_certifies_what_any_time_evidence_cannot_yet() -> None:
    score, right, traffic = np.full(100, 0.9), np.ones(100), np.full(100, 0.9)
    alone = certify(score, right, population=traffic)
    announced = certify(score, right, population=traffic, first_look=100)
    assert alone.threshold is None
    assert announced.method == METHOD_FIRST
    assert announced.threshold is not None


def test_many_good_audits_are_certified_at_any_time() -> None:
    rng = np.random.default_rng(2)
    found = certify(1 - rng.random(900) / 20, np.ones(900), population=1 - rng.random(300) / 20)
    assert (found.method, found.bound) == (METHOD, None)
    assert found.share == 1.0


def test_too_few_runs_fix_no_levels() -> None:
    assert certify([], [], population=[0.5] * 30).missing == "70 more runs, to fix the levels"


def test_later_traffic_does_not_move_the_levels() -> None:
    rng = np.random.default_rng(3)
    score, right, traffic = rng.random(500), np.ones(500), rng.random(100)
    first = certify(score, right, population=traffic)
    assert certify(score, right, population=np.concatenate([traffic, rng.random(900) ** 3])) == first


@pytest.mark.parametrize("spread", [0.05, 1.0])
def test_audits_followed_as_they_come_give_the_threshold_that_all_rows_give(spread: float) -> None:
    """The benchmark's streams are decided by `Running`, certificates from rows by `certify`: one method."""
    rng = np.random.default_rng(11)
    population = 1 - rng.random(200) * spread
    scores, right = 1 - rng.random(3_000) * spread, (rng.random(3_000) < 0.998).astype(float)
    odds = rng.choice([0.1, 0.2], 3_000)
    halves = np.repeat([0, 1, 2], 1_000)
    running = Running(population)
    for start in range(0, 3_000, 100):
        if start in (1_000, 2_000):
            running.next_half()
        part = slice(start, start + 100)
        running.add(scores[part], right[part], 0.1 / odds[part])
        seen, half = start + 100, int(halves[start])
        rows = certify(
            scores[:seen],
            right[:seen],
            population=population,
            probabilities=odds[:seen],
            smallest=0.1,
            halves=halves[:seen],
            half=half,
        )
        assert rows.threshold == running.threshold()
        said = running.choice()
        assert said.log_e == pytest.approx(rows.log_e)
        assert replace(said, log_e=None) == replace(rows, log_e=None)
    assert running.threshold() is not None
