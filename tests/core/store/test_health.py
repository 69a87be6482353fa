"""The last hour's health is read from the last hour's events alone, however long the log is."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import Connection

from core.db import Database
from core.ids import new_id
from core.store import desk, health
from core.store.sql import execute
from tests.core.store.plans import plan


@pytest.mark.parametrize("asked", [health.models, health.failures])
def test_the_index_leads_to_the_last_hour(app: Database, tenant: UUID, asked: Callable[[Connection], object]) -> None:
    with app.transaction(tenant) as connection:
        found = plan(connection, asked)
    assert "ix_events_at" in found and "(at > (now() - '01:00:00'::interval))" in found.split("Index Cond: ")[1]


def test_what_waits_for_people_has_its_age(app: Database, tenant: UUID) -> None:
    with app.transaction(tenant) as connection:
        for attention, minutes, shift in (("review", 10, 0), ("review", 20, 0), ("review", 90, 4_800), ("", 600, 0)):
            execute(
                connection,
                """INSERT INTO tickets (id, tenant_id, channel, state, attention, origin, received_at, shift_seconds)
                   VALUES (:id, :tenant, 'web', 'open', :attention, 'live',
                       clock_timestamp() - make_interval(mins => :minutes), :shift)""",
                id=new_id(),
                tenant=tenant,
                attention=attention,
                minutes=minutes,
                shift=shift,
            )
        found = health.waiting(connection)
    assert [(row["queue"], row["waiting"]) for row in found] == [("review", 3)]
    assert found[0]["oldest_seconds"] == pytest.approx(1_200, abs=30)
    assert found[0]["median_seconds"] == pytest.approx(600, abs=30)  # a past that was moved into the present counts so


def test_the_index_leads_to_an_agents_last_30_days(app: Database, tenant: UUID) -> None:
    with app.transaction(tenant) as connection:
        found = plan(connection, desk.agent_counts)
    assert "(created_at > (now() - '30 days'::interval))" in found.split("Index Cond: ", 1)[1]


def test_the_page_of_an_agent_reads_the_runs_of_no_other(app: Database, tenant: UUID) -> None:
    with app.transaction(tenant) as connection:
        found = plan(connection, lambda connection: desk.agent_counts(connection, ["shop"]))
    assert "(agent = ANY ('{shop}'::text[]))" in found.split("Index Cond: ", 1)[1]
