"""A group that is served worse is named, one that merely is small is not."""

from collections import Counter

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
