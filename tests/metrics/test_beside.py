"""What FPT reports, ours beside it, and what it would take to get there; documents at the rate of a year."""

from datetime import timedelta

import pytest

from core.events import Event
from metrics import volume
from metrics.beside import beside_fpt
from metrics.cohort import cohort
from metrics.estimate import Estimate, share, unknown
from metrics.fold import fold
from metrics.report import report_on
from metrics.sums import Sums, sums_of
from tests.metrics.histories import START
from tests.metrics.test_pitfalls import automated
from tests.metrics.test_report import READ, document

PERIOD = timedelta(days=73)  # a fifth of a year


def sums(log: list[Event], now: timedelta = PERIOD) -> Sums:
    return sums_of(cohort(fold(log), since=START, until=START + PERIOD, now=START + now))


def notes(log: list[Event]) -> dict[str, tuple[Estimate, str]]:
    return {one.name: (one.ours, one.note) for one in report_on(sums(log)).beside}


def test_documents_of_a_period_are_told_as_those_of_a_year() -> None:
    log = [e for number in range(3) for e in document(number, *READ)]
    assert volume.estimate(sums(log)).value == pytest.approx(15)
    half_way = volume.estimate(sums(log, PERIOD / 2))
    assert half_way.value == pytest.approx(30), "a period that is not over lasts until now"
    assert volume.estimate(sums([])).value is None


def test_each_reported_outcome_says_what_it_would_take() -> None:
    told = notes([*automated(1), *(e for number in range(3) for e in document(number, *READ))])
    assert told["agents_in_service"][0].value == 2
    assert told["agents_in_service"][1] == "1,498 more agent folders in service"
    assert told["documents_a_year"][1].endswith("12.7 a second would be 400 million")
    assert told["document_accuracy"][0].k == told["document_accuracy"][0].n == 3
    assert told["document_accuracy"][1].startswith("3 of 3 audits right"), "three audits prove nothing"
    for name in ("workload_share", "uplift"):
        assert told[name][0].value is None
        assert told[name][0].missing, name


@pytest.mark.parametrize(
    ("ours", "note"),
    [
        (share(600, 1_000, missing=""), "reached, with its whole interval above"),
        (share(47, 100, missing=""), "above, but its interval still reaches below"),
        (share(360, 1_000, missing=""), "10.0% of the workload more"),
        (unknown("handling times"), "not yet known: handling times"),
    ],
)
def test_a_share_is_reached_only_with_its_whole_interval(ours: Estimate, note: str) -> None:
    report = report_on(sums(automated(1)))
    figures = {line.definition.name: line.estimate for line in report.lines} | {"workload_share": ours}
    found = {one.name: one for one in beside_fpt(figures, sums(automated(1)))}
    assert found["workload_share"].note.startswith(note)
