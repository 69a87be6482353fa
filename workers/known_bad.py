"""Puts answers known to be bad among the audits, as many as the operator chose: how many do reviewers catch?"""

from collections.abc import Sequence

from core.db import app_database
from core.store import known_bad
from core.store.outbox import Job
from workers.jobs import finish


def put_in(jobs: Sequence[Job]) -> None:
    """Put in what the share of audits drawn since asks for."""
    tenant_id = jobs[0].tenant_id
    with app_database().transaction(tenant_id) as connection:
        chosen = known_bad.setting(connection)
        if chosen.share:
            known_bad.put_in(connection, tenant_id, chosen)
        finish(connection, jobs)
