"""Decisions counted once: a later look counts only what came since, and says the same as counting all."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection

from api.decided import SETTLED, decided
from core.db import app_database
from core.store import desk as counts
from core.store.sql import scalar
from tests.api import made
from tests.api.conftest import Desk


def test_a_look_counts_only_what_came_since_the_one_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    count = counts.actions

    def noted(connection: Connection, after: UUID, until: UUID) -> Counter[str]:
        found = count(connection, after, until)
        asked.append(found.total())
        return found

    monkeypatch.setattr(counts, "actions", noted)
    for _ in range(3):
        made.held(desk.tenant_id)
    before = _all(desk.tenant_id)
    now = datetime.now(UTC) + timedelta(milliseconds=2)
    assert _look(desk.tenant_id, now) == before  # too young to be settled
    assert _look(desk.tenant_id, now + SETTLED) == before
    asked.clear()
    time.sleep(0.01)
    made.held(desk.tenant_id)
    after = _look(desk.tenant_id, now + SETTLED)
    assert (after, after.total()) == (_all(desk.tenant_id), before.total() + 1)
    assert sum(asked) == 1


def _look(tenant_id: UUID, now: datetime) -> Counter[str]:
    with app_database().transaction(tenant_id) as connection:
        return decided(connection, tenant_id, now)


def _all(tenant_id: UUID) -> Counter[str]:
    with app_database().transaction(tenant_id) as connection:
        query = """SELECT count(*) FROM decisions d JOIN runs r ON r.id = d.run_id
                   WHERE NOT r.shadow AND d.action = :action"""
        return Counter(
            {name: n for name in ("automate", "hold", "decline") if (n := scalar(connection, query, action=name))}
        )
