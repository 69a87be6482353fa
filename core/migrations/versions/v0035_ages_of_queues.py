"""The ages of what waits are read from the index alone, where each ticket was looked up for its shift."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX ix_tickets_attention")
    op.execute("CREATE INDEX ix_tickets_attention ON tickets (tenant_id, attention, received_at, id, shift_seconds)")
