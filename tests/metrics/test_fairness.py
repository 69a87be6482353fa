"""A group that is served worse is named, one that merely is small is not."""

from collections import Counter

import pytest

from core.rollups import MICRO
from metrics.fairness import gaps
from metrics.sums import Sums
from tests.metrics.histories import START


def sums(**counts: int) -> Sums:
    return Sums(since=START, until=START, now=START, tickets=Counter(counts))


def test_a_group_far_below_all_others_is_named_and_a_small_one_is_not() -> None:
    parts = {
        "en": sums(items=1000, settled=1000, durable=600),
        "vi": sums(items=500, settled=500, durable=200),
        "de": sums(items=5, settled=5, durable=2),
    }
    whole = sums(items=1505, settled=1505, durable=802)
    found = {gap.value: gap for gap in gaps(whole, parts)}
    assert found["vi"].worse == ("automation_share",)
    assert found["de"].worse == found["en"].worse == ()
    assert found["vi"].share_gap.value == 200 / 500 - 602 / 1005
    assert found["de"].accuracy_gap.value is None


def test_the_more_groups_are_looked_at_the_farther_below_one_has_to_be() -> None:
    def worse(groups: int) -> tuple[str, ...]:
        others = {str(i): sums(items=1, settled=1, durable=1) for i in range(groups - 1)}
        whole = sums(items=10_500, settled=10_500, durable=6_226)
        return gaps(whole, {"vi": sums(items=500, settled=500, durable=261), **others})[0].worse

    assert worse(1) == worse(20) == ("automation_share",)
    assert worse(200) == ()


def audited(right: int, n: int) -> dict[str, int]:
    """Counters of a group's audits, every run of it drawn."""
    weights = {"w": n, "ww": n, "wk": right, "wwk": right}
    counts = {"n": n, "k": right, "sent": n, **{name: value * MICRO for name, value in weights.items()}}
    return {f"audit_{name}": value for name, value in counts.items()}


def test_a_group_whose_answers_are_more_often_wrong_is_named_though_as_much_is_automated() -> None:
    shares = {"items": 1000, "settled": 1000, "durable": 600}
    parts = {"en": sums(**shares, **audited(580, 600)), "vi": sums(**shares, **audited(510, 600))}
    whole = sums(**{name: 2 * n for name, n in shares.items()}, **audited(1_090, 1_200))
    found = {gap.value: gap for gap in gaps(whole, parts)}
    gap = found["vi"].accuracy_gap
    assert found["vi"].worse == ("accuracy",)
    assert found["en"].worse == ()
    assert gap.value == pytest.approx(510 / 600 - 580 / 600)
    assert gap.value is not None and gap.low is not None and gap.high is not None
    assert gap.low < gap.value < gap.high < 0
