"""The bench's own parts: rivals are called rightly, and MAPIE agrees with our choice."""

import os
from collections.abc import Iterator

import numpy as np
import pytest

from bench.gate import from_database, oneshot, speed, stream, worlds
from bench.gate.rivals import OURS, RIVALS, mapie, saola
from core.db import app_database, system_database
from core.settings import settings
from workers.resources import workshop


def test_mapies_fixed_sequence_takes_hardly_more_than_ours_and_nearly_as_much() -> None:
    """Both test the same chain; MAPIE's Hoeffding-Bentkus p-values are a little larger than the exact ones. Where our
    safer start fails, ours has a fiftieth less of the error, and MAPIE may go a level or two further."""
    rng = np.random.default_rng(1)
    population, _ = worlds.draw("stationary", 5_000, rng)
    ours, theirs = [], []
    for _ in range(12):
        scores, right = worlds.draw("stationary", 3_000, rng)
        mine, other = saola(scores, right, population), mapie("fixed_sequence")(scores, right, population)
        assert mine is not None and other is not None
        ours.append((population >= mine).mean())
        theirs.append((population >= other).mean())
        assert theirs[-1] < ours[-1] + 0.03
    assert 0.85 * np.mean(ours) < np.mean(theirs) < 1.01 * np.mean(ours)


@pytest.fixture
def own_settings() -> Iterator[None]:
    """The bench points this process to its own servers; afterwards it is as before."""
    cached = (settings, app_database, system_database, workshop)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    for one in cached:
        one.cache_clear()


@pytest.mark.parametrize("name", list(OURS | RIVALS))
def test_every_method_answers_with_a_threshold_or_none(name: str) -> None:
    rng = np.random.default_rng(2)
    population, _ = worlds.draw("stationary", 2_000, rng)
    found = (OURS | RIVALS)[name](*worlds.draw("stationary", 600, rng), population)
    assert found is None or 0 <= found <= 1


def test_the_truth_of_a_world_is_what_drawing_from_it_shows() -> None:
    rng = np.random.default_rng(3)
    for name in worlds.ONE_SHOT:
        scores, right = worlds.draw(name, 200_000, rng)
        taken = scores >= 0.8
        assert worlds.truth(name).share(0.8) == pytest.approx(taken.mean(), abs=0.01)
        assert worlds.truth(name).accuracy(0.8) == pytest.approx(right[taken].mean(), abs=0.01)


def test_a_small_table_has_every_world_and_size() -> None:
    found = oneshot.table(2, 1, lambda _: None)
    assert set(found) == set(worlds.ONE_SHOT)
    assert set(found["stationary"]) == {"150", "300", "1000", "2000", "5000"}


def test_a_policy_dominates_where_it_sends_no_less_and_violates_no_more() -> None:
    def at(share: float, volume: float) -> dict[str, dict[str, float]]:
        return {"share_of_oracle": {"value": share}, "violations_by_volume": {"value": volume}}

    found = {stream.OURS: at(0.8, 0.01), "more": at(0.9, 0.01), "bolder": at(0.9, 0.02), "same": at(0.8, 0.01)}
    assert stream.dominators(found) == ["more"]
    worlds_found = {"stationary": found, "abrupt": {**found, "more": at(0.9, 0.05)}}
    assert stream.broken(worlds_found, "more") == ["stationary", "abrupt"]
    assert stream.broken(worlds_found, stream.OURS) == ["stationary"]  # 0.004 there


def test_costs_are_measured() -> None:
    assert speed.decision_microseconds(3, 20)["value"] > 0
    assert speed.recertify_seconds(3, 200)["any_time"] > 0


@pytest.mark.usefixtures("own_settings")
def test_a_recertification_from_the_database_certifies_every_agent() -> None:
    found = from_database.rounds(2, 1_000)
    assert found["certified"] == 1.0
    assert min(found[name]["seconds"] for name in ("first", "again", "quiet")) > 0
