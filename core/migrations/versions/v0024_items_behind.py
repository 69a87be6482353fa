"""The items behind a figure are walked newest first; the work on a ticket or document is found by its id."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_rollup_items_newest ON rollup_items (tenant_id, build, received_at, id)")
    for of in ("ticket", "document"):
        op.execute(f"CREATE INDEX ix_work_items_{of} ON work_items ({of}_id) WHERE {of}_id IS NOT NULL")
