"""Reading roll-ups: sums over blocks of days, of all items or by some of their qualities ('' stands for all items)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, RowMapping

from core.rollups import COUNTERS, GRAINS, PAIRED, block
from core.store.rollups import read_buckets
from core.store.sql import rows

Slice = tuple[str, str]  # a quality and its value


class Wanted(NamedTuple):
    """Which items: of days in [since, until); of one origin, or all but imports."""

    since: date
    until: date
    origin: str | None = None


def spans(since: date, until: date) -> Iterator[tuple[str, date, date]]:
    """Yield the rows that make up days in [since, until): how many days each holds, and in [first, last) they begin.

    The widest blocks that fit lie in the middle, narrower ones on both sides of them.
    """
    middle = None
    for days in reversed(GRAINS):
        first, last = block(since + timedelta(days=days - 1), days), block(until, days)
        if first >= last:
            continue
        yield from ((str(days), a, b) for a, b in _around(first, last, middle) if a < b)
        middle = first, last


def _around(first: date, last: date, middle: tuple[date, date] | None) -> tuple[tuple[date, date], ...]:
    return ((first, last),) if middle is None else ((first, middle[0]), (middle[1], last))


# One index scan for each span, where a condition with OR made the planner read far more.
_SPANS = "unnest(CAST(:grains AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS span(grain, first, last)"
_IN_SPAN = "r.build = :build AND r.grain = span.grain AND r.start >= span.first AND r.start < span.last"
_ORIGIN = "(CASE WHEN CAST(:origin AS text) IS NULL THEN r.origin <> 'import' ELSE r.origin = :origin END)"
_WHERE = f"{_IN_SPAN} AND r.by = ANY(:bys) AND {_ORIGIN}"


def _asked(build: int, wanted: Wanted, bys: Sequence[str]) -> dict[str, Any]:
    return {"build": build, "origin": wanted.origin, "bys": list(bys), **_spread(spans(wanted.since, wanted.until))}


def _spread(found: Iterable[tuple[str, date, date]]) -> dict[str, Any]:
    columns: list[list[Any]] = [[], [], []]
    for one in found:
        for column, value in zip(columns, one, strict=True):
            column.append(value)
    return dict(zip(("grains", "firsts", "lasts"), columns, strict=True))


def sums(
    connection: Connection, build: int, wanted: Wanted, bys: Sequence[str], names: Sequence[str] = COUNTERS
) -> Sequence[RowMapping]:
    """Return counters by quality, value and kind of item."""
    chosen = ", ".join(f"sum(r.{name})::bigint AS {name}" for name in names if name in COUNTERS)
    return rows(
        connection,
        f"SELECT r.by, r.value, r.item, {chosen} FROM {_SPANS} JOIN rollups r ON {_WHERE} GROUP BY 1, 2, 3",
        **_asked(build, wanted, bys),
    )


def pairs(connection: Connection, build: int, wanted: Wanted, bys: Sequence[str]) -> Sequence[RowMapping]:
    """Return the few counters that figures need by agent and intent, by quality, value and kind of item."""
    chosen = ", ".join(f"sum(r.{name})::bigint AS {name}" for name in PAIRED)
    return rows(
        connection,
        f"""SELECT r.by, r.value, r.item, r.agent, r.intent, {chosen}
            FROM {_SPANS} JOIN rollup_pairs r ON {_WHERE} GROUP BY 1, 2, 3, 4, 5""",
        **_asked(build, wanted, bys),
    )


def named(connection: Connection, build: int, wanted: Wanted, bys: Sequence[str]) -> dict[Slice, Counter[str]]:
    """Return the counters of reasons and of models by quality and value."""
    found: defaultdict[Slice, Counter[str]] = defaultdict(Counter)
    for row in rows(
        connection,
        f"""SELECT r.by, r.value, '[' || string_agg(r.named::text, ',') || ']' AS named
            FROM {_SPANS} JOIN rollups r ON {_WHERE} AND r.named <> '{{}}' GROUP BY 1, 2""",
        **_asked(build, wanted, bys),
    ):
        counts = found[row["by"], row["value"]]
        for part in orjson.loads(row["named"]):
            counts.update(part)
    return {key: +counts for key, counts in found.items()}


def waits(
    connection: Connection, build: int, wanted: Wanted, bys: Sequence[str]
) -> dict[Slice, dict[str, Counter[int]]]:
    """Return the sketches by quality and value, and by name."""
    found: defaultdict[Slice, dict[str, Counter[int]]] = defaultdict(dict)
    for row in rows(
        connection,
        f"""SELECT r.by, r.value, r.what, string_agg(r.buckets, '') AS buckets
            FROM {_SPANS} JOIN rollup_waits r ON {_WHERE} GROUP BY 1, 2, 3""",
        **_asked(build, wanted, bys),
    ):
        found[row["by"], row["value"]][row["what"]] = read_buckets(row["buckets"])
    return found


def by_day(connection: Connection, build: int, wanted: Wanted, names: Iterable[str]) -> Sequence[RowMapping]:
    """Return some counters for each day and kind of item."""
    chosen = ", ".join(f"sum({name})::bigint AS {name}" for name in names if name in COUNTERS)
    return rows(
        connection,
        f"""SELECT start, item, {chosen} FROM rollups r
            WHERE build = :build AND by = '' AND grain = '1' AND start >= :since AND start < :until AND {_ORIGIN}
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

    Looks back `past` days before `since`, to the start of their block; imports count as before, however old.
    """
    start = block(since - past, GRAINS[-1])
    ranges = [(span, early) for early, a, b in ((True, start, since), (False, since, until)) for span in spans(a, b)]
    old = [(span, False) for span in spans(_LONG_AGO, start)]
    found: defaultdict[tuple[str, bool], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows(
        connection,
        f"""SELECT r.value, span.early OR r.origin = 'import' AS early, sum(r.handled)::bigint AS n,
                sum(r.handled_ms)::bigint AS spent
            FROM unnest(CAST(:grains AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]),
                CAST(:earlies AS boolean[]), CAST(:olds AS boolean[])) AS span(grain, first, last, early, old)
            JOIN rollups r ON {_IN_SPAN} AND r.by = 'intent' AND r.handled <> 0
                AND (NOT span.old OR r.origin = 'import') GROUP BY 1, 2""",
        build=build,
        earlies=[early for _, early in ranges + old],
        olds=[False] * len(ranges) + [True] * len(old),
        **_spread(span for span, _ in ranges + old),
    ):
        found[row["value"], row["early"]][0] += row["n"]
        found[row["value"], row["early"]][1] += row["spent"]
    return {key: (n, spent) for key, (n, spent) in found.items() if n}


_LONG_AGO = block(date(1900, 1, 1), GRAINS[-1])
