"""Small helpers that every store module uses to run SQL text with named parameters."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Row, RowMapping, TextClause, text

__all__ = ["Jsonb", "execute", "execute_many", "maybe_row", "one_row", "plain_rows", "rows", "scalar", "stream_rows"]


@lru_cache(maxsize=2000)
def _clause(sql: str) -> TextClause:
    return text(sql)


def execute(connection: Connection, sql: str, **values: Any) -> int:
    """Run a statement and return the number of rows it touched."""
    return connection.execute(_clause(sql), values).rowcount


def execute_many(connection: Connection, sql: str, values: Sequence[dict[str, Any]]) -> None:
    """Run a statement once for each dictionary of values; nothing for an empty sequence."""
    if values:
        connection.execute(_clause(sql), list(values))


def rows(connection: Connection, sql: str, **values: Any) -> Sequence[RowMapping]:
    """Return all rows as mappings."""
    return connection.execute(_clause(sql), values).mappings().all()


def plain_rows(connection: Connection, sql: str, **values: Any) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return all rows as tuples: for very many of them."""
    return connection.execute(_clause(sql), values).all()


def maybe_row(connection: Connection, sql: str, **values: Any) -> RowMapping | None:
    """Return the first row, or None."""
    return connection.execute(_clause(sql), values).mappings().first()


def one_row(connection: Connection, sql: str, **values: Any) -> RowMapping:
    """Return the only row; an error if there is none or more than one."""
    return connection.execute(_clause(sql), values).mappings().one()


def stream_rows(connection: Connection, sql: str, **values: Any) -> Iterator[RowMapping]:
    """Yield rows as mappings, fetched a thousand at a time."""
    options = {"stream_results": True, "yield_per": 1_000}
    yield from connection.execute(_clause(sql), values, execution_options=options).mappings()


def scalar(connection: Connection, sql: str, **values: Any) -> Any:
    """Return the first column of the first row, or None."""
    return connection.execute(_clause(sql), values).scalar()
