"""The generated month: silence flatters, and ours holds the truth within its interval."""

from datetime import timedelta

from bench.definitions import MONTH, START, Month, true_shares
from metrics.cohort import cohort
from metrics.fold import fold
from metrics.side_by_side import side_by_side
from metrics.sums import sums_of


def test_what_is_audited_right_holds_the_truth_and_silence_does_not() -> None:
    month = Month(3_000, 1)
    facts = fold(month.events())
    whole = cohort(facts, since=START, until=START + MONTH, now=START + MONTH + timedelta(days=60))
    sums = sums_of(whole)
    truth = true_shares(whole, sums, month)
    figures = {one.definition.name: one.estimate for one in side_by_side(sums)}
    right = figures["audited_right"]
    assert right.low is not None and right.high is not None
    assert right.low <= truth["all"] <= right.high
    silent = figures["decagon_containment"]
    assert silent.low is not None
    assert silent.low > truth["wrote"] + 0.03
