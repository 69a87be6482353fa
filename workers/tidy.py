"""Tidying up for one tenant: tickets that the customer left in silence, old idempotency keys and sessions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.db import app_database
from core.store import accounts, idempotency, reviews, tenants, tickets
from core.store.outbox import Job
from workers.jobs import finish

CLOSE_AFTER_DAYS = 5.0


def close_silent(jobs: Sequence[Job]) -> None:
    """Close answered tickets whose customer said nothing for the tenant's number of days (0: never).

    Such a close is marked as by silence and never counts as confirmed.
    """
    tenant_id = jobs[0].tenant_id
    with app_database().transaction(tenant_id) as connection:
        days = float(tenants.current(connection)["settings"].get("close_after_days", CLOSE_AFTER_DAYS))
        if days > 0:
            patience = timedelta(days=days)
            for ticket_id, last in tickets.answered_before(connection, datetime.now(UTC) - patience):
                reviews.close(connection, tenant_id, ticket_id, by="silence", at=last + patience)
        idempotency.forget_old(connection)
        accounts.forget_ended_sessions(connection)
        finish(connection, jobs)
