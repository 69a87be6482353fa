"""Answers drafted and approved in the pages, versions of agents, translations, notices by mail, more due times."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE agent_versions (
    id UUID CONSTRAINT pk_agent_versions PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_agent_versions_tenant_id REFERENCES tenants (id),
    agent TEXT NOT NULL,
    version TEXT NOT NULL,
    files JSONB DEFAULT '{}' NOT NULL,
    by TEXT DEFAULT '' NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT uq_agent_versions_tenant_id_agent_version UNIQUE (tenant_id, agent, version)
);
CREATE TABLE answer_drafts (
    id UUID CONSTRAINT pk_answer_drafts PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_answer_drafts_tenant_id REFERENCES tenants (id),
    agent TEXT NOT NULL,
    intent TEXT NOT NULL,
    content JSONB DEFAULT '{}' NOT NULL,
    by TEXT NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    settled_by TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE
);
CREATE UNIQUE INDEX uq_answer_drafts_open ON answer_drafts (tenant_id, agent, intent) WHERE state = 'open';
CREATE TABLE translations (
    id UUID CONSTRAINT pk_translations PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_translations_tenant_id REFERENCES tenants (id),
    message_id UUID NOT NULL CONSTRAINT fk_translations_message_id REFERENCES messages (id),
    language TEXT NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    body TEXT DEFAULT '' NOT NULL,
    model TEXT DEFAULT '' NOT NULL,
    cost_usd DOUBLE PRECISION DEFAULT 0 NOT NULL,
    error TEXT DEFAULT '' NOT NULL,
    by TEXT DEFAULT '' NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT uq_translations_message_id_language UNIQUE (message_id, language)
);
CREATE TABLE notices (
    id UUID CONSTRAINT pk_notices PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_notices_tenant_id REFERENCES tenants (id),
    ticket_id UUID NOT NULL CONSTRAINT fk_notices_ticket_id REFERENCES tickets (id),
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    about TEXT DEFAULT '' NOT NULL,
    data JSONB DEFAULT '{}' NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT uq_notices_ticket_id_kind_recipient_about UNIQUE (ticket_id, kind, recipient, about)
);
ALTER TABLE tickets ADD COLUMN asked_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE users ADD COLUMN notices TEXT[] DEFAULT '{assigned,due,alarm}' NOT NULL;
ALTER TABLE api_keys ADD COLUMN used_at TIMESTAMP WITH TIME ZONE;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("agent_versions", "answer_drafts", "translations", "notices"):
        secure(table)
