"""Numbers printed on pictures of documents: by them a receipt that was photographed again is known."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE documents ADD COLUMN numbers TEXT[] DEFAULT '{}' NOT NULL")
    op.execute("CREATE INDEX ix_documents_numbers ON documents USING gin (numbers)")
