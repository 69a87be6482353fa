# ruff: noqa: S608 - DuckDB in memory: fixed names of columns, and files of our own
"""The fold over very many items at once, in DuckDB: what each adds to the figures, and what all of them add up to.

The rules are those of `metrics.fold` and `metrics.contribution`, which take one item at a time and can be read beside
the definitions; the SQL files here take millions. Roll-ups are made by these; `saola metrics check` and the tests hold
the two equal.
"""

import json
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from core.rollups import AMONG, COUNTERS, DELIMITER, KINDS, LASTING, MISSING, VENDORS, WAIT, Cell, Rolled, unpack
from metrics.contribution import vendor_counts
from metrics.definitions.timeline import Seen

HERE = Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# What is read of an event's data; the log holds more.
DATA = {
    **dict.fromkeys(("channel", "language", "customer", "origin", "media_type", "type", "intent"), "VARCHAR"),
    "customer_group": "VARCHAR",
    **dict.fromkeys(("agent", "version", "model", "proposal", "action", "effect", "by"), "VARCHAR"),
    **dict.fromkeys(("shadow", "audited", "right", "simulated", "agreed", "question"), "BOOLEAN"),
    **dict.fromkeys(("cost_usd", "seconds", "audit_probability", "probability"), "DOUBLE"),
    **dict.fromkeys(("input_tokens", "output_tokens", "cached_tokens", "fields", "rating"), "BIGINT"),
    **dict.fromkeys(("answered", "failed"), "MAP(VARCHAR, BIGINT)"),
    "reasons": ["VARCHAR"],
    "wrong_fields": ["VARCHAR"],
}
FILE = {"item": "UUID", "kind": "kind", "at": "TIMESTAMP", "run": "UUID", "id": "UUID", "data": "VARCHAR"}
TIMES = ("received_at", "first_answer_at", "answered_at", "due_at")
# The bits of a ticket's `pattern` in rolled_tickets.sql: all that the vendors' rules ask of a conversation.
PATTERN = (
    *("wrote", "answered", "last_word", "declined", "confirmed", "person", "hour", "day", "three_days"),
    *("idle_resolved", "idle_again", "self_closed", "self_closed_again", "settled"),
)
_BY_PATTERN = (*(f"among_{name}" for name in AMONG), *(name for name in VENDORS if name != "chatwoot_hours_saved"))
_CELL = ", ".join(Cell._fields)
_TEXTS = (*(name for name in Cell._fields if name not in ("item", "start")), "customer")
_BASE = tuple(name for name in COUNTERS if name not in LASTING)


