"""The plan by which PostgreSQL answers a function of the store."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event


def plan(connection: Connection, asked: Callable[[Connection], object]) -> str:
    """Return the plan of the one statement of `asked`, as it is where tables are too large to be read whole."""
    found: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        found.append((statement, values))

    event.listen(connection, "before_cursor_execute", keep)
    asked(connection)
    event.remove(connection, "before_cursor_execute", keep)
    ((statement, values),) = found
    for way in ("seqscan", "bitmapscan"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
