"""A document's fields as a reviewer corrected them, beside what the agent read."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE decisions ADD COLUMN final_fields JSONB")
