"""Trust: audits and judgements, certificates, alarms, settings of agents, and what is learnt."""

from sqlalchemy import (
    REAL,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID

from core.tables.columns import flag, identity, json, metadata, number, ref, tenant, when, words

audits = Table(
    "audits",
    metadata,
    identity(),
    tenant(),
    Column("run_id", UUID, ForeignKey("runs.id"), nullable=False, unique=True),
    ref("work_item_id", "work_items.id", null=False),
    words("agent"),
    Column("fingerprint", Text, nullable=False),
    words("family"),
    words("family_fingerprint"),
    words("intent"),
    words("language"),
    Column("probability", Float, nullable=False),
    Column("score", Float, nullable=False),
    Column("action", Text, nullable=False),
    number("smallest"),  # probability of a run that nothing speaks against, at that time
    flag("flagged"),
    flag("doubled"),  # a second reviewer judges it too
    words("state", "open"),  # open | judged
    Column("right", Boolean),
    Column("critical", Boolean),
    words("judged_by"),
    flag("simulated"),
    when("drawn_at", now=True),
    when("due_at"),
    when("judged_at"),
    Column("wrong_fields", ARRAY(Text)),  # of a document; null: not said field by field
    ref("twin_of", "audits.id"),  # the audit of the run that served, which proposed the same: judged together
    Index("ix_audits_twin", "twin_of", postgresql_where=text("twin_of IS NOT NULL")),
    Index("ix_audits_state", "tenant_id", "state", "drawn_at"),
    Index("ix_audits_judged", "tenant_id", "judged_at"),
    Index("ix_audits_agent", "tenant_id", "agent", "fingerprint"),
    Index("ix_audits_family", "tenant_id", "family", "family_fingerprint"),
)
judgements = Table(
    "judgements",
    metadata,
    identity(),
    tenant(),
    ref("audit_id", "audits.id", null=False),
    Column("right", Boolean, nullable=False),
    flag("critical"),
    words("note"),
    Column("by", Text, nullable=False),
    flag("simulated"),
    flag("second"),
    when("at", now=True),
    Column("wrong_fields", ARRAY(Text)),
    Index("ix_judgements_audit", "audit_id"),
    Index("ix_judgements_second", "tenant_id", "at", postgresql_where=text("second")),
)
known_bad = Table(  # put among the audits; never an audit, never a label
    "known_bad",
    metadata,
    identity(),
    tenant(),
    Column("work_item_id", UUID, ForeignKey("work_items.id"), nullable=False, unique=True),  # whose question is shown
    ref("answer_run_id", "runs.id", null=False),  # with the answer to another one
    Column("right", Boolean),  # what the reviewer said; null: not yet judged
    words("judged_by"),
    flag("simulated"),
    when("drawn_at", now=True),
    when("judged_at"),
)
judge_words = Table(  # of a model that helps; never labels
    "judge_words",
    metadata,
    identity(),
    tenant(),
    Column("run_id", UUID, ForeignKey("runs.id"), nullable=False),
    words("model"),
    Column("right", Boolean),  # null: it gave no word that can be read
    words("reason"),
    number("cost_usd", default="0"),
    when("at", now=True),
    UniqueConstraint("run_id", "model"),
)
certificates = Table(
    "certificates",
    metadata,
    identity(),
    tenant(),
    Column("agent", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    words("slice", "all"),
    Column("target", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("k", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("bound", Float, nullable=False),
    Column("method", Text, nullable=False),
    Column("audits", Integer, nullable=False, server_default=text("0")),
    flag("simulated"),
    number("critical_target"),
    when("window_from"),
    when("window_to"),
    words("code_version"),
    words("hash"),
    json("evidence"),
    when("issued_at", now=True),
    when("expires_at"),
    when("revoked_at"),
    words("revoked_reason"),
    Index("ix_certificates_live", "tenant_id", "agent", "fingerprint", postgresql_where=text("revoked_at IS NULL")),
)
agent_settings = Table(
    "agent_settings",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    words("tier", "automated"),
    number("target"),
    Column("confidence", Float, nullable=False, server_default=text("0.95")),
    flag("paused"),
    Column("audit_probability", Float, nullable=False, server_default=text("0.15")),
    number("critical_target"),
    Column("audits_a_day", Integer),  # a budget; the audit probability then follows it
    number("audit_flagged"),  # and that of runs with a sign of doubt
    when("burst_until"),  # half of all runs are audited until then
    when("updated_at", now=True),
)
alarms = Table(
    "alarms",
    metadata,
    identity(),
    tenant(),
    Column("agent", Text, nullable=False),  # or family:NAME
    Column("fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False),  # accuracy: demotes | signs: only brings more audits
    Column("value", Float, nullable=False),
    Column("level", Float, nullable=False),
    when("since", null=False),  # about when it began
    when("at", now=True),
    Column("members", ARRAY(Text), nullable=False),  # agents that were demoted
    json("data"),
    Index("ix_alarms_agent", "tenant_id", "agent", "fingerprint", "at"),
)
standings = Table(
    "standings",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("agent", Text, primary_key=True),  # or family:NAME
    Column("fingerprint", Text, primary_key=True),
    Column("stamp", Text, nullable=False),  # what was seen; another one is a reason to look again
    when("again_at"),
    json("data"),
    when("at", now=True),
)
classifiers = Table(
    "classifiers",
    metadata,
    identity(),
    tenant(),
    Column("kind", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    words("state", "candidate"),  # candidate | serving | retired
    Column("blob", LargeBinary, nullable=False),
    json("figures"),
    when("created_at", now=True),
    Index("uq_classifiers_serving", "tenant_id", "kind", unique=True, postgresql_where=text("state = 'serving'")),
)
passages = Table(  # of knowledge folders that are too large for the memory of each worker
    "passages",
    metadata,
    identity(),
    tenant(),
    Column("agent", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("place", Integer, nullable=False),
    words("title"),
    words("heading"),
    Column("body", Text, nullable=False),
    Column("words", TSVECTOR, nullable=False),
    Column("vector", ARRAY(REAL), nullable=False),
    Column("title_vector", ARRAY(REAL)),
    UniqueConstraint("tenant_id", "agent", "article", "place", name="uq_passages_tenant_id_agent_article_place"),
    Index(  # made only where the database has the extension `vector`
        "ix_passages_near",
        literal_column("(vector::vector(384))").label("near"),
        postgresql_ops={"near": "vector_cosine_ops"},
        postgresql_using="hnsw",
        postgresql_where=text("cardinality(vector) = 384"),
    ),
)
labels = Table(
    "labels",
    metadata,
    identity(),
    tenant(),
    ref("ticket_id", "tickets.id", null=False),
    Column("intent", Text, nullable=False),  # agent/intent, or '' where no agent covers it
    Column("source", Text, nullable=False),  # import | staff
    when("at", null=False),
    Index("ix_labels_tenant", "tenant_id", "at"),
    Index("uq_labels_ticket", "ticket_id", "source", unique=True),
)
sender_notes = Table(
    "sender_notes",
    metadata,
    Column("decision_id", UUID, ForeignKey("decisions.id"), primary_key=True),
    tenant(),
    Column("agent", Text, nullable=False),
    Column("sender", Text, nullable=False),  # the issuer's name in letters and digits
    Column("identities", ARRAY(Text), nullable=False),  # accounts, tax numbers, addresses that the document shows
    Column("note", JSONB, nullable=False),
    when("created_at", now=True),
    Index("ix_sender_notes_identities", "identities", postgresql_using="gin"),
    Index("ix_sender_notes_agent", "tenant_id", "agent", "created_at"),
)
trials = Table(
    "trials",
    metadata,
    identity(),
    tenant(),
    Column("agent", Text, nullable=False),
    words("by"),
    json("given"),
    words("state", "waiting"),  # waiting | done | failed
    json("result"),
    when("created_at", now=True),
    when("finished_at"),
    Index("ix_trials_tenant", "tenant_id", "id"),
)
