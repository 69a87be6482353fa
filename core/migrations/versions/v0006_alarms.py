"""Alarms, where each agent stands on its way to a certificate, audits of unequal probability, second reviewers."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE audits ADD COLUMN smallest FLOAT;
ALTER TABLE audits ADD COLUMN flagged BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE audits ADD COLUMN doubled BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE judgements ADD COLUMN second BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE agent_settings ADD COLUMN critical_target FLOAT;
ALTER TABLE agent_settings ADD COLUMN burst_until TIMESTAMP WITH TIME ZONE;
ALTER TABLE certificates ADD COLUMN critical_target FLOAT;
CREATE TABLE alarms (
    id UUID CONSTRAINT pk_alarms PRIMARY KEY,
    tenant_id UUID NOT NULL CONSTRAINT fk_alarms_tenant_id REFERENCES tenants (id),
    agent TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    kind TEXT NOT NULL,
    value FLOAT NOT NULL,
    level FLOAT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    members TEXT[] NOT NULL,
    data JSONB DEFAULT '{}' NOT NULL
);
CREATE INDEX ix_alarms_agent ON alarms (tenant_id, agent, fingerprint, at);
CREATE TABLE standings (
    tenant_id UUID NOT NULL CONSTRAINT fk_standings_tenant_id REFERENCES tenants (id),
    agent TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    stamp TEXT NOT NULL,
    again_at TIMESTAMP WITH TIME ZONE,
    data JSONB DEFAULT '{}' NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_standings PRIMARY KEY (tenant_id, agent, fingerprint)
);
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("alarms", "standings"):
        secure(table)
