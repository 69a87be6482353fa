"""Documents that came before: the digest of what is printed on them, and the link to the first."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE documents ADD COLUMN content_key TEXT DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE documents ADD COLUMN duplicate_of UUID")
    op.execute("CREATE INDEX ix_documents_content ON documents (tenant_id, content_key) WHERE content_key <> ''")
