# ruff: noqa: S608 - DuckDB in memory: fixed names of columns, and files of our own
"""What a whole log adds up to: the rows of roll-ups, out of `metrics.rolled`, as files that PostgreSQL reads."""

from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from core.rollups import (
    COUNTERS,
    DELIMITER,
    DIMENSIONS,
    GRAINS,
    MISSING,
    OF_DOCUMENTS,
    PAIR_KEY,
    PAIRED,
    SLICE_KEY,
    WAIT_KEY,
    Cell,
)
from metrics.rolled import TIMES, Rolling

ITEM_COLUMNS = (*Cell._fields, "id", *TIMES, "customer", "spam", "repeated", "counts", "lasting")
SLICE_COLUMNS = (*SLICE_KEY, "named", *COUNTERS)
PAIR_COLUMNS = (*PAIR_KEY, *PAIRED)
WAIT_COLUMNS = (*WAIT_KEY, "buckets")
_GRAINS = f"(VALUES {', '.join(f'({days})' for days in GRAINS)}) AS grains(grain)"
_DAY = "date_diff('day', DATE '1970-01-01', start)::INTEGER"
# The number whose four bytes are those of a 32-bit one, lowest first.
_TURNED = " | ".join(f"((({{0}}::BIGINT >> {at}) & 255) << {24 - at})" for at in (0, 8, 16, 24))


def write_items(rolling: Rolling, out: Path) -> int:
    """Write the items of the file taken last, as if no customer had come back, by customer: the index by customer is
    the largest, and it then grows page by page. Returns how many there were."""
    names = {"spam": "is_spam", "repeated": "false"}
    chosen = ", ".join(names.get(name, name) for name in ITEM_COLUMNS)
    return _write(rolling, f"SELECT {chosen} FROM items ORDER BY customer", out)


def mark_repeats(rolling: Rolling) -> list[UUID]:
    """Return the tickets whose customers came back with the same intent in another ticket within 7 days."""
    rolling.duck.execute(
        """CREATE OR REPLACE TABLE came_back AS
           SELECT answered.id FROM (FROM known WHERE first_answer_at IS NOT NULL) answered
           ASOF JOIN (FROM known WHERE NOT is_spam) arrived
               ON answered.customer = arrived.customer AND answered.intent = arrived.intent
               AND answered.first_answer_at < arrived.received_at
           WHERE arrived.received_at <= answered.answered_at + 7 * 86400000000"""
    )
    return [one for (one,) in rolling.duck.execute("SELECT id FROM came_back").fetchall()]


def add_up(rolling: Rolling) -> None:
    """Add up all parts by cell and day, without what customers who came back undid."""
    sums = ", ".join(f"coalesce(CAST(sum({name}) AS BIGINT), 0) AS {name}" for name in COUNTERS)
    rolling.duck.execute(
        f"""CREATE OR REPLACE TABLE cells AS
            WITH every AS (
                FROM summed UNION ALL BY NAME SELECT * EXCLUDE (id) FROM kept ANTI JOIN came_back USING (id)
            ) SELECT {", ".join(Cell._fields)}, {sums} FROM every GROUP BY ALL"""
    )


def write_slices(rolling: Rolling, out: Path) -> int:
    """Write the counters of each slice in rows of 1, 8 and 64 days. Returns how many rows there were."""
    key = ", ".join(f'"{name}"' for name in SLICE_KEY)
    return _write(
        rolling,
        f"""WITH added AS ({_added("cells", ("item",), COUNTERS)}),
            codes AS ({_added("summed_named", ("item", "code"), ("n",))}),
            names AS (
                SELECT {key}, CAST(json_group_object(code, n) AS VARCHAR) AS named FROM codes GROUP BY ALL
            )
            SELECT {key}, coalesce(named, '{{}}'), {", ".join(COUNTERS)} FROM added LEFT JOIN names USING ({key})""",
        out,
    )


def write_pairs(rolling: Rolling, out: Path) -> int:
    """Write the counters of each slice by agent and intent. Returns how many rows there were."""
    names = ", ".join(f'"{name}"' for name in (*PAIR_KEY, *PAIRED))
    added = _added("cells", ("item", "agent", "intent"), PAIRED)
    return _write(rolling, f"SELECT {names} FROM ({added}) WHERE {' + '.join(PAIRED)} > 0", out)


def write_waits(rolling: Rolling, out: Path) -> int:
    """Write the sketches of each slice in rows of 1, 8 and 64 days. Returns how many rows there were."""
    pair = f"printf('%08x%08x', {_TURNED.format('bucket')}, {_TURNED.format('n')})"
    key = ", ".join(f'"{name}"' for name in WAIT_KEY)
    return _write(
        rolling,
        f"""SELECT {key}, '\\x' || string_agg({pair}, '' ORDER BY bucket)
            FROM ({_added("summed_waits", ("what", "bucket"), ("n",))}) GROUP BY ALL""",
        out,
    )


def _added(table: str, also: Sequence[str], counters: Sequence[str]) -> str:
    """A query for what a table adds up to in every slice, apart by the columns `also`: by day, and then in blocks of 1,
    8 and 64 days, for of sums of a day there are far fewer than rows."""
    key = ", ".join(f'"{name}"' for name in ("origin", "by", "value", *also))
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in counters)
    return f"""WITH days AS (SELECT start, {key}, {sums} FROM ({_slices(table, also, counters)}) GROUP BY ALL)
        SELECT grain, start - (({_DAY} % grain + grain) % grain) AS start, {key}, {sums} FROM days, {_GRAINS}
        GROUP BY ALL"""


def _slices(table: str, also: Sequence[str], counters: Sequence[str]) -> str:
    """A query for a table's rows in every slice that they are part of."""
    both = [("", "''", "")] + [(name, name, "") for name in DIMENSIONS if OF_DOCUMENTS.get(name) == name]
    tickets = [(name, name, "WHERE item = 'ticket'") for name in DIMENSIONS if name not in OF_DOCUMENTS]
    documents = [(by, name, "WHERE item = 'document'") for by, name in OF_DOCUMENTS.items() if by not in DIMENSIONS]
    return " UNION ALL ".join(
        f"""SELECT start, origin, '{by}' AS "by", {column} AS value, {", ".join((*also, *counters))}
            FROM {table} {only}"""
        for by, column, only in (*both, *tickets, *documents)
    )


def _write(rolling: Rolling, select: str, out: Path) -> int:
    options = f"FORMAT csv, HEADER false, DELIMITER '{DELIMITER}', QUOTE '', ESCAPE '', NULLSTR '{MISSING}'"
    row = rolling.duck.execute(f"COPY ({select}) TO '{out}' ({options})").fetchone()
    return int(row[0]) if row else 0


SUMS: tuple[tuple[str, tuple[str, ...], Callable[[Rolling, Path], int]], ...] = (
    ("rollup_waits", WAIT_COLUMNS, write_waits),  # the longest first
    ("rollup_pairs", PAIR_COLUMNS, write_pairs),
    ("rollups", SLICE_COLUMNS, write_slices),
)
