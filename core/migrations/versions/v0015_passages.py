"""Passages of large knowledge folders, searched by pgvector where the database has it."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE passages (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL CONSTRAINT fk_passages_tenant_id REFERENCES tenants (id),
    agent TEXT NOT NULL,
    article TEXT NOT NULL,
    place INTEGER NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    heading TEXT DEFAULT '' NOT NULL,
    body TEXT NOT NULL,
    words TSVECTOR NOT NULL,
    vector REAL[] NOT NULL,
    title_vector REAL[],
    CONSTRAINT pk_passages PRIMARY KEY (id),
    CONSTRAINT uq_passages_tenant_id_agent_article_place UNIQUE (tenant_id, agent, article, place)
)
"""
# Without the extension the table stays empty: knowledge of any size is then searched in memory.
NEAR = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
        CREATE INDEX ix_passages_near ON passages USING hnsw ((vector::vector(384)) vector_cosine_ops)
        WHERE cardinality(vector) = 384;
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(NEAR)
    secure("passages")
