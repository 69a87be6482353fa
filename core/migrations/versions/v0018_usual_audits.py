"""One run in eight is audited where an owner says nothing else."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE agent_settings ALTER COLUMN audit_probability SET DEFAULT 0.125")
