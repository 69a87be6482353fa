"""What corrections taught about senders of documents, and the values that it proposes for held documents."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE decisions ADD COLUMN suggested JSONB;
CREATE TABLE sender_notes (
    decision_id UUID NOT NULL CONSTRAINT fk_sender_notes_decision_id REFERENCES decisions (id),
    tenant_id UUID NOT NULL CONSTRAINT fk_sender_notes_tenant_id REFERENCES tenants (id),
    agent TEXT NOT NULL,
    sender TEXT NOT NULL,
    identities TEXT[] NOT NULL,
    note JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_sender_notes PRIMARY KEY (decision_id)
);
CREATE INDEX ix_sender_notes_identities ON sender_notes USING gin (identities);
CREATE INDEX ix_sender_notes_agent ON sender_notes (tenant_id, agent, created_at);
"""


def upgrade() -> None:
    for statement in TABLES.strip().split(";\n"):
        op.execute(statement)
    secure("sender_notes")
