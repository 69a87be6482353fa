"""Reading roll-ups: sums over days and months, of all items or by one of their qualities."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping

from core.rollups import COUNTERS, PAIRED
from core.store.rollups import read_buckets
from core.store.sql import rows


class Wanted(NamedTuple):
    """Which items: of days in [since, until); of one origin, or all but imports."""

    since: date
    until: date
    origin: str | None = None


def _spans(since: date, until: date) -> dict[str, Any]:
    """Whole months, and the days before and after them."""
    first = since if since.day == 1 else (since.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = until.replace(day=1)
    if first >= last:
        first = last = until
    return {"since": since, "until": until, "first": first, "last": last}


_IN_SPAN = """((grain = 'month' AND start >= :first AND start < :last)
    OR (grain = 'day' AND start >= :since AND start < :until AND (start < :first OR start >= :last)))"""
_ORIGIN = "(CASE WHEN CAST(:origin AS text) IS NULL THEN origin <> 'import' ELSE origin = :origin END)"


def _asked(build: int, wanted: Wanted) -> dict[str, Any]:
    return {"build": build, "origin": wanted.origin, **_spans(wanted.since, wanted.until)}


def sums(connection: Connection, build: int, wanted: Wanted, by: str) -> Sequence[RowMapping]:
    """Return the counters by value of `by` ('' for all items) and kind of item."""
    chosen = ", ".join(f"sum({name})::bigint AS {name}" for name in COUNTERS)
    return rows(
        connection,
        f"""SELECT value, item, {chosen} FROM rollups
            WHERE build = :build AND by = :by AND {_IN_SPAN} AND {_ORIGIN} GROUP BY value, item""",
        by=by,
        **_asked(build, wanted),
    )


def pairs(connection: Connection, build: int, wanted: Wanted, by: str) -> Sequence[RowMapping]:
    """Return the few counters that figures need by agent and intent, by value of `by` and kind of item."""
    chosen = ", ".join(f"sum({name})::bigint AS {name}" for name in PAIRED)
    return rows(
        connection,
        f"""SELECT value, item, agent, intent, {chosen} FROM rollup_pairs
            WHERE build = :build AND by = :by AND {_IN_SPAN} AND {_ORIGIN} GROUP BY value, item, agent, intent""",
        by=by,
        **_asked(build, wanted),
    )


def held(connection: Connection, build: int, wanted: Wanted, by: str = "") -> dict[str, Counter[str]]:
    """Return how many tickets were held for each reason, by value of `by`."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows(
        connection,
        f"""SELECT value, key, sum(n::bigint)::bigint AS n FROM rollups, jsonb_each_text(held) AS reasons(key, n)
            WHERE build = :build AND by = :by AND {_IN_SPAN} AND {_ORIGIN} AND held <> '{{}}' GROUP BY value, key""",
        by=by,
        **_asked(build, wanted),
    ):
        if row["n"]:
            found[row["value"]][row["key"]] = row["n"]
    return found


def waits(connection: Connection, build: int, wanted: Wanted, by: str) -> dict[str, dict[str, Counter[int]]]:
    """Return the sketches by value of `by` and by name."""
    parts: defaultdict[str, defaultdict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(
        connection,
        f"""SELECT value, what, buckets FROM rollup_waits
            WHERE build = :build AND by = :by AND {_IN_SPAN} AND {_ORIGIN}""",
        by=by,
        **_asked(build, wanted),
    ):
        parts[row["value"]][row["what"]].append(row["buckets"])
    return {value: {what: read_buckets(found) for what, found in some.items()} for value, some in parts.items()}


def by_day(connection: Connection, build: int, wanted: Wanted, names: Iterable[str]) -> Sequence[RowMapping]:
    """Return some counters for each day and kind of item."""
    chosen = ", ".join(f"sum({name})::bigint AS {name}" for name in names if name in COUNTERS)
    return rows(
        connection,
        f"""SELECT start, item, {chosen} FROM rollups
            WHERE build = :build AND by = '' AND grain = 'day' AND start >= :since AND start < :until AND {_ORIGIN}
            GROUP BY start, item""",
        build=build,
        origin=wanted.origin,
        since=wanted.since,
        until=wanted.until,
    )


def handled(
    connection: Connection, build: int, since: date, until: date, past: timedelta
) -> dict[tuple[str, bool], tuple[int, int]]:
    """Return how many tickets people alone handled, and their milliseconds, by intent and whether before `since`.

    Looks back to the first of the month `past` before `since`; imports count as before, however old.
    """
    start = (since - past).replace(day=1)
    found: defaultdict[tuple[str, bool], list[int]] = defaultdict(lambda: [0, 0])
    for first, last, condition in (
        (start, since, "true"),
        (since, until, "true"),
        (date.min, start, "origin = 'import'"),
    ):
        for row in rows(
            connection,
            f"""SELECT value, origin = 'import' AS imported, sum(handled)::bigint AS n,
                    sum(handled_ms)::bigint AS spent
                FROM rollups WHERE build = :build AND by = 'intent' AND {_IN_SPAN} AND {condition} AND handled <> 0
                GROUP BY 1, 2""",
            build=build,
            **_spans(first, last),
        ):
            key = row["value"], first < since or row["imported"]
            found[key][0] += row["n"]
            found[key][1] += row["spent"]
    return {key: (n, spent) for key, (n, spent) in found.items() if n}
