"""What was judged or decided lately is found by an index, so that rounds do not go through all audits."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_audits_judged ON audits (tenant_id, judged_at)")
    op.execute("CREATE INDEX ix_decisions_reviewed ON decisions (tenant_id, reviewed_at) WHERE reviewed_at IS NOT NULL")
