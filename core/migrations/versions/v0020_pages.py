"""Notices that are mailed and seen, translations of drafts beside those of messages, last results of agents' cases."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE tickets ADD COLUMN priority_by TEXT DEFAULT '' NOT NULL;
ALTER TABLE notices ADD COLUMN mailed_at TIMESTAMP WITH TIME ZONE;
CREATE INDEX ix_notices_recipient ON notices (tenant_id, recipient, at);
CREATE INDEX ix_notices_to_mail ON notices (tenant_id, at) WHERE mailed_at IS NULL;
ALTER TABLE users ADD COLUMN notices_seen_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL;
ALTER TABLE translations ALTER COLUMN message_id DROP NOT NULL;
ALTER TABLE translations ADD COLUMN run_id UUID CONSTRAINT fk_translations_run_id REFERENCES runs (id);
ALTER TABLE translations ADD CONSTRAINT uq_translations_run_id_language UNIQUE (run_id, language);
CREATE TABLE case_results (
    id UUID CONSTRAINT pk_case_results PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_case_results_tenant_id REFERENCES tenants (id),
    agent TEXT NOT NULL,
    version TEXT DEFAULT '' NOT NULL,
    results JSONB DEFAULT '[]' NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    by TEXT DEFAULT '' NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT uq_case_results_tenant_id_agent UNIQUE (tenant_id, agent)
);
"""


def upgrade() -> None:
    op.execute(CHANGES)
    secure("case_results")
