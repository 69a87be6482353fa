"""Figures: counters of fields, second reviewers and ratings asked for; what an item adds as text that SQL can write.

What is served stays; the next pass sees that the counters mean more now and makes them anew from the log.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COUNTERS = (
    *("field_documents", "field_n", "field_k", "field_w", "field_wk", "field_ww", "field_wwk", "field_wwkk"),
    *("seconded", "seconded_first", "seconded_second", "seconded_both"),
    *("csat_automated_asked", "csat_assisted_asked", "csat_human_asked"),
)


def upgrade() -> None:
    for column in ("counts", "lasting"):
        op.execute(f"ALTER TABLE rollup_items ALTER COLUMN {column} TYPE TEXT USING ''")
    op.execute(f"ALTER TABLE rollups {', '.join(f'ADD COLUMN {name} BIGINT DEFAULT 0 NOT NULL' for name in COUNTERS)}")
