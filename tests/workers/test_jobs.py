"""What becomes of a job whose attempt failed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from cli.embedded.temporary import Database, Servers
from core.db import app_database
from core.errors import TryLater
from core.settings import settings
from core.store.intake import NewTicket, add_ticket
from core.store.outbox import Job
from core.store.sql import rows, scalar
from tests.workers.made import Shop, open_shop
from workers.jobs import do_all


@pytest.fixture
def shop(module_database: Database, servers: Servers, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(module_database, servers, tmp_path) as made:
        yield made


def ticket_of(shop: Shop) -> tuple[UUID, UUID]:
    """Take a ticket in; returns its id and that of its job."""
    with app_database().transaction(shop.tenant) as connection:
        ticket = add_ticket(connection, shop.tenant, NewTicket(text="When do you open?", received_at=datetime.now(UTC)))
        (job,) = rows(connection, "SELECT id FROM outbox WHERE task = 'item.work'")
    assert ticket is not None
    return ticket, job["id"]


@pytest.mark.parametrize(("asked", "waits"), [(86_400.0, 300.0), (45.0, 45.0)])
def test_a_server_is_left_alone_as_long_as_it_asks_but_a_ticket_waits_for_a_person_minutes_only(
    shop: Shop, asked: float, waits: float
) -> None:
    def limited(_: Sequence[Job]) -> None:
        raise TryLater("rate limited", after=asked)

    ticket, job = ticket_of(shop)
    for attempt in range(1, settings().max_attempts + 1):
        do_all(shop.tenant, [job], limited, "llm")
        with app_database().transaction(shop.tenant) as connection:
            wait = "SELECT extract(epoch FROM run_after - clock_timestamp())::float FROM outbox WHERE id = :id"
            left = float(scalar(connection, wait, id=job) or 0)
            attention = scalar(connection, "SELECT attention FROM tickets WHERE id = :id", id=ticket)
        if attempt < settings().max_attempts:
            assert (waits - 30 < left <= waits, attention) == (True, "")
    assert attention == "failed"
