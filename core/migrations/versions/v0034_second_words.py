"""The newest words of second reviewers are found by an index: the page of the audits shows how far two agree."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_judgements_second ON judgements (tenant_id, at) WHERE second")
