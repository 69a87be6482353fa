"""Tickets around the first training of a tenant's triage."""

from datetime import UTC, datetime

import pytest

from core.db import app_database
from core.store.intake import NewTicket, add_tickets
from core.store.sql import rows
from tests.workers.made import Shop
from workers import pipeline, resources
from workers.learn import train_triage


def test_a_ticket_worked_within_a_second_of_the_first_training_gets_its_agent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app_database().transaction(shop.tenant) as connection:
        add_tickets(connection, shop.tenant, [NewTicket(text="When do you open?", received_at=datetime.now(UTC))])
    monkeypatch.setattr(resources, "STATE_SECONDS", 3600.0)  # training takes longer here than a worker keeps a state
    assert "triage" not in resources.workshop().state(shop.tenant).classifiers
    shop.do(train_triage, "triage.train")
    shop.do_waiting(pipeline.work, "item.work")
    with app_database().transaction(shop.tenant) as connection:
        (made,) = rows(connection, "SELECT agent, intent FROM runs")
    assert (made["agent"] in ("shop", "desk"), made["intent"]) == (True, "opening_hours")
