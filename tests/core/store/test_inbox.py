"""What every page counts is counted by an index alone, however many tickets there are."""

from datetime import UTC, datetime
from uuid import UUID

from core.db import Database
from core.store import inbox
from tests.core.store.plans import plan


def test_tickets_that_wait_for_a_first_answer_are_counted_by_their_index(app: Database, tenant: UUID) -> None:
    due = {"high": datetime(2026, 5, 1, tzinfo=UTC), "normal": datetime(2026, 5, 1, tzinfo=UTC)}
    with app.transaction(tenant) as connection:
        found = plan(connection, lambda connection: inbox.due_count(connection, due))
    assert "Index Only Scan using ix_tickets_unanswered" in found
