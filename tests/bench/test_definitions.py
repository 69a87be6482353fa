"""The generated month: silence flatters, and ours holds the truth within its interval."""

from datetime import timedelta

from bench.definitions import MONTH, START, Month, true_shares
from metrics.cohort import cohort
from metrics.definitions.compare import compare
from metrics.fold import fold
from metrics.waterfall import stages


def test_what_is_audited_right_holds_the_truth_and_silence_does_not() -> None:
    month = Month(3_000, 1)
    facts = fold(month.events())
    whole = cohort(facts, since=START, until=START + MONTH, now=START + MONTH + timedelta(days=60))
    truth = true_shares(whole, month)
    right = stages(whole)[-1].share
    assert right.low is not None and right.high is not None
    assert right.low <= truth["all"] <= right.high
    silent = next(one for one in compare(whole) if one.definition.name == "decagon_containment").estimate
    assert silent.low is not None
    assert silent.low > truth["wrote"] + 0.03
