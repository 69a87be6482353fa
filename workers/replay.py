"""Replay: past items through today's agents in shadow. Recorded, audited as told, never sent."""

from collections.abc import Sequence

from core.db import app_database
from core.store import items
from core.store.outbox import Job
from workers.jobs import OneByOne
from workers.pipeline import choose_agents, record, run
from workers.resources import workshop

AUDIT_ALL = 1.0  # the answers of the past are known, so each replayed run can be judged


def replay(jobs: Sequence[Job]) -> None:
    """Run past items in shadow and record what would have been decided."""
    if len({job.generation for job in jobs}) > 1:
        raise OneByOne
    shop = workshop()
    shop.refresh()
    tenant_id = jobs[0].tenant_id
    by_item = {job.subject_id: job for job in jobs}
    with app_database().transaction(tenant_id) as connection:
        found = items.load(connection, list(by_item), jobs[0].generation)
    state = shop.state(tenant_id)
    routes = choose_agents(shop, state, by_item, found)
    pairs = zip(found, routes, strict=True)
    worked = [run(shop, by_item[loaded.item.id], loaded, chosen, state) for loaded, chosen in pairs]
    record(shop, tenant_id, worked, state, shadow=True, audit=AUDIT_ALL)
