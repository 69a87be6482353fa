"""The live policy: pure, replayable, cautious at first, rid of old evidence, and quick to stop what turned bad."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.gate import stream, worlds
from metrics.certificates import policy
from metrics.certificates.policy import Config, Counts, State

SMALL = Config(levels=10, start=2, life=4_000)


def epoch(level: int, error: float, rng: np.random.Generator, config: Config = SMALL, items: int = 500) -> Counts:
    """One epoch of one agent with the same error rate in every band; 100 audits, on the path that is in force."""
    right, wrong = np.zeros((config.levels, 3)), np.zeros((config.levels, 3))
    drafts = rng.multinomial(items, np.full(config.levels, 1 / config.levels)).astype(float)
    for band in range(config.levels):
        stratum = policy.UNFLAGGED if band < level else policy.HELD
        wrong[band, stratum] = rng.binomial(10, error)
        right[band, stratum] = 10 - wrong[band, stratum]
    return Counts(items=np.array(items), right=right, wrong=wrong, drafts=drafts, flags=0.03 * drafts)


def run(errors: list[float], config: Config = SMALL, seed: int = 1) -> list[int]:
    """Levels in force after each epoch."""
    rng, state, seen = np.random.default_rng(seed), policy.begin(config), []
    for error in errors:
        state, _ = policy.decide(state, epoch(int(state.level), error, rng, config), config)
        seen.append(int(state.level))
    return seen


def same(first: State, second: State) -> bool:
    """Whether two states are equal in every number."""
    return all(np.array_equal(getattr(first, n), getattr(second, n)) for n in State.__dataclass_fields__)


def test_nothing_is_automated_before_evidence() -> None:
    assert policy.begin(SMALL).level == 0
    assert run([0.0])[0] == 0


def test_a_good_agent_is_automated_and_stays_so_over_every_expiry() -> None:
    levels = run([0.005] * 150, replace(SMALL, life=20_000))
    first = next(i for i, level in enumerate(levels) if level > 0)
    assert first < 12
    assert min(levels[first + 1 :]) > 0
    assert max(levels) == SMALL.levels


def test_an_agent_at_the_target_is_rarely_automated() -> None:
    automated = sum(max(run([0.05] * 20, seed=seed)) > 0 for seed in range(24))
    assert automated <= 5


def test_an_agent_that_turned_bad_is_stopped_by_itself() -> None:
    levels = run([0.005] * 20 + [0.3] * 8)
    assert levels[19] > 0
    assert levels[-1] == 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.3))
def test_a_step_is_pure_and_replays_to_the_same_state(seed: int, error: float) -> None:
    rng = np.random.default_rng(seed)
    state = policy.begin(SMALL)
    for _ in range(4):
        counts = epoch(int(state.level), error, rng)
        before = policy.State(**{n: np.copy(getattr(state, n)) for n in State.__dataclass_fields__})
        first, _ = policy.decide(state, counts, SMALL)
        again, _ = policy.decide(state, counts, SMALL)
        assert same(state, before)
        assert same(first, again)
        state = first


def test_many_agents_at_once_are_each_decided_as_if_alone() -> None:
    rng = np.random.default_rng(5)
    alone = [policy.begin(SMALL) for _ in range(3)]
    together = policy.begin(SMALL, (3,))
    for _ in range(12):
        counts = [epoch(int(s.level), e, rng) for s, e in zip(alone, (0.0, 0.04, 0.2), strict=True)]
        stacked = Counts(**{n: np.stack([getattr(c, n) for c in counts]) for n in Counts.__dataclass_fields__})
        alone = [policy.decide(s, c, SMALL)[0] for s, c in zip(alone, counts, strict=True)]
        together, _ = policy.decide(together, stacked, SMALL)
        assert together.level.tolist() == [int(s.level) for s in alone]
        assert np.allclose(together.wealth, np.stack([s.wealth for s in alone]))


def test_an_alarm_drops_everything_and_begins_anew() -> None:
    rng, state = np.random.default_rng(6), policy.begin(SMALL)
    config = replace(SMALL, slack=1e9)  # so that only the alarm can stop it
    for _ in range(15):
        state, _ = policy.decide(state, epoch(int(state.level), 0.0, rng), config)
    assert state.level > 0
    for _ in range(10):
        state, step = policy.decide(state, epoch(int(state.level), 0.5, rng), config)
        if step.rang:
            break
    assert step.rang
    assert (int(state.level), float(np.abs(state.wealth).sum())) == (0, 0.0)


def test_unusual_flags_bring_a_burst_of_audits_and_nothing_else() -> None:
    rng, state = np.random.default_rng(7), policy.begin(SMALL)
    for _ in range(15):
        state, _ = policy.decide(state, epoch(int(state.level), 0.0, rng), SMALL)
    level = int(state.level)
    counts = epoch(level, 0.0, rng)
    state, step = policy.decide(state, replace(counts, flags=0.3 * counts.drafts), SMALL)
    assert step.burst
    assert int(state.level) == level
    assert policy.probabilities(state, SMALL).tolist() == [0.5, 0.5, 1.0]


def test_a_reserve_automates_less() -> None:
    errors = [0.03] * 60
    strict, plain = (replace(SMALL, life=100_000, reserve=reserve) for reserve in (0.01, 0.0))
    assert sum(run(errors, strict)) < sum(run(errors, plain))


@pytest.mark.parametrize(("world", "least", "most"), [("stationary", 0.6, 0.02), ("confident_wrong", 0.6, 0.10)])
def test_on_the_reference_worlds_it_sends_much_and_little_of_it_in_violation(
    world: str, least: float, most: float
) -> None:
    found = stream.play(world, stream.Live(Config(), 3), 3, seed=3)
    share, volume = found["share_of_oracle"], found["violations_by_volume"]
    assert isinstance(share, dict) and isinstance(volume, dict)
    assert share["value"] > least
    assert volume["value"] < most


def test_bands_of_the_reference_world_hold_what_they_should() -> None:
    part, error = worlds.Moment().bands()
    assert np.allclose(part, 1 / worlds.LEVELS, atol=2e-3)
    assert worlds.oracle_level(part, error) == 28
    assert float((part * error).sum()) == pytest.approx(0.214, abs=0.002)
