import pytest

from bench.llm_line import sustained


def test_the_time_in_which_threads_fill_and_run_dry_is_left_out() -> None:
    seen = [(0.0, 0), (9.0, 0), (10.0, 10), (15.0, 60), (20.0, 90), (40.0, 100)]
    assert sustained(seen, tickets=100, concurrency=10) == pytest.approx((90 - 10) / (20.0 - 10.0))


def test_too_few_tickets_have_no_such_time() -> None:
    assert sustained([(0.0, 0), (1.0, 10)], tickets=10, concurrency=10) is None
    assert sustained([(0.0, 10), (1.0, 10)], tickets=30, concurrency=10) is None
