"""What the pages keep of agents: their versions, answers that are drafted, translations for reviewers."""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, text

from core.tables.columns import identity, json, metadata, number, ref, tenant, when, words

agent_versions = Table(
    "agent_versions",
    metadata,
    identity(),
    tenant(),
    Column("agent", Text, nullable=False),
    Column("version", Text, nullable=False),
    json("files"),  # text files by name, as they were in the agent's folder
    words("by"),  # who approved it in the pages; '' where the folder was changed by hand
    when("seen_at", now=True),
    UniqueConstraint("tenant_id", "agent", "version"),
)
answer_drafts = Table(
    "answer_drafts",
    metadata,
    identity(),
    tenant(),
    Column("agent", Text, nullable=False),
    Column("intent", Text, nullable=False),
    json("content"),
    Column("by", Text, nullable=False),
    words("state", "open"),  # open | approved | dropped
    words("settled_by"),
    when("created_at", now=True),
    when("settled_at"),
    Index(
        *("uq_answer_drafts_open", "tenant_id", "agent", "intent"),
        unique=True,
        postgresql_where=text("state = 'open'"),
    ),
)
translations = Table(
    "translations",
    metadata,
    identity(),
    tenant(),
    ref("message_id", "messages.id"),
    ref("run_id", "runs.id"),  # or of a run's draft
    Column("language", Text, nullable=False),
    words("state", "waiting"),  # waiting | done | failed
    words("body"),
    words("model"),
    number("cost_usd", default="0"),
    words("error"),
    words("by"),
    when("asked_at", now=True),
    UniqueConstraint("message_id", "language"),
    UniqueConstraint("run_id", "language"),
)
case_results = Table(
    "case_results",
    metadata,
    identity(),
    tenant(),
    Column("agent", Text, nullable=False),
    words("version"),
    json("results", "[]"),  # name, passed, differences, skipped of each case
    words("state", "waiting"),  # waiting | done | failed
    words("by"),
    when("at", now=True),
    UniqueConstraint("tenant_id", "agent"),
)
