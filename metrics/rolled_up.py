# ruff: noqa: S608 - DuckDB in memory: fixed names of columns, and files of our own
"""What a whole log adds up to: the rows of roll-ups, out of `metrics.rolled`, as files that PostgreSQL reads."""

from pathlib import Path

from core.rollups import COUNTERS, DELIMITER, DIMENSIONS, MISSING, WAIT_KEY, Cell
from metrics.rolled import TIMES, Rolling

ITEM_COLUMNS = (*Cell._fields, "id", *TIMES, "customer", "spam", "repeated", "counts", "lasting")
CELL_COLUMNS = ("grain", *Cell._fields, "held", *COUNTERS)
WAIT_COLUMNS = (*WAIT_KEY, "buckets")
_TICKETS = "WHERE item = 'ticket'"
_DOCUMENTS = ("''", "'agent'", "'version'", "'model'")  # the slices of sketches that documents are part of
_GRAINS = "(VALUES ('day'), ('month')) AS grains(grain)"
_START = "CAST(date_trunc(grain, start) AS DATE) AS start"
_OF = ", ".join(_START if name == "start" else name for name in Cell._fields)
# A 32-bit number as hexadecimal digits, lowest byte first.
_BYTES = "printf('%02x%02x%02x%02x', {0} & 255, {0} >> 8 & 255, {0} >> 16 & 255, {0} >> 24 & 255)"


_TEXTS = tuple(name for name in Cell._fields if name != "start")


def _clean(name: str, table: str = "") -> str:
    """A text without what parts the fields and lines of a file."""
    return f"translate({table}{name}, '{DELIMITER}{MISSING}\n\r', '    ')"


def mark_repeats(rolling: Rolling) -> None:
    """Find the tickets whose customers came back with the same intent in another ticket within 7 days."""
    rolling.duck.execute(
        """CREATE OR REPLACE TABLE came_back AS
           WITH known AS (FROM items WHERE item = 'ticket' AND customer <> '' AND intent <> '')
           SELECT answered.id FROM (FROM known WHERE first_answer_at IS NOT NULL) answered
           ASOF JOIN (FROM known WHERE NOT is_spam) arrived
               ON answered.customer = arrived.customer AND answered.intent = arrived.intent
               AND answered.first_answer_at < arrived.received_at
           WHERE epoch_us(arrived.received_at) <= epoch_us(answered.answered_at) + 7 * 86400000000"""
    )


def write_items(rolling: Rolling, out: Path, first: int, count: int) -> int:
    """Write so many items from the first-th on. Returns how many there were."""
    names = {"spam": "is_spam", "repeated": "id IN (SELECT id FROM came_back)", "customer": _clean("customer")}
    chosen = ", ".join(names.get(name) or (_clean(name) if name in _TEXTS else name) for name in ITEM_COLUMNS)
    return _write(rolling, f"SELECT {chosen} FROM items WHERE rowid >= {first} AND rowid < {first + count}", out)


def write_cells(rolling: Rolling, out: Path) -> int:
    """Write the counters by day and by month. Returns how many rows there were."""
    sums = ", ".join(f"coalesce(CAST(sum({name}) AS BIGINT), 0) AS {name}" for name in COUNTERS)
    cell = ", ".join(Cell._fields)
    clean = ", ".join(_clean(name, "added.") if name in _TEXTS else f"added.{name}" for name in Cell._fields)
    return _write(
        rolling,
        f"""WITH every AS (
                FROM summed UNION ALL BY NAME
                SELECT * EXCLUDE (id) FROM kept WHERE id NOT IN (SELECT id FROM came_back)
            ), added AS (SELECT grain, {_OF}, {sums} FROM every, {_GRAINS} GROUP BY ALL),
            codes AS (SELECT grain, {_OF}, code, CAST(sum(n) AS BIGINT) AS n FROM summed_held, {_GRAINS} GROUP BY ALL),
            reasons AS (
                SELECT grain, {cell}, CAST(json_group_object(code, n) AS VARCHAR) AS held FROM codes GROUP BY ALL
            )
            SELECT added.grain, {clean}, coalesce(held, '{{}}'), {", ".join(COUNTERS)}
            FROM added LEFT JOIN reasons USING (grain, {cell})""",
        out,
    )


def write_waits(rolling: Rolling, out: Path) -> int:
    """Write the sketches of each slice by day and by month. Returns how many rows there were."""
    tickets = [("''", "''"), *((f"'{name}'", name) for name in DIMENSIONS)]
    slices = " UNION ALL ".join(
        f'SELECT grain, {_START}, origin, {by} AS "by", {_clean(value)} AS value, what, bucket,'
        f" CAST(sum(n) AS BIGINT) AS n FROM summed_waits, {_GRAINS} {'' if by in _DOCUMENTS else _TICKETS} GROUP BY ALL"
        for by, value in tickets
    )
    pair = f"{_BYTES.format('bucket')} || {_BYTES.format('n')}"
    return _write(
        rolling,
        f"""SELECT {", ".join(f'"{name}"' for name in WAIT_KEY)}, '\\x' || string_agg({pair}, '' ORDER BY bucket)
            FROM ({slices}) GROUP BY ALL""",
        out,
    )


def _write(rolling: Rolling, select: str, out: Path) -> int:
    options = f"FORMAT csv, HEADER false, DELIMITER '{DELIMITER}', QUOTE '', ESCAPE '', NULLSTR '{MISSING}'"
    row = rolling.duck.execute(f"COPY ({select}) TO '{out}' ({options})").fetchone()
    return int(row[0]) if row else 0
