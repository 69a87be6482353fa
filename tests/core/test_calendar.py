"""Working time is counted in working hours only, forwards and backwards alike, also over holidays and clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.calendar import (
    Calendar,
    calendar_of,
    first_reply_due,
    received_before,
    working_time_after,
    working_time_before,
)

BERLIN, HANOI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = Calendar()
ODD = Calendar(
    hours={"mon": ((time(8), time(12)), (time(13), time(17, 30))), "sat": ((time(0), time(23, 59)),)},
    holidays=frozenset({date(2026, 3, 30)}),
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
WORK = st.integers(1, 200_000).map(lambda seconds: timedelta(seconds=seconds))


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone)  # type: ignore[arg-type,misc] # year, month, day, hour, minute


def test_an_evening_in_friday_is_answered_on_monday() -> None:
    friday = local(HANOI, 2026, 11, 20, 17, 0)
    assert working_time_after(OFFICE, HANOI, friday, timedelta(hours=2)) == local(HANOI, 2026, 11, 23, 9, 0)


def test_a_holiday_and_a_lunch_break_do_not_count() -> None:
    saturday = local(BERLIN, 2026, 3, 28, 23, 0)
    due = working_time_after(ODD, BERLIN, saturday, timedelta(hours=6))  # 59 minutes, then the Monday after the next
    assert due == local(BERLIN, 2026, 4, 4, 5, 1)


def test_the_night_in_which_clocks_change_has_as_much_work_as_any() -> None:
    sunday = Calendar(hours={"sun": ((time(0), time(6)),)})
    start = local(BERLIN, 2026, 3, 29, 0, 0)
    assert working_time_after(sunday, BERLIN, start, timedelta(hours=5)) == local(BERLIN, 2026, 3, 29, 6, 0)


@given(MOMENTS, WORK, st.sampled_from([OFFICE, ODD]), st.sampled_from([BERLIN, HANOI]))
def test_backwards_undoes_forwards(at: datetime, work: timedelta, calendar: Calendar, zone: ZoneInfo) -> None:
    due = working_time_after(calendar, zone, at, work)
    start = working_time_before(calendar, zone, due, work)
    assert start >= at  # what comes out of hours counts from the next working hour
    assert working_time_after(calendar, zone, start, work) == due


@given(MOMENTS, MOMENTS, st.sampled_from(["high", "normal", "low"]))
def test_a_query_by_arrival_finds_exactly_what_is_due(received: datetime, now: datetime, priority: str) -> None:
    due = first_reply_due(OFFICE, BERLIN, received_at=received, priority=priority)
    assert due is not None
    bound = received_before(OFFICE, BERLIN, now)[priority]
    if due != now:  # at the very moment either answer is right
        assert (due < now) == (received < bound)


def test_an_import_is_due_in_the_present() -> None:
    received, shift = local(HANOI, 2026, 1, 5, 9, 0), 7 * 86_400.0
    due = first_reply_due(OFFICE, HANOI, received_at=received, priority="high", shift_seconds=shift)
    assert due == local(HANOI, 2026, 1, 12, 10, 0)
    assert first_reply_due(OFFICE, HANOI, received_at=received, priority="none") is None


def test_a_calendar_comes_from_the_tenants_settings() -> None:
    kept = ODD.model_dump(mode="json")
    assert calendar_of({"calendar": kept}) == ODD
    assert calendar_of({}) == OFFICE


@pytest.mark.parametrize(
    "fault",
    [{"hours": {}}, {"hours": {"mo": [["08:00", "09:00"]]}}, {"hours": {"mon": [["09:00", "08:00"]]}},
     {"first_reply": {"high": 0}}, {"hours": {"mon": [["25:00", "26:00"]]}}, {"hour": {}}],
)  # fmt: skip
def test_a_calendar_without_sense_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Calendar.model_validate(fault)


def test_a_calendar_of_holidays_alone_ends_with_an_error() -> None:
    year = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(3_800))
    with pytest.raises(ValueError, match="too little"):
        working_time_after(Calendar(holidays=year), HANOI, local(HANOI, 2026, 1, 1, 9, 0), timedelta(hours=1))


def test_what_a_calendar_has_too_little_time_for_is_never_due() -> None:
    little = Calendar(hours={"mon": ((time(8), time(8, 1)),)}, first_reply={"high": 0.01, "low": 1_000})
    now = local(HANOI, 2026, 11, 23, 12, 0)
    assert first_reply_due(little, HANOI, received_at=now, priority="low") is None
    assert first_reply_due(little, HANOI, received_at=now, priority="high") is not None
    assert set(received_before(little, HANOI, now)) == {"high"}
