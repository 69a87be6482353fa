"""The last hour's health is read from the last hour's events alone, however long the log is."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import Connection

from core.db import Database
from core.store import desk, health
from tests.core.store.plans import plan


@pytest.mark.parametrize("asked", [health.models, health.failures])
def test_the_index_leads_to_the_last_hour(app: Database, tenant: UUID, asked: Callable[[Connection], object]) -> None:
    with app.transaction(tenant) as connection:
        found = plan(connection, asked)
    assert "ix_events_at" in found and "(at > (now() - '01:00:00'::interval))" in found.split("Index Cond: ")[1]


def test_the_index_leads_to_an_agents_last_30_days(app: Database, tenant: UUID) -> None:
    with app.transaction(tenant) as connection:
        found = plan(connection, desk.agent_counts)
    assert "(created_at > (now() - '30 days'::interval))" in found.split("Index Cond: ", 1)[1]
