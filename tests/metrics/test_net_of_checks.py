"""What checking costs is taken off what automation saves, and where nobody measured it, the net is not yet known."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from metrics import hours_saved, net_of_checks
from metrics.sums import Sums
from metrics.workload import Baseline

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def sums(**more: int) -> Sums:
    """100 settled tickets of one intent at 6 minutes each, 50 of them automated for good."""
    counts = {"settled": 100, "attempted": 80, "automated": 60, "contained": 55, "durable": 50}
    made = Sums(since=NOW, until=NOW, now=NOW, tickets=Counter({"items": 100, **counts, **more}))
    made.by_intent["a"].update(counts)
    made.minutes = Baseline(overall=360.0, by_intent={}, n=40, before=True)
    return made


def test_audits_and_clean_ups_are_taken_off() -> None:
    some = sums(judged=20, judged_timed=20, judged_ms=20 * 90_000, cleaned=5, cleaned_timed=5, cleaned_ms=5 * 360_000)
    net, gross = net_of_checks.hours(some), hours_saved.estimate(some)
    assert gross.value == pytest.approx(5.0)
    assert net.value == pytest.approx(5.0 - 0.5 - 0.5)
    assert net_of_checks.share(some).value == pytest.approx(0.4)
    assert net.high is not None and gross.high is not None and net.high == pytest.approx(gross.high - 1.0)


def test_what_nobody_timed_counts_like_the_average() -> None:
    half = sums(judged=20, judged_timed=10, judged_ms=10 * 90_000)
    assert net_of_checks.hours(half).value == pytest.approx(4.5)


def test_checks_that_nobody_timed_leave_the_net_unknown() -> None:
    assert net_of_checks.hours(sums(judged=3)).missing == "seconds of audits"
    assert net_of_checks.share(sums(cleaned=1)).value is None


def test_checking_may_cost_more_than_it_saves() -> None:
    net = net_of_checks.share(sums(judged=20, judged_timed=20, judged_ms=20 * 3_600_000))
    assert net.value is not None and net.value < 0
