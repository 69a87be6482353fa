"""Customers may be of a group, and figures are kept by it.

What is served stays; the next pass sees that roll-ups have a slice more now and makes them anew from the log.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("customers", "rollup_items"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN customer_group TEXT DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE rollup_items ALTER COLUMN customer_group DROP DEFAULT")
