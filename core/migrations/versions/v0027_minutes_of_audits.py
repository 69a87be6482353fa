"""Roll-ups count the minutes that audits and clean-ups take.

What is served stays; the next pass sees that the counters mean more now and makes them anew from the log.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

COUNTERS = ("judged", "judged_timed", "judged_ms", "cleaned", "cleaned_timed", "cleaned_ms")


def upgrade() -> None:
    op.execute(f"ALTER TABLE rollups {', '.join(f'ADD COLUMN {name} BIGINT DEFAULT 0 NOT NULL' for name in COUNTERS)}")
