"""The items that a figure is made of, one by one: read from what each item adds to the roll-ups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.rollups import DIMENSIONS, pack
from core.store.rollup_reads import Wanted
from core.store.sql import rows

Which = Literal["all", "hit", "missed"]


class Asked(NamedTuple):
    """Items of a kind ('': both) that add to the counter `of`, and those of them that add, or do not, to `hit`; of one
    slice, where `by` names a quality and `value` its value."""

    item: str
    of: str
    hit: str = ""
    which: Which = "all"
    by: str = ""
    value: str = ""


def items(
    connection: Connection,
    build: int,
    wanted: Wanted,
    asked: Asked,
    *,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> Sequence[RowMapping]:
    """Return items, newest first, with what people know them by; `hit` says whether the figure counts the item."""
    hit = _adds("hit") if asked.hit else "true"
    narrow = [f"i.{DIMENSIONS[DIMENSIONS.index(asked.by)]} = :value"] if asked.by else []
    narrow += ["i.item = :item"] if asked.item else []
    narrow += ["(i.received_at, i.id) < (:before_at, :before_id)"] if before else []
    narrow += [hit] if asked.which == "hit" else [f"NOT {hit}"] if asked.which == "missed" else []
    values: dict[str, Any] = {"of": _sign(asked.of), "hit": _sign(asked.hit)}
    values |= {"before_at": before[0], "before_id": before[1]} if before else {}
    return rows(
        connection,
        f"""SELECT f.id, f.item, f.received_at, f.agent, f.intent, f.language, f.hit,
                coalesce(t.subject, d.filename, '') AS subject, coalesce(t.outcome, d.outcome) AS outcome,
                coalesce(c.name, '') AS customer_name
            FROM (SELECT i.*, {hit} AS hit FROM rollup_items i
                  WHERE i.build = :build AND i.start >= :since AND i.start < :until AND {_adds("of")}
                    AND (CASE WHEN CAST(:origin AS text) IS NULL THEN i.origin <> 'import' ELSE i.origin = :origin END)
                    {"".join(f" AND {part}" for part in narrow)}
                  ORDER BY i.received_at DESC, i.id DESC LIMIT :limit) f
            LEFT JOIN tickets t ON t.id = f.id LEFT JOIN documents d ON d.id = f.id
            LEFT JOIN customers c ON c.id = coalesce(t.customer_id, d.customer_id)
            ORDER BY f.received_at DESC, f.id DESC""",
        build=build,
        since=wanted.since,
        until=wanted.until,
        origin=wanted.origin,
        value=asked.value,
        item=asked.item,
        limit=limit,
        **values,
    )


def _adds(name: str) -> str:
    """The condition that an item adds to a counter; what it adds unless its customer came back stands apart."""
    return f"(strpos(' ' || i.counts, :{name}) > 0 OR (NOT i.repeated AND strpos(' ' || i.lasting, :{name}) > 0))"


def _sign(counter: str) -> str:
    """How a counter begins in what `pack` writes; it writes none that is zero. A prefix (failed:) stands for all that
    begin so."""
    if counter.endswith(":"):
        return f" {counter}"
    return f" {pack({counter: 1})[:-1]}" if counter else ""
