"""Tickets that wait for a first answer are counted by an index alone."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE INDEX ix_tickets_unanswered ON tickets (tenant_id, priority, received_at, shift_seconds)
           WHERE attention IN ('review', 'handoff', 'failed') AND state = 'open' AND first_reply_at IS NULL"""
    )
