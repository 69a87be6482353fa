"""The period that another is compared with has as many days, and none of them twice, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from api.figures import Wanted, days_of
from api.insights import days_before
from core.ids import new_id

ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Ho_Chi_Minh", "UTC"])


@given(
    zone=ZONES,
    since=st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),
    hours=st.integers(1, 3_000),
    year=st.booleans(),
)
def test_the_days_before_are_as_many_and_others(zone: str, since: datetime, hours: int, year: bool) -> None:
    clock = ZoneInfo(zone)
    wanted = Wanted(new_id(), since, since + timedelta(hours=hours), None, None)
    now = days_of(wanted, clock)
    then = days_of(
        days_before(wanted, *(datetime.combine(day, time(), clock) for day in (now.since, now.until)), year=year), clock
    )
    assert then.until - then.since == now.until - now.since
    assert then.until == (now.until - timedelta(days=364) if year else now.since)
