"""Trials: an agent run for a developer on a text of theirs; nothing of it is sent, counted or audited."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE trials (
               id UUID CONSTRAINT pk_trials PRIMARY KEY,
               tenant_id UUID NOT NULL CONSTRAINT fk_trials_tenant_id REFERENCES tenants (id),
               agent TEXT NOT NULL,
               by TEXT DEFAULT '' NOT NULL,
               given JSONB DEFAULT '{}' NOT NULL,
               state TEXT DEFAULT 'waiting' NOT NULL,
               result JSONB DEFAULT '{}' NOT NULL,
               created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
               finished_at TIMESTAMP WITH TIME ZONE);
           CREATE INDEX ix_trials_tenant ON trials (tenant_id, id)"""
    )
    secure("trials")
