"""Replay: past items through today's agents in shadow. Recorded, audited as told, never sent."""

from core.db import app_database
from core.store import items
from core.store.outbox import Job
from workers.jobs import finish
from workers.pipeline import choose_agent, record, run
from workers.resources import workshop

AUDIT_ALL = 1.0  # the answers of the past are known, so each replayed run can be judged


def replay(job: Job) -> None:
    """Run one past item in shadow and record what would have been decided."""
    shop = workshop()
    shop.refresh()
    with app_database().transaction(job.tenant_id) as connection:
        loaded = items.load(connection, job.subject_id, job.generation)
    if loaded is None:
        with app_database().transaction(job.tenant_id) as connection:
            finish(connection, job)
        return
    state = shop.state(job.tenant_id)
    worked = run(shop, job, loaded, choose_agent(shop, state, job, loaded), state)
    record(shop, job, loaded, worked, state, shadow=True, audit=AUDIT_ALL)
