"""What staff do around tickets: notes, tags, assignment, canned replies, merging, saved views, who looks at what."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE notes (
    id UUID CONSTRAINT pk_notes PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_notes_tenant_id REFERENCES tenants (id),
    ticket_id UUID NOT NULL CONSTRAINT fk_notes_ticket_id REFERENCES tickets (id),
    by TEXT NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL
);
CREATE INDEX ix_notes_ticket ON notes (ticket_id, id);
CREATE TABLE ticket_tags (
    ticket_id UUID NOT NULL CONSTRAINT fk_ticket_tags_ticket_id REFERENCES tickets (id),
    tag TEXT NOT NULL,
    tenant_id UUID NOT NULL CONSTRAINT fk_ticket_tags_tenant_id REFERENCES tenants (id),
    CONSTRAINT pk_ticket_tags PRIMARY KEY (ticket_id, tag)
);
CREATE INDEX ix_ticket_tags_tag ON ticket_tags (tenant_id, tag, ticket_id);
CREATE TABLE canned_replies (
    id UUID CONSTRAINT pk_canned_replies PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_canned_replies_tenant_id REFERENCES tenants (id),
    title TEXT NOT NULL,
    language TEXT DEFAULT '' NOT NULL,
    body TEXT NOT NULL,
    updated_by TEXT DEFAULT '' NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT uq_canned_replies_tenant_id_title_language UNIQUE (tenant_id, title, language)
);
CREATE TABLE presence (
    ticket_id UUID NOT NULL CONSTRAINT fk_presence_ticket_id REFERENCES tickets (id),
    who TEXT NOT NULL,
    tenant_id UUID NOT NULL CONSTRAINT fk_presence_tenant_id REFERENCES tenants (id),
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_presence PRIMARY KEY (ticket_id, who)
);
CREATE TABLE saved_views (
    id UUID CONSTRAINT pk_saved_views PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_saved_views_tenant_id REFERENCES tenants (id),
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    shared BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT uq_saved_views_tenant_id_owner_name UNIQUE (tenant_id, owner, name)
);
ALTER TABLE tickets ADD COLUMN assigned_to TEXT;
ALTER TABLE tickets ADD COLUMN merged_into UUID CONSTRAINT fk_tickets_merged_into REFERENCES tickets (id);
CREATE INDEX ix_tickets_assigned ON tickets (tenant_id, assigned_to, received_at, id) WHERE assigned_to IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("notes", "ticket_tags", "canned_replies", "presence", "saved_views"):
        secure(table)
