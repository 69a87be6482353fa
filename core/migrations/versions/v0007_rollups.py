"""Roll-ups: what the event log adds up to, by day and month and by six qualities of the items."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE rollup_builds (
    tenant_id UUID NOT NULL CONSTRAINT fk_rollup_builds_tenant_id REFERENCES tenants (id),
    build INTEGER NOT NULL,
    cursor TEXT DEFAULT '0.0' NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE DEFAULT 'epoch' NOT NULL,
    zone TEXT NOT NULL,
    version INTEGER NOT NULL,
    serving BOOLEAN NOT NULL,
    CONSTRAINT pk_rollup_builds PRIMARY KEY (tenant_id, build)
);
CREATE TABLE rollup_items (
    tenant_id UUID NOT NULL CONSTRAINT fk_rollup_items_tenant_id REFERENCES tenants (id),
    build INTEGER NOT NULL,
    id UUID NOT NULL,
    item TEXT NOT NULL,
    start DATE NOT NULL,
    origin TEXT NOT NULL,
    agent TEXT NOT NULL,
    version TEXT NOT NULL,
    model TEXT NOT NULL,
    intent TEXT NOT NULL,
    language TEXT NOT NULL,
    channel TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    customer TEXT NOT NULL,
    spam BOOLEAN NOT NULL,
    first_answer_at TIMESTAMP WITH TIME ZONE,
    answered_at TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE,
    repeated BOOLEAN NOT NULL,
    counts BYTEA NOT NULL,
    lasting BYTEA NOT NULL,
    CONSTRAINT pk_rollup_items PRIMARY KEY (tenant_id, build, id)
);
CREATE INDEX ix_rollup_items_customer ON rollup_items (tenant_id, build, customer, intent, received_at);
CREATE INDEX ix_rollup_items_due ON rollup_items (tenant_id, build, due_at) WHERE due_at IS NOT NULL;
CREATE TABLE rollups (
    tenant_id UUID NOT NULL CONSTRAINT fk_rollups_tenant_id REFERENCES tenants (id),
    build INTEGER NOT NULL,
    grain TEXT NOT NULL,
    start DATE NOT NULL,
    item TEXT NOT NULL,
    origin TEXT NOT NULL,
    agent TEXT NOT NULL,
    version TEXT NOT NULL,
    model TEXT NOT NULL,
    intent TEXT NOT NULL,
    language TEXT NOT NULL,
    channel TEXT NOT NULL,
    held JSONB DEFAULT '{}' NOT NULL,
    items BIGINT DEFAULT 0 NOT NULL,
    spam BIGINT DEFAULT 0 NOT NULL,
    merged BIGINT DEFAULT 0 NOT NULL,
    settled BIGINT DEFAULT 0 NOT NULL,
    drafted BIGINT DEFAULT 0 NOT NULL,
    eligible BIGINT DEFAULT 0 NOT NULL,
    attempted BIGINT DEFAULT 0 NOT NULL,
    automated BIGINT DEFAULT 0 NOT NULL,
    contained BIGINT DEFAULT 0 NOT NULL,
    quiet BIGINT DEFAULT 0 NOT NULL,
    durable BIGINT DEFAULT 0 NOT NULL,
    confirmed BIGINT DEFAULT 0 NOT NULL,
    handed_off BIGINT DEFAULT 0 NOT NULL,
    assisted BIGINT DEFAULT 0 NOT NULL,
    people_alone BIGINT DEFAULT 0 NOT NULL,
    left_open BIGINT DEFAULT 0 NOT NULL,
    through BIGINT DEFAULT 0 NOT NULL,
    handled BIGINT DEFAULT 0 NOT NULL,
    handled_ms BIGINT DEFAULT 0 NOT NULL,
    runs BIGINT DEFAULT 0 NOT NULL,
    simulated BIGINT DEFAULT 0 NOT NULL,
    failed BIGINT DEFAULT 0 NOT NULL,
    audit_sent BIGINT DEFAULT 0 NOT NULL,
    audit_waiting BIGINT DEFAULT 0 NOT NULL,
    audit_n BIGINT DEFAULT 0 NOT NULL,
    audit_k BIGINT DEFAULT 0 NOT NULL,
    audit_w BIGINT DEFAULT 0 NOT NULL,
    audit_ww BIGINT DEFAULT 0 NOT NULL,
    audit_wk BIGINT DEFAULT 0 NOT NULL,
    audit_wwk BIGINT DEFAULT 0 NOT NULL,
    kept_sent BIGINT DEFAULT 0 NOT NULL,
    kept_waiting BIGINT DEFAULT 0 NOT NULL,
    kept_n BIGINT DEFAULT 0 NOT NULL,
    kept_k BIGINT DEFAULT 0 NOT NULL,
    kept_w BIGINT DEFAULT 0 NOT NULL,
    kept_ww BIGINT DEFAULT 0 NOT NULL,
    kept_wk BIGINT DEFAULT 0 NOT NULL,
    kept_wwk BIGINT DEFAULT 0 NOT NULL,
    cost BIGINT DEFAULT 0 NOT NULL,
    cost_2 BIGINT DEFAULT 0 NOT NULL,
    settled_cost BIGINT DEFAULT 0 NOT NULL,
    settled_cost_2 BIGINT DEFAULT 0 NOT NULL,
    durable_cost BIGINT DEFAULT 0 NOT NULL,
    tokens BIGINT DEFAULT 0 NOT NULL,
    cached_tokens BIGINT DEFAULT 0 NOT NULL,
    csat_automated BIGINT DEFAULT 0 NOT NULL,
    csat_automated_good BIGINT DEFAULT 0 NOT NULL,
    csat_assisted BIGINT DEFAULT 0 NOT NULL,
    csat_assisted_good BIGINT DEFAULT 0 NOT NULL,
    csat_human BIGINT DEFAULT 0 NOT NULL,
    csat_human_good BIGINT DEFAULT 0 NOT NULL,
    among_wrote BIGINT DEFAULT 0 NOT NULL,
    among_involved BIGINT DEFAULT 0 NOT NULL,
    among_idle_resolved BIGINT DEFAULT 0 NOT NULL,
    among_idle_resolved_old BIGINT DEFAULT 0 NOT NULL,
    among_self_closed BIGINT DEFAULT 0 NOT NULL,
    fin_involvement BIGINT DEFAULT 0 NOT NULL,
    fin_resolution BIGINT DEFAULT 0 NOT NULL,
    fin_automation BIGINT DEFAULT 0 NOT NULL,
    zendesk_contained BIGINT DEFAULT 0 NOT NULL,
    zendesk_assisted BIGINT DEFAULT 0 NOT NULL,
    zendesk_unassisted BIGINT DEFAULT 0 NOT NULL,
    agentforce_escalated BIGINT DEFAULT 0 NOT NULL,
    ada_containment BIGINT DEFAULT 0 NOT NULL,
    chatwoot_auto_resolution BIGINT DEFAULT 0 NOT NULL,
    chatwoot_durable_resolution BIGINT DEFAULT 0 NOT NULL,
    chatwoot_handoff BIGINT DEFAULT 0 NOT NULL,
    chatwoot_reopen BIGINT DEFAULT 0 NOT NULL,
    chatwoot_coverage BIGINT DEFAULT 0 NOT NULL,
    chatwoot_hours_saved BIGINT DEFAULT 0 NOT NULL,
    decagon_containment BIGINT DEFAULT 0 NOT NULL,
    libredesk_resolution BIGINT DEFAULT 0 NOT NULL,
    libredesk_handoff BIGINT DEFAULT 0 NOT NULL,
    libredesk_reopen BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_rollups PRIMARY KEY
        (tenant_id, build, grain, start, item, origin, agent, version, model, intent, language, channel)
);
CREATE TABLE rollup_waits (
    tenant_id UUID NOT NULL CONSTRAINT fk_rollup_waits_tenant_id REFERENCES tenants (id),
    build INTEGER NOT NULL,
    grain TEXT NOT NULL,
    start DATE NOT NULL,
    origin TEXT NOT NULL,
    by TEXT NOT NULL,
    value TEXT NOT NULL,
    what TEXT NOT NULL,
    buckets BYTEA NOT NULL,
    CONSTRAINT pk_rollup_waits PRIMARY KEY (tenant_id, build, by, grain, start, origin, value, what)
);
CREATE FUNCTION add_counts(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(jsonb_object_agg(key, n), '{}') FROM (
       SELECT key, sum(value::bigint)::bigint AS n
       FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) AS each_of
       GROUP BY key HAVING sum(value::bigint) <> 0) added $$;
GRANT EXECUTE ON FUNCTION add_counts(jsonb, jsonb) TO saola_app;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
    for table in ("rollup_builds", "rollup_items", "rollups", "rollup_waits"):
        secure(table)
