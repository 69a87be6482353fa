"""Approved replies at hand: what a person let go out is given again, what was judged wrong or names somebody is not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.embedded.temporary import Database, Servers
from core.contracts import Proposal, Route, WorkItem
from core.ids import new_id
from tests.workers.made import Shop, open_shop
from workers import approved
from workers.resources import workshop

ROUTE = Route(agent="shop", intent="opening_hours", language="en")


@pytest.fixture
def shop(database: Database, servers: Servers, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(database, servers, tmp_path) as made:
        made.run([0.8])
        made.sql("UPDATE messages SET body = 'When do you open on Sunday?'")
        made.sql("UPDATE runs SET language = 'en'")
        yield made


def found(shop: Shop) -> Proposal | None:
    approved._caches.clear()
    values = {"kind": "ticket", "text": "When do you open on Sunday", "received_at": datetime.now(UTC)}
    item = WorkItem.model_validate({"id": new_id(), "tenant_id": shop.tenant, **values})
    return approved.find(workshop().agent("shop", "none"), item, ROUTE)


def test_a_reply_is_given_again_once_a_person_has_approved_it(shop: Shop) -> None:
    assert found(shop) is None
    shop.sql("UPDATE decisions SET review = 'approved'")
    again = found(shop)
    assert again is not None
    assert (again.reply, again.score) == ("From 9 to 18.", 0.8)


def test_a_reply_that_names_the_customer_is_theirs_alone(shop: Shop) -> None:
    shop.sql("UPDATE decisions SET review = 'approved'")
    shop.sql("UPDATE runs SET proposal = jsonb_set(proposal, '{reply}', '\"Dear Lan, from 9 to 18.\"')")
    assert found(shop) is not None
    shop.sql(
        """WITH c AS (INSERT INTO customers (id, tenant_id, address, name)
               SELECT gen_random_uuid(), tenant_id, 'lan@mail.example', 'Lan Pham' FROM tickets RETURNING id)
           UPDATE tickets SET customer_id = (SELECT id FROM c)"""
    )
    assert found(shop) is None


def test_what_an_audit_found_wrong_is_not_given_again(shop: Shop) -> None:
    shop.sql("UPDATE decisions SET review = 'approved'")
    shop.sql(
        """INSERT INTO audits (id, tenant_id, run_id, work_item_id, agent, fingerprint, probability, score, action,
               state, "right")
           SELECT gen_random_uuid(), tenant_id, id, work_item_id, agent, fingerprint, 0.1, score, 'hold', 'judged',
               false FROM runs"""
    )
    assert found(shop) is None
