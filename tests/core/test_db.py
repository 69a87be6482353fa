"""Connections: a server that went away is noticed before a transaction begins, without asking at each one."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from cli.embedded.temporary import Database as Urls
from core import db
from core.db import Database


@pytest.fixture
def owner(database: Urls) -> Iterator[Database]:
    made = Database(database.owner_url)
    yield made
    made.close()


def backends(owner: Database, how_many: int) -> list[int]:
    """Return the server processes of so many connections that are used at once, and then given back."""
    with ExitStack() as held:
        connections = [held.enter_context(owner.transaction()) for _ in range(how_many)]
        return [int(one.scalar(text("SELECT pg_backend_pid()")) or 0) for one in connections]


def test_connections_that_the_server_closed_are_replaced_unseen(
    owner: Database, database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = backends(owner, 3)
    other = Database(database.owner_url)
    with other.transaction() as connection:
        for process in before:
            connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
    other.close()
    monkeypatch.setattr(db, "FRESH_SECONDS", 0.0)  # as if they had lain idle
    assert not set(backends(owner, 3)) & set(before)


def test_a_connection_that_was_just_used_is_not_asked_again(owner: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(owner.engine.dialect, "do_ping", asked.append)
    monkeypatch.setattr(db, "FRESH_SECONDS", 3600.0)
    for _ in range(3):
        backends(owner, 1)
    assert asked == []
    monkeypatch.setattr(db, "FRESH_SECONDS", 0.0)
    backends(owner, 1)
    assert len(asked) == 1
