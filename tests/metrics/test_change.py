"""Differences have intervals that hold, and the parts of a change add up to all of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.change import difference, explain
from metrics.estimate import Estimate, share, unknown
from metrics.sums import Sums
from tests.metrics.histories import START


def sums(k: int, n: int) -> Sums:
    found = Sums(since=START, until=START, now=START)
    found.tickets.update({"durable": k, "settled": n})
    return found


def counts(one: Sums) -> tuple[int, int]:
    return one.tickets["durable"], one.tickets["settled"]


def share_of(one: Sums) -> Estimate:
    return share(*counts(one), missing="none")


PARTS = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=4)


@given(PARTS, PARTS)
def test_slices_add_up_to_the_whole_change(now: dict[str, tuple[int, int]], before: dict[str, tuple[int, int]]) -> None:
    made = [{v: sums(min(pair), max(pair)) for v, pair in parts.items()} for parts in (now, before)]
    totals = [tuple(sum(counts(s)[i] for s in parts.values()) for i in (0, 1)) for parts in made]
    found = explain(counts, share_of, {"intent": made[0]}, {"intent": made[1]})
    if all(n for _, n in totals):
        change = totals[0][0] / totals[0][1] - totals[1][0] / totals[1][1]
        assert sum(one.total for one in found) == pytest.approx(change, abs=1e-12)
        assert [abs(one.total) for one in found] == sorted((abs(one.total) for one in found), reverse=True)
    else:
        assert found == ()


def test_more_of_a_slice_that_is_as_good_as_the_rest_explains_nothing() -> None:
    now, before = {"a": sums(50, 100), "b": sums(10, 20)}, {"a": sums(25, 50), "b": sums(35, 70)}
    assert all(one.total == 0 for one in explain(counts, share_of, {"agent": now}, {"agent": before}))


def test_a_difference_covers_the_truth() -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(1_000):
        a, b = (share(int(rng.binomial(300, p)), 300, missing="") for p in (0.93, 0.88))
        found = difference(a, b)
        assert found.low is not None and found.high is not None
        hits += found.low <= 0.05 <= found.high
    assert hits >= 940


def test_a_difference_to_what_is_not_known_is_not_known() -> None:
    found = difference(share(1, 2, missing=""), unknown("audits"))
    assert (found.value, found.missing) == (None, "audits")
