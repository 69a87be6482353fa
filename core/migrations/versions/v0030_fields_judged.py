"""Reviewers name the fields of a document that are wrong, so that each field can be certified."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("audits", "judgements"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN wrong_fields TEXT[]")
