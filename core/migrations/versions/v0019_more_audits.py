"""15 % of runs are audited where an owner says nothing else: what the abrupt worlds of the benchmark take."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE agent_settings ALTER COLUMN audit_probability SET DEFAULT 0.15")
