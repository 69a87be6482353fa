"""A tenant's business calendar: when people work, and by when a ticket's first answer is due. Pure; times are UTC."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from core.contracts import Frozen

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = timedelta(days=3_700)  # a count that finds too little working time in so long ends with an error
_OFFICE: tuple[tuple[time, time], ...] = ((time(8), time(18)),)
Span = tuple[time, time]


class Calendar(Frozen):
    """Working hours of each day of the week in local time (a day that is left out is free), and holidays.

    `first_reply` is in working hours by the ticket's priority.
    """

    hours: dict[str, tuple[Span, ...]] = Field(default_factory=lambda: dict.fromkeys(DAYS[:5], _OFFICE))
    holidays: frozenset[date] = frozenset()
    first_reply: dict[str, float] = Field(default_factory=lambda: {"high": 1.0, "normal": 8.0, "low": 24.0})

    @model_validator(mode="after")
    def _some_work(self) -> "Calendar":
        if unknown := sorted(set(self.hours) - set(DAYS)):
            raise ValueError(f"{unknown[0]!r} is no day of the week: {', '.join(DAYS)}")
        spans = [span for day in self.hours.values() for span in day]
        if not spans:
            raise ValueError("no day has working hours")
        if any(start >= end for start, end in spans):
            raise ValueError("working hours end after they begin, on the same day")
        if any(not 0 < hours <= 1_000 for hours in self.first_reply.values()):
            raise ValueError("a first reply is due within more than 0 and at most 1,000 working hours")
        return self


def calendar_of(settings: Mapping[str, Any]) -> Calendar:
    """Return the calendar of a tenant's settings; office hours where it has none."""
    return Calendar.model_validate(settings.get("calendar") or {})


def working_time_after(calendar: Calendar, zone: ZoneInfo, at: datetime, work: timedelta) -> datetime:
    """Return the moment at which `work` of working time has passed since `at`.

    Raises ValueError when the calendar has too little of it in ten years.
    """
    for start, end in _spans(calendar, zone, at.astimezone(zone).date(), 1):
        begin = max(start, at)
        if begin >= end:
            continue
        if end - begin >= work:
            return begin + work
        work -= end - begin
    raise ValueError("the calendar has too little working time")


def working_time_before(calendar: Calendar, zone: ZoneInfo, at: datetime, work: timedelta) -> datetime:
    """Return the latest moment from which `work` of working time passes until `at`. Raises ValueError as above."""
    for start, end in _spans(calendar, zone, at.astimezone(zone).date(), -1):
        until = min(end, at)
        if until <= start:
            continue
        if until - start >= work:
            return until - work
        work -= until - start
    raise ValueError("the calendar has too little working time")


def _spans(calendar: Calendar, zone: ZoneInfo, day: date, step: int) -> Iterator[tuple[datetime, datetime]]:
    """Working hours from a day on, forwards or backwards, in UTC, so that a change of clocks neither adds nor loses."""
    last = day + step * LONGEST
    while day != last:
        spans = calendar.hours.get(DAYS[day.weekday()], ()) if day not in calendar.holidays else ()
        for start, end in sorted(spans, reverse=step < 0):
            yield tuple(datetime.combine(day, one, zone).astimezone(UTC) for one in (start, end))  # type: ignore[misc] # two
        day += timedelta(days=step)


def first_reply_due(
    calendar: Calendar, zone: ZoneInfo, *, received_at: datetime, priority: str, shift_seconds: float = 0.0
) -> datetime | None:
    """Return when a ticket's first answer is due, in the present's time (an import's past is shifted).

    None: never, because its priority has no due time or the calendar has too little working time.
    """
    hours = calendar.first_reply.get(priority)
    if hours is None:
        return None
    arrived = received_at + timedelta(seconds=shift_seconds)
    try:
        return working_time_after(calendar, zone, arrived, timedelta(hours=hours))
    except ValueError:
        return None


def received_before(calendar: Calendar, zone: ZoneInfo, due: datetime) -> dict[str, datetime]:
    """Return for each priority the moment before which a ticket must have come to be due by `due`: for queries.

    A priority for which the calendar has too little working time is left out: its tickets are never due.
    """
    found = {}
    for priority, hours in calendar.first_reply.items():
        with suppress(ValueError):
            found[priority] = working_time_before(calendar, zone, due, timedelta(hours=hours))
    return found
