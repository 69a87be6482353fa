"""A figure that was not measured is None with what is missing, never 0 or 100 %."""

import pytest
from pydantic import ValidationError

from metrics.certificates.binomial import interval
from metrics.estimate import Estimate, exact_interval, share, unknown


def test_a_share_of_nothing_is_unknown_and_says_why() -> None:
    figure = share(0, 0, missing="no audits yet", pending=7)
    assert figure.value is None
    assert (figure.missing, figure.pending) == ("no audits yet", 7)


def test_a_share_has_its_exact_interval_and_counts() -> None:
    figure = share(9, 10, missing="")
    assert (figure.value, figure.k, figure.n) == (0.9, 9, 10)
    assert figure.low == pytest.approx(0.5550, abs=1e-4)
    assert figure.high == pytest.approx(0.9975, abs=1e-4)


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (1, 7), (93, 100), (99_990, 100_000)])
def test_the_interval_is_the_one_that_certificates_use(k: int, n: int) -> None:
    assert exact_interval(k, n) == pytest.approx(interval(k, n), abs=1e-12)


def test_an_unknown_figure_without_a_reason_is_refused() -> None:
    with pytest.raises(ValidationError, match="what is missing"):
        Estimate(value=None)


def test_an_estimate_travels_as_json() -> None:
    figure = unknown("12 more audits", n=3)
    assert Estimate.model_validate_json(figure.model_dump_json()) == figure
