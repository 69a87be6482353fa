"""Requests for a rating and the answers, split by who dealt with the ticket."""

from metrics import satisfaction, satisfaction_answers
from metrics.cohort import cohort
from metrics.fold import fold
from metrics.sums import sums_of
from tests.metrics.histories import START, event, received
from tests.metrics.test_pitfalls import LATER, automated


def test_few_answers_to_many_requests_show_beside_the_satisfaction() -> None:
    log = [e for i in range(10) for e in (*automated(i), event("csat.asked", 30, i))]
    log += [event("csat.answered", 31, 1, rating=5)]
    log += [received(20), event("staff.replied", 1, 20, by="an"), event("csat.answered", 30, 20, rating=1)]
    sums = sums_of(cohort(fold(log), since=START, until=LATER, now=LATER))
    assert satisfaction.automated(sums).value == 1.0
    asked = satisfaction_answers.automated(sums)
    assert (asked.k, asked.n) == (1, 10)
    assert (satisfaction_answers.human(sums).k, satisfaction_answers.human(sums).n) == (1, 1)
    assert satisfaction_answers.assisted(sums).missing == "requests for a rating: none"
