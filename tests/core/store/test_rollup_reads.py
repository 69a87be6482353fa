"""Blocks of days make up any period, each day once, and few of them do."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.rollups import block
from core.store.rollup_reads import spans

DAYS = st.dates(date(1969, 6, 1), date(2031, 1, 1))


@given(since=DAYS, length=st.integers(0, 900))
def test_each_day_of_a_period_is_read_once_and_no_other(since: date, length: int) -> None:
    until = since + timedelta(days=length)
    read: Counter[date] = Counter()
    rows = 0
    for grain, first, last in spans(since, until):
        days = int(grain)
        assert block(first, days) == first
        while first < last:
            read.update(first + timedelta(days=n) for n in range(days))
            first += timedelta(days=days)
            rows += 1
    assert read == Counter(since + timedelta(days=n) for n in range(length))
    assert rows <= 28 + length // 64


def test_a_year_takes_few_rows() -> None:
    since = date(2026, 1, 5)
    rows = sum((last - first).days // int(grain) for grain, first, last in spans(since, since + timedelta(days=365)))
    assert rows <= 33
