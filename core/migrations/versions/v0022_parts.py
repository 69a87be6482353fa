"""Several documents in one file: each is a document of its own that shares the first one's file."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE documents ADD COLUMN part_of UUID")
    op.execute("ALTER TABLE documents ADD COLUMN part INTEGER")
    op.execute("ALTER TABLE documents ADD COLUMN pages INTEGER[] DEFAULT '{}' NOT NULL")
    op.execute("CREATE UNIQUE INDEX uq_documents_part ON documents (part_of, part) WHERE part_of IS NOT NULL")
