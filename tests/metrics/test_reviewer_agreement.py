"""Two reviewers of the same audits: kappa from counts is kappa from their verdicts."""

import pytest

from metrics.certificates.agreement import cohen
from metrics.cohort import cohort
from metrics.fold import fold
from metrics.reviewer_agreement import estimate
from metrics.sums import Sums, sums_of
from tests.metrics.histories import START, event
from tests.metrics.test_pitfalls import LATER, audited


def seconded(verdicts: list[tuple[bool, bool]]) -> Sums:
    log = []
    for number, (first, second) in enumerate(verdicts):
        log += audited(number, first, 0.5)
        log.append(event("audit.seconded", 40, number, right=second, agreed=first == second, by="binh"))
    return sums_of(cohort(fold(log), since=START, until=LATER, now=LATER))


def test_kappa_is_that_of_the_verdicts_themselves() -> None:
    verdicts = [(True, True)] * 30 + [(True, False)] * 3 + [(False, True)] * 2 + [(False, False)] * 5
    found, truth = estimate(seconded(verdicts)), cohen(*zip(*verdicts, strict=True))
    assert found.value == pytest.approx(truth.value)
    assert found.value is not None and found.low is not None and found.high is not None
    assert found.low < found.value < found.high
    assert (found.k, found.n) == (35, 40)


def test_without_a_second_reviewer_it_is_not_known() -> None:
    assert estimate(seconded([])).missing == "audits judged by a second reviewer"


def test_reviewers_who_always_say_right_tell_nothing_beyond_chance() -> None:
    found = estimate(seconded([(True, True)] * 10))
    assert found.value is None
    assert "agreed on 10" in found.missing
