"""The early warning: silent about chance, loud about a shift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.certificates import binomial, drift


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


MIXES = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 500), max_size=10)


@given(MIXES, MIXES)
def test_a_shift_is_a_part_and_the_same_looked_at_from_either_side(one: dict[str, int], other: dict[str, int]) -> None:
    there, back = drift.shift(one, other), drift.shift(other, one)
    assert (there is None) == (back is None)
    if there and back:
        assert 0 <= there.moved <= 1 + 1e-9
        assert 0 <= there.p <= 1
        assert (there.moved, there.p) == pytest.approx((back.moved, back.p))


@given(MIXES.filter(lambda mix: sum(mix.values()) >= drift.LEAST_ITEMS))
def test_the_same_mix_has_not_moved(mix: dict[str, int]) -> None:
    found = drift.shift(mix, {name: 3 * count for name, count in mix.items()})
    assert found is None or (found.moved == pytest.approx(0) and found.p == pytest.approx(1))
    assert found is None or drift.warning(None, {"intent": found}) == ""


@pytest.mark.parametrize("rare", [0.0, 0.02, 0.3], ids=["few kinds", "some rare kinds", "many rare kinds"])
def test_unchanged_inputs_are_found_to_have_moved_no_oftener_than_stated(rare: float) -> None:
    rng = np.random.default_rng(3)
    parts = np.concatenate([np.array([0.5, 0.3, 0.2]) * (1 - rare), np.full(60, rare / 60)])
    kinds = [str(number) for number in range(parts.size)]

    def drawn(count: int) -> dict[str, int]:
        return dict(zip(kinds, rng.multinomial(count, parts).tolist(), strict=True))

    found = [drift.shift(drawn(2_000), drawn(150)) for _ in range(300)]
    for rate in (0.05, drift.FALSE_ALARM):
        k = sum(one is not None and one.p <= rate for one in found)
        assert binomial.interval(k, len(found))[0] <= rate


def test_a_new_language_is_told_with_its_parts_and_a_small_change_is_not() -> None:
    then = {"en": 1_800, "vi": 200}
    moved = {"language": drift.shift(then, {"en": 150, "vi": 20, "de": 30}), "channel": drift.shift({"api": 9}, {})}
    shifts = {name: one for name, one in moved.items() if one is not None}
    assert list(shifts) == ["language"]
    assert drift.warning(None, shifts) == (
        "languages are not what they were under the audits (de was 0%, is 15% of the newest items)"
    )
    sure_but_small = drift.shift({"en": 18_000, "vi": 2_000}, {"en": 17_000, "vi": 3_000})
    assert sure_but_small is not None and sure_but_small.p <= 0.005
    assert drift.warning(None, {"language": sure_but_small}) == ""


@pytest.mark.parametrize("now", [{"de": 99}, {"de": 1}, {}], ids=["below the least", "one", "none"])
def test_few_items_say_nothing_of_inputs(now: dict[str, int]) -> None:
    assert drift.shift({"en": 1_000}, now) is None


def test_a_shift_that_comes_is_warned_of_in_most_looks() -> None:
    rng = np.random.default_rng(4)
    kinds = ("a", "b", "c", "d")
    warned = 0
    for _ in range(100):
        before = dict(zip(kinds, rng.multinomial(2_000, [0.4, 0.3, 0.2, 0.1]).tolist(), strict=True))
        now = dict(zip(kinds, rng.multinomial(200, [0.25, 0.3, 0.2, 0.25]).tolist(), strict=True))
        found = drift.shift(before, now)
        assert found is not None
        warned += drift.warning(None, {"intent": found, "language": found, "channel": found}) != ""
    assert warned >= 70