class Rolling:
    """One pass of the fold, as things stand at `now`; days are those of the time zone `zone`.

    `take` it files of events, each with all events of its items, and read `items` after each; what all of them add up
    to is for `metrics.rolled_up`. DuckDB uses `memory` and the thread of whoever calls; what is more goes to files in
    `folder`.
    """

    def __init__(self, now: datetime, zone: str, *, folder: Path, memory: str = "500MB") -> None:
        moment = (now - EPOCH) // timedelta(microseconds=1)
        self._values = {"$now": str(moment), "$zone": f"'{zone}'"}
        self.duck = duckdb.connect(
            str(folder / "rolling.duckdb"),
            config={"threads": 1, "memory_limit": memory, "temp_directory": str(folder / "spilled")},
        )
        kinds = ", ".join(f"'{kind}'" for kind in KINDS)
        self.duck.execute(f"CREATE TYPE kind AS ENUM ({kinds})")
        cell = ", ".join(f"{name} {'DATE' if name == 'start' else 'VARCHAR'}" for name in Cell._fields)
        sums, also = (", ".join(f"{name} BIGINT" for name in some) for some in (COUNTERS, LASTING))
        for table in (
            "known (id UUID, customer VARCHAR, intent VARCHAR, received_at BIGINT, is_spam BOOLEAN,"
            " first_answer_at BIGINT, answered_at BIGINT)",
            f"kept (id UUID, {cell}, {also})",
            f"summed ({cell}, {sums})",
            f"summed_named ({cell}, code VARCHAR, n BIGINT)",
            f"summed_waits ({cell}, what VARCHAR, bucket INTEGER, n BIGINT)",
        ):
            self.duck.execute(f"CREATE TABLE {table}")
        self._begin()

    def _begin(self) -> None:
        self._patterns: set[int] = set()
        names = ", ".join(f"{name} TINYINT" for name in _BY_PATTERN)
        self.duck.execute(f"CREATE TEMP TABLE verdicts (pattern INTEGER, {names})")

    def beside(self) -> "Rolling":
        """Return another that takes files of its own, in another thread, and adds up with this one."""
        other = copy(self)
        other.duck = self.duck.cursor()  # temporary tables are a cursor's own, the others all cursors'
        other._begin()
        return other

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.duck.close()

    def take(self, file: Path, *, documents: bool) -> int:
        """Fold a file of events, as `core.store.rollups.copy_events` writes it. Returns how many items there were."""
        self.duck.execute(
            f"""CREATE OR REPLACE TEMP TABLE log AS
                SELECT item, run, kind, moment, from_json(data, '{json.dumps(DATA)}') AS d
                FROM (  -- sorted before it is read: text moves far faster than what is read of it
                    SELECT item, run, kind, epoch_us("at") AS moment, data
                    FROM read_csv('{file}', delim = '{DELIMITER}', quote = '', escape = '', header = false,
                        columns = {FILE}, nullstr = '')
                    ORDER BY item, moment, CASE kind WHEN 'ticket.received' THEN 0 WHEN 'document.received' THEN 0
                        WHEN 'ticket.reopened' THEN 1 WHEN 'message.received' THEN 2 ELSE 3 END, id)"""
        )
        self._run("rolled.sql")
        if documents:
            self._run("rolled_documents.sql")
        else:
            self._run("rolled_tickets.sql")
            self._judge_patterns()
            self._run("rolled_taken.sql")
        return self._keep()

    def _run(self, name: str) -> None:
        script = (HERE / name).read_text("utf-8")
        for value, what in self._values.items():
            script = script.replace(value, what)
        self.duck.execute(script)

    def _judge_patterns(self) -> None:
        """Ask the vendors' rules about each kind of conversation: a few hundred kinds, however many tickets."""
        found = {pattern for (pattern,) in self.duck.execute("SELECT DISTINCT pattern FROM judged_tickets").fetchall()}
        rows = [[pattern, *_verdict(pattern)] for pattern in found - self._patterns]
        self._patterns |= found
        if rows:
            self.duck.execute(f"INSERT INTO verdicts VALUES {', '.join(str(tuple(row)) for row in rows)}")

    def _keep(self) -> int:
        """Add up what was folded, and let `items` be what each adds. Returns how many there are."""
        self._clean()
        there = {name for name, *_ in self.duck.execute("DESCRIBE taken").fetchall()}
        base = [name for name in _BASE if name in there]
        counts = [_packed(name, name) for name in base]
        counts.append("nullif(array_to_string([concat(x.code, '=', x.n) for x in named], ' '), '')")
        counts.append(
            f"nullif(array_to_string([concat('{WAIT}', x.what, ':', x.bucket, '=1') for x in waits], ' '), '')"
        )
        lasting = [_packed(name, f"lasting_{name}") for name in LASTING if f"lasting_{name}" in there] or ["''"]
        times = ", ".join(f"make_timestamptz({name}) AS {name}" for name in TIMES)
        self.duck.execute(
            f"""CREATE OR REPLACE TEMP VIEW items AS SELECT {_CELL}, id, {times}, customer, is_spam,
                concat_ws(' ', {", ".join(counts)}) AS counts, concat_ws(' ', {", ".join(lasting)}) AS lasting
                FROM taken"""
        )
        self._append(
            "known",
            """SELECT id, customer, intent, received_at, is_spam, first_answer_at, answered_at
               FROM taken WHERE item = 'ticket' AND customer <> '' AND intent <> ''""",
        )
        self._add_up(base, lasting="lasting_durable" in there)
        row = self.duck.execute("SELECT count(*) FROM taken").fetchone()
        return int(row[0]) if row else 0

    def _clean(self) -> None:
        """Take what parts the fields and lines of a file out of the texts of the few items that have such."""
        parts = f"{DELIMITER}{MISSING}\n\r"
        cleaned = ", ".join(f"{name} = translate({name}, '{parts}', '    ')" for name in _TEXTS)
        self.duck.execute(f"UPDATE taken SET {cleaned} WHERE regexp_matches(concat({', '.join(_TEXTS)}), '[{parts}]')")

    def _add_up(self, base: list[str], *, lasting: bool) -> None:
        """Add up by cell; what lasts only until the customer comes back is kept by item."""
        sums = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in base)
        self._append("summed", f"SELECT {_CELL}, {sums} FROM taken GROUP BY ALL")
        waits = f"SELECT {_CELL}, unnest(waits, recursive := true) FROM taken"
        self._append("summed_waits", f"SELECT {_CELL}, what, bucket, count(*) AS n FROM ({waits}) GROUP BY ALL")
        named = f"SELECT {_CELL}, unnest(named, recursive := true) FROM taken"
        self._append("summed_named", f"SELECT {_CELL}, code, CAST(sum(n) AS BIGINT) AS n FROM ({named}) GROUP BY ALL")
        if lasting:
            also = ", ".join(f"CAST(lasting_{name} AS BIGINT) AS {name}" for name in LASTING)
            self._append("kept", f"SELECT id, {_CELL}, {also} FROM taken WHERE lasting_durable = 1")

    def _append(self, table: str, select: str) -> None:
        self.duck.execute(f"INSERT INTO {table} BY NAME {select}")

    def items(self) -> Iterator[Rolled]:
        """Yield every item of the file taken last."""
        names = [*Cell._fields, "id", *TIMES, "customer", "is_spam", "counts", "lasting"]
        for row in self.duck.execute(f"SELECT {', '.join(names)} FROM items").fetchall():
            found = dict(zip(names, row, strict=True))
            yield Rolled(
                cell=Cell(*row[: len(Cell._fields)]),
                spam=found["is_spam"],
                counts=unpack(found["counts"]),
                lasting=unpack(found["lasting"]),
                **{name: found[name] for name in ("id", "customer", *TIMES)},
            )


def _packed(name: str, column: str) -> str:
    return f"CASE WHEN {column} <> 0 THEN concat('{COUNTERS.index(name)}=', {column}) END"


def _verdict(pattern: int) -> list[int]:
    """What a conversation of this pattern counts for under all vendors' rules that need no judge."""
    has = {name: bool(pattern >> bit & 1) for bit, name in enumerate(PATTERN)}
    counts = vendor_counts(_seen(has), None)
    return [counts.get(name, 0) for name in _BY_PATTERN]


def _seen(has: dict[str, bool]) -> Seen:
    """A conversation of which only is known what happened, not when: rules ask no more."""

    def when(name: str) -> datetime | None:
        return EPOCH if has[name] else None

    names = ("wrote", "answered", "last_word", "declined", "confirmed")
    return Seen(
        now=EPOCH,
        settled_at=EPOCH if has["settled"] else EPOCH + SECOND,
        person_at=when("person"),
        silent=(when("hour"), when("day"), when("three_days")),
        self_closed_at=when("self_closed"),
        **{name: has[name] for name in (*names, "idle_resolved", "idle_again", "self_closed_again")},
    )
