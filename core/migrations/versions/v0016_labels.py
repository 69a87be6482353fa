"""Reviewers' decisions on held drafts as labels; a budget of audits a day; indexes that the gate's questions use."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE decisions ADD COLUMN audit_smallest DOUBLE PRECISION")
    op.execute("ALTER TABLE agent_settings ADD COLUMN audits_a_day INTEGER, ADD COLUMN audit_flagged DOUBLE PRECISION")
    op.execute("CREATE INDEX ix_runs_fingerprint_at ON runs (tenant_id, fingerprint, created_at)")
    op.execute("CREATE INDEX ix_runs_family_at ON runs (tenant_id, family_fingerprint, created_at)")
