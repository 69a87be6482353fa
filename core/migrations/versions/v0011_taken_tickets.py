"""A person's own tickets, taken over or assigned, are found without reading all."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE INDEX ix_tickets_taken ON tickets (tenant_id, taken_by, received_at, id)
           WHERE taken_by IS NOT NULL"""
    )
