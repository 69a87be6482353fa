-- The first schema. Frozen: later changes are migrations of their own.

CREATE TABLE heartbeats (
    name TEXT NOT NULL,
    tenant_id UUID DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
    progress JSONB DEFAULT '{}' NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_heartbeats PRIMARY KEY (name)
);

CREATE TABLE tenants (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    timezone TEXT DEFAULT 'UTC' NOT NULL,
    paused BOOLEAN DEFAULT false NOT NULL,
    settings JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_tenants PRIMARY KEY (id)
);

CREATE TABLE agent_settings (
    tenant_id UUID NOT NULL,
    agent TEXT NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    tier TEXT DEFAULT 'automated' NOT NULL,
    target FLOAT,
    confidence FLOAT DEFAULT 0.95 NOT NULL,
    paused BOOLEAN DEFAULT false NOT NULL,
    audit_probability FLOAT DEFAULT 0.1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_agent_settings PRIMARY KEY (tenant_id, agent),
    CONSTRAINT fk_agent_settings_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE api_keys (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    prefix TEXT NOT NULL,
    digest TEXT NOT NULL,
    scopes TEXT[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT uq_api_keys_prefix UNIQUE (prefix)
);

CREATE TABLE certificates (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    agent TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    slice TEXT DEFAULT 'all' NOT NULL,
    target FLOAT NOT NULL,
    confidence FLOAT NOT NULL,
    threshold FLOAT NOT NULL,
    k INTEGER NOT NULL,
    n INTEGER NOT NULL,
    bound FLOAT NOT NULL,
    method TEXT NOT NULL,
    audits INTEGER DEFAULT 0 NOT NULL,
    simulated BOOLEAN DEFAULT false NOT NULL,
    window_from TIMESTAMP WITH TIME ZONE,
    window_to TIMESTAMP WITH TIME ZONE,
    code_version TEXT DEFAULT '' NOT NULL,
    hash TEXT DEFAULT '' NOT NULL,
    evidence JSONB DEFAULT '{}' NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_reason TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_certificates PRIMARY KEY (id),
    CONSTRAINT fk_certificates_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX ix_certificates_live ON certificates (tenant_id, agent, fingerprint) WHERE revoked_at IS NULL;

CREATE TABLE classifiers (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT DEFAULT 'candidate' NOT NULL,
    blob BYTEA NOT NULL,
    figures JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_classifiers PRIMARY KEY (id),
    CONSTRAINT fk_classifiers_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE UNIQUE INDEX uq_classifiers_serving ON classifiers (tenant_id, kind) WHERE state = 'serving';

CREATE TABLE customers (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    address TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    verified BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_customers PRIMARY KEY (id),
    CONSTRAINT uq_customers_tenant_id_address UNIQUE (tenant_id, address),
    CONSTRAINT fk_customers_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE events (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    ticket_id UUID,
    document_id UUID,
    work_item_id UUID,
    run_id UUID,
    data JSONB DEFAULT '{}' NOT NULL,
    written_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (id),
    CONSTRAINT fk_events_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX ix_events_at ON events (tenant_id, at);

CREATE INDEX ix_events_document ON events (document_id, id);

CREATE INDEX ix_events_stream ON events (tenant_id, xid, id);

CREATE INDEX ix_events_ticket ON events (ticket_id, id);

CREATE TABLE idempotency_keys (
    tenant_id UUID NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers JSONB DEFAULT '{}' NOT NULL,
    body BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (tenant_id, key),
    CONSTRAINT fk_idempotency_keys_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE journal (
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    tenant_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT DEFAULT '' NOT NULL,
    data JSONB DEFAULT '{}' NOT NULL,
    previous TEXT DEFAULT '' NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_journal PRIMARY KEY (number),
    CONSTRAINT fk_journal_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX ix_journal_tenant ON journal (tenant_id, number);

CREATE TABLE outbox (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    task TEXT NOT NULL,
    queue TEXT NOT NULL,
    subject_id UUID NOT NULL,
    generation INTEGER DEFAULT 0 NOT NULL,
    state TEXT DEFAULT 'ready' NOT NULL,
    run_after TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    attempts INTEGER DEFAULT 0 NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token UUID,
    error TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT uq_outbox_task_subject_id_generation UNIQUE (task, subject_id, generation),
    CONSTRAINT fk_outbox_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX ix_outbox_dead ON outbox (tenant_id) WHERE state = 'dead';

CREATE INDEX ix_outbox_ready ON outbox (queue, run_after) WHERE state = 'ready';

CREATE TABLE users (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    scopes TEXT[] NOT NULL,
    password_hash TEXT DEFAULT '' NOT NULL,
    language TEXT DEFAULT 'en' NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_tenant_id_email UNIQUE (tenant_id, email),
    CONSTRAINT fk_users_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE sessions (
    digest TEXT NOT NULL,
    tenant_id UUID NOT NULL,
    user_id UUID NOT NULL,
    csrf TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (digest),
    CONSTRAINT fk_sessions_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE tickets (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    customer_id UUID,
    channel TEXT DEFAULT 'api' NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    language TEXT DEFAULT '' NOT NULL,
    intent TEXT DEFAULT '' NOT NULL,
    agent TEXT DEFAULT '' NOT NULL,
    priority TEXT DEFAULT 'normal' NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    attention TEXT DEFAULT '' NOT NULL,
    turn INTEGER DEFAULT 1 NOT NULL,
    origin TEXT DEFAULT 'live' NOT NULL,
    external_id TEXT,
    taken_by TEXT,
    outcome TEXT,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    shift_seconds FLOAT DEFAULT 0 NOT NULL,
    first_reply_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by TEXT,
    folded TEXT DEFAULT '' NOT NULL,
    search TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_tickets PRIMARY KEY (id),
    CONSTRAINT uq_tickets_tenant_id_external_id UNIQUE (tenant_id, external_id),
    CONSTRAINT fk_tickets_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_tickets_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
);

CREATE INDEX ix_tickets_attention ON tickets (tenant_id, attention, received_at, id);

CREATE INDEX ix_tickets_customer ON tickets (customer_id);

CREATE INDEX ix_tickets_inbox ON tickets (tenant_id, received_at, id);

CREATE INDEX ix_tickets_search ON tickets USING gin (search);

CREATE TABLE documents (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    ticket_id UUID,
    customer_id UUID,
    filename TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    state TEXT DEFAULT 'received' NOT NULL,
    type TEXT DEFAULT 'unknown' NOT NULL,
    language TEXT DEFAULT '' NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    origin TEXT DEFAULT 'live' NOT NULL,
    attention TEXT DEFAULT '' NOT NULL,
    outcome TEXT,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    shift_seconds FLOAT DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_documents PRIMARY KEY (id),
    CONSTRAINT fk_documents_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_documents_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id),
    CONSTRAINT fk_documents_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
);

CREATE INDEX ix_documents_list ON documents (tenant_id, received_at, id);

CREATE INDEX ix_documents_sha256 ON documents (tenant_id, sha256);

CREATE INDEX ix_documents_ticket ON documents (ticket_id);

CREATE TABLE labels (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    ticket_id UUID NOT NULL,
    intent TEXT NOT NULL,
    source TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_labels PRIMARY KEY (id),
    CONSTRAINT fk_labels_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_labels_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id)
);

CREATE INDEX ix_labels_tenant ON labels (tenant_id, at);

CREATE UNIQUE INDEX uq_labels_ticket ON labels (ticket_id, source);

CREATE TABLE document_pages (
    document_id UUID NOT NULL,
    number INTEGER NOT NULL,
    tenant_id UUID NOT NULL,
    content JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_document_pages PRIMARY KEY (document_id, number),
    CONSTRAINT fk_document_pages_document_id FOREIGN KEY(document_id) REFERENCES documents (id),
    CONSTRAINT fk_document_pages_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE work_items (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    ticket_id UUID,
    turn INTEGER DEFAULT 1 NOT NULL,
    document_id UUID,
    state TEXT DEFAULT 'queued' NOT NULL,
    outcome TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_work_items PRIMARY KEY (id),
    CONSTRAINT fk_work_items_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_work_items_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id),
    CONSTRAINT fk_work_items_document_id FOREIGN KEY(document_id) REFERENCES documents (id)
);

CREATE INDEX ix_work_items_state ON work_items (tenant_id, state);

CREATE UNIQUE INDEX uq_work_items_document ON work_items (document_id) WHERE kind = 'document';

CREATE UNIQUE INDEX uq_work_items_turn ON work_items (ticket_id, turn) WHERE kind = 'ticket';

CREATE TABLE runs (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    work_item_id UUID NOT NULL,
    agent TEXT DEFAULT '' NOT NULL,
    agent_version TEXT DEFAULT '' NOT NULL,
    fingerprint TEXT NOT NULL,
    family TEXT DEFAULT '' NOT NULL,
    family_fingerprint TEXT DEFAULT '' NOT NULL,
    generation INTEGER DEFAULT 0 NOT NULL,
    shadow BOOLEAN DEFAULT false NOT NULL,
    intent TEXT DEFAULT '' NOT NULL,
    language TEXT DEFAULT '' NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    score FLOAT DEFAULT 0 NOT NULL,
    route JSONB DEFAULT '{}' NOT NULL,
    proposal JSONB DEFAULT '{}' NOT NULL,
    cost_usd FLOAT DEFAULT 0 NOT NULL,
    seconds FLOAT DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_runs PRIMARY KEY (id),
    CONSTRAINT uq_runs_work_item_id_fingerprint_generation UNIQUE (work_item_id, fingerprint, generation),
    CONSTRAINT fk_runs_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_runs_work_item_id FOREIGN KEY(work_item_id) REFERENCES work_items (id)
);

CREATE INDEX ix_runs_agent ON runs (tenant_id, agent, created_at);

CREATE INDEX ix_runs_fingerprint ON runs (tenant_id, fingerprint, score);

CREATE TABLE audits (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    run_id UUID NOT NULL,
    work_item_id UUID NOT NULL,
    agent TEXT DEFAULT '' NOT NULL,
    fingerprint TEXT NOT NULL,
    family TEXT DEFAULT '' NOT NULL,
    family_fingerprint TEXT DEFAULT '' NOT NULL,
    intent TEXT DEFAULT '' NOT NULL,
    language TEXT DEFAULT '' NOT NULL,
    probability FLOAT NOT NULL,
    score FLOAT NOT NULL,
    action TEXT NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    "right" BOOLEAN,
    critical BOOLEAN,
    judged_by TEXT DEFAULT '' NOT NULL,
    simulated BOOLEAN DEFAULT false NOT NULL,
    drawn_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    judged_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_audits PRIMARY KEY (id),
    CONSTRAINT fk_audits_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT uq_audits_run_id UNIQUE (run_id),
    CONSTRAINT fk_audits_run_id FOREIGN KEY(run_id) REFERENCES runs (id),
    CONSTRAINT fk_audits_work_item_id FOREIGN KEY(work_item_id) REFERENCES work_items (id)
);

CREATE INDEX ix_audits_agent ON audits (tenant_id, agent, fingerprint);

CREATE INDEX ix_audits_family ON audits (tenant_id, family, family_fingerprint);

CREATE INDEX ix_audits_state ON audits (tenant_id, state, drawn_at);

CREATE TABLE decisions (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    run_id UUID NOT NULL,
    work_item_id UUID NOT NULL,
    action TEXT NOT NULL,
    reasons JSONB DEFAULT '[]' NOT NULL,
    tier TEXT DEFAULT '' NOT NULL,
    score FLOAT NOT NULL,
    threshold FLOAT,
    certificate_id UUID,
    audit_probability FLOAT NOT NULL,
    audited BOOLEAN NOT NULL,
    review TEXT DEFAULT '' NOT NULL,
    reviewed_by TEXT DEFAULT '' NOT NULL,
    reviewed_at TIMESTAMP WITH TIME ZONE,
    review_note TEXT DEFAULT '' NOT NULL,
    final_text TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_decisions PRIMARY KEY (id),
    CONSTRAINT fk_decisions_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT uq_decisions_run_id UNIQUE (run_id),
    CONSTRAINT fk_decisions_run_id FOREIGN KEY(run_id) REFERENCES runs (id),
    CONSTRAINT fk_decisions_work_item_id FOREIGN KEY(work_item_id) REFERENCES work_items (id),
    CONSTRAINT fk_decisions_certificate_id FOREIGN KEY(certificate_id) REFERENCES certificates (id)
);

CREATE INDEX ix_decisions_item ON decisions (work_item_id);

CREATE INDEX ix_decisions_review ON decisions (tenant_id, review, created_at);

CREATE TABLE deliveries (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    decision_id UUID,
    ticket_id UUID,
    position INTEGER DEFAULT 0 NOT NULL,
    effect TEXT NOT NULL,
    channel TEXT NOT NULL,
    payload JSONB DEFAULT '{}' NOT NULL,
    by TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    send_after TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    repeats INTEGER DEFAULT 0 NOT NULL,
    reference TEXT DEFAULT '' NOT NULL,
    error TEXT DEFAULT '' NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (id),
    CONSTRAINT uq_deliveries_decision_id_effect_position UNIQUE (decision_id, effect, position),
    CONSTRAINT fk_deliveries_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_deliveries_decision_id FOREIGN KEY(decision_id) REFERENCES decisions (id),
    CONSTRAINT fk_deliveries_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id)
);

CREATE INDEX ix_deliveries_ticket ON deliveries (ticket_id);

CREATE TABLE judgements (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    audit_id UUID NOT NULL,
    "right" BOOLEAN NOT NULL,
    critical BOOLEAN DEFAULT false NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    by TEXT NOT NULL,
    simulated BOOLEAN DEFAULT false NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_judgements PRIMARY KEY (id),
    CONSTRAINT fk_judgements_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_judgements_audit_id FOREIGN KEY(audit_id) REFERENCES audits (id)
);

CREATE INDEX ix_judgements_audit ON judgements (audit_id);

CREATE TABLE messages (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    ticket_id UUID NOT NULL,
    turn INTEGER NOT NULL,
    author TEXT NOT NULL,
    by TEXT DEFAULT '' NOT NULL,
    body TEXT NOT NULL,
    delivery_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT fk_messages_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_messages_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id),
    CONSTRAINT fk_messages_delivery_id FOREIGN KEY(delivery_id) REFERENCES deliveries (id)
);

CREATE INDEX ix_messages_ticket ON messages (ticket_id, id);

CREATE UNIQUE INDEX uq_messages_delivery ON messages (delivery_id);
