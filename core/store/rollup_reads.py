"""Reading roll-ups: sums over days and months, by one quality of the items or as a whole."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping

from core.rollups import COUNTERS, DIMENSIONS
from core.store.rollups import read_buckets
from core.store.sql import rows

_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in COUNTERS)


class Wanted(NamedTuple):
    """Which cells: days in [since, until); one origin, or all but imports; all or one slice (by, value)."""

    since: date
    until: date
    origin: str | None = None
    by: str = ""
    value: str = ""


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


def sums(connection: Connection, build: int, wanted: Wanted, split: str | None = None) -> Iterator[RowMapping]:
    """Yield the counters summed by value of `split` ('' without one), item, agent and intent.

    Split by intent, language or channel there are tickets alone: documents have other ones.
    """
    column = _column(split) if split else "''"
    only = "AND item = 'ticket'" if split in ("intent", "language", "channel") else ""
    narrow = f"AND {_column(wanted.by)} = :value" if wanted.by else ""
    yield from rows(
        connection,
        f"""SELECT {column} AS value, item, agent, intent, {_SUMS} FROM rollups
            WHERE build = :build AND {_IN_SPAN} AND {_ORIGIN} {only} {narrow} GROUP BY 1, 2, 3, 4""",
        build=build,
        origin=wanted.origin,
        value=wanted.value,
        **_spans(wanted.since, wanted.until),
    )


def held(connection: Connection, build: int, wanted: Wanted) -> Counter[str]:
    """Return how many tickets were held for each reason."""
    every: Counter[str] = Counter()
    for counts in held_by_intent(connection, build, wanted).values():
        every.update(counts)
    return every


def held_by_intent(connection: Connection, build: int, wanted: Wanted) -> dict[str, Counter[str]]:
    """Return how many tickets of each intent were held for each reason."""
    narrow = f"AND {_column(wanted.by)} = :value" if wanted.by else ""
    by_intent: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows(
        connection,
        f"""SELECT intent, key, sum(value::bigint)::bigint AS n FROM rollups, jsonb_each_text(held)
            WHERE build = :build AND {_IN_SPAN} AND {_ORIGIN} {narrow} AND held <> '{{}}' GROUP BY intent, key""",
        build=build,
        origin=wanted.origin,
        value=wanted.value,
        **_spans(wanted.since, wanted.until),
    ):
        if row["n"]:
            by_intent[row["intent"]][row["key"]] = row["n"]
    return by_intent


def waits(
    connection: Connection, build: int, wanted: Wanted, split: str | None = None
) -> dict[str, dict[str, Counter[int]]]:
    """Return the sketches by value of `split` and by name."""
    by = split or wanted.by
    narrow = "AND value = :value" if wanted.by and not split else ""
    parts: defaultdict[str, defaultdict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(
        connection,
        f"""SELECT value, what, buckets FROM rollup_waits
            WHERE build = :build AND by = :by AND {_IN_SPAN} AND {_ORIGIN} {narrow}""",
        build=build,
        by=by,
        origin=wanted.origin,
        value=wanted.value,
        **_spans(wanted.since, wanted.until),
    ):
        parts[row["value"] if split else ""][row["what"]].append(row["buckets"])
    return {value: {what: read_buckets(found) for what, found in some.items()} for value, some in parts.items()}


def by_day(connection: Connection, build: int, wanted: Wanted, names: Sequence[str]) -> Sequence[RowMapping]:
    """Return some counters for each day and kind of item."""
    narrow = f"AND {_column(wanted.by)} = :value" if wanted.by else ""
    chosen = ", ".join(f"sum({name})::bigint AS {name}" for name in names if name in COUNTERS)
    return rows(
        connection,
        f"""SELECT start, item, {chosen} FROM rollups
            WHERE build = :build AND grain = 'day' AND start >= :since AND start < :until AND {_ORIGIN} {narrow}
            GROUP BY start, item""",
        build=build,
        origin=wanted.origin,
        value=wanted.value,
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
            f"""SELECT intent, origin = 'import' AS imported, sum(handled)::bigint AS n,
                    sum(handled_ms)::bigint AS spent
                FROM rollups WHERE build = :build AND item = 'ticket' AND {_IN_SPAN} AND {condition} AND handled <> 0
                GROUP BY 1, 2""",
            build=build,
            **_spans(first, last),
        ):
            key = row["intent"], first < since or row["imported"]
            found[key][0] += row["n"]
            found[key][1] += row["spent"]
    return {key: (n, spent) for key, (n, spent) in found.items() if n}


def _column(name: str) -> str:
    """The column of a dimension. Raises KeyError for what is none: it stands in the statement's text."""
    return {known: known for known in DIMENSIONS}[name]
