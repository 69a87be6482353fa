"""Roll-ups count the calls of models beside the reasons of the gate: both are counters by name, in one column.

Reasons are kept with their prefix from here on; the next pass makes everything anew from the log.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE rollups RENAME COLUMN held TO named")
