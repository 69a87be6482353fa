"""The items behind a figure are walked newest first."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_rollup_items_newest ON rollup_items (tenant_id, build, received_at, id)")
