"""The line: what comes in, the jobs, what agents made of it, what went out, and the log of it all."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID
from sqlalchemy.schema import Computed

from core.tables.columns import Xid8, flag, identity, json, metadata, number, ref, tenant, when, words

customers = Table(
    "customers",
    metadata,
    identity(),
    tenant(),
    Column("address", Text, nullable=False),  # '' where only a name is known: such a row is one ticket's
    words("name"),
    flag("verified"),
    words("customer_group"),  # as the caller names it, to see whether all are served alike: never told to an agent
    when("created_at", now=True),
    Index("uq_customers_address", "tenant_id", "address", unique=True, postgresql_where=text("address <> ''")),
)
tickets = Table(
    "tickets",
    metadata,
    identity(),
    tenant(),
    ref("customer_id", "customers.id"),
    words("channel", "api"),
    words("subject"),
    words("language"),
    words("intent"),
    words("agent"),
    words("priority", "normal"),
    words("priority_by"),  # who of the staff chose it; '' where triage did
    words("state", "open"),
    words("attention"),  # why a person should look: '' | review | handoff | failed
    Column("turn", Integer, nullable=False, server_default=text("1")),
    words("origin", "live"),  # live | import | demo
    words("external_id", None),
    words("taken_by", None),
    words("assigned_to", None),  # the address of the member of staff who is to deal with it
    ref("merged_into", "tickets.id"),
    words("outcome", None),
    when("received_at", null=False),
    Column("shift_seconds", Float, nullable=False, server_default=text("0")),
    when("first_reply_at"),
    when("asked_at"),  # the customer's newest message after the first one
    when("closed_at"),
    words("closed_by", None),
    words("folded"),  # accent-folded subject and texts, for search
    Column("search", TSVECTOR, Computed("to_tsvector('simple', folded)", persisted=True)),
    when("created_at", now=True),
    when("updated_at", now=True),
    UniqueConstraint("tenant_id", "external_id"),
    Index("ix_tickets_inbox", "tenant_id", "received_at", "id"),
    Index("ix_tickets_attention", "tenant_id", "attention", "received_at", "id", "shift_seconds"),
    Index("ix_tickets_customer", "customer_id"),
    Index(
        *("ix_tickets_taken", "tenant_id", "taken_by", "received_at", "id"),
        postgresql_where=text("taken_by IS NOT NULL"),
    ),
    Index(
        *("ix_tickets_assigned", "tenant_id", "assigned_to", "received_at", "id"),
        postgresql_where=text("assigned_to IS NOT NULL"),
    ),
    Index(
        *("ix_tickets_unanswered", "tenant_id", "priority", "received_at", "shift_seconds"),
        postgresql_where=text(
            "attention IN ('review', 'handoff', 'failed') AND state = 'open' AND first_reply_at IS NULL"
        ),
    ),
    Index("ix_tickets_search", "search", postgresql_using="gin"),
)
messages = Table(
    "messages",
    metadata,
    identity(),
    tenant(),
    ref("ticket_id", "tickets.id", null=False),
    Column("turn", Integer, nullable=False),
    Column("author", Text, nullable=False),
    words("by"),
    Column("body", Text, nullable=False),
    ref("delivery_id", "deliveries.id"),
    when("at", null=False),
    when("created_at", now=True),
    Index("ix_messages_ticket", "ticket_id", "id"),
    Index("uq_messages_delivery", "delivery_id", unique=True),
)
documents = Table(
    "documents",
    metadata,
    identity(),
    tenant(),
    ref("ticket_id", "tickets.id"),
    ref("customer_id", "customers.id"),
    Column("filename", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    words("state", "received"),  # received | read | refused
    words("type", "unknown"),
    words("language"),
    words("text"),
    words("reason"),
    words("origin", "live"),
    words("attention"),
    words("outcome", None),
    when("received_at", null=False),
    Column("shift_seconds", Float, nullable=False, server_default=text("0")),
    when("created_at", now=True),
    words("content_key"),  # digest of what is printed; '' where that is too little to tell
    Column("duplicate_of", UUID),  # the first document with the same bytes, contents or picture
    Column("numbers", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # printed on a picture; else empty
    Column("part_of", UUID),  # the document whose file this one is in too, behind it
    Column("part", Integer),  # which of the file's documents this is, from 0; empty: the only one
    Column("pages", ARRAY(Integer), nullable=False, server_default=text("'{}'")),  # its pages, where it is a part
    Index("ix_documents_list", "tenant_id", "received_at", "id"),
    Index("ix_documents_content", "tenant_id", "content_key", postgresql_where=text("content_key <> ''")),
    Index("ix_documents_ticket", "ticket_id"),
    Index("ix_documents_sha256", "tenant_id", "sha256"),
    Index("ix_documents_numbers", "numbers", postgresql_using="gin"),
    Index("uq_documents_part", "part_of", "part", unique=True, postgresql_where=text("part_of IS NOT NULL")),
)
document_pages = Table(
    "document_pages",
    metadata,
    Column("document_id", UUID, ForeignKey("documents.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    tenant(),
    json("content"),
    when("created_at", now=True),
)
work_items = Table(
    "work_items",
    metadata,
    identity(),
    tenant(),
    Column("kind", Text, nullable=False),
    ref("ticket_id", "tickets.id"),
    Column("turn", Integer, nullable=False, server_default=text("1")),
    ref("document_id", "documents.id"),
    words("state", "queued"),  # queued | held | done | superseded | dead
    words("outcome", None),
    when("created_at", now=True),
    when("finished_at"),
    Index("uq_work_items_turn", "ticket_id", "turn", unique=True, postgresql_where=text("kind = 'ticket'")),
    Index("uq_work_items_document", "document_id", unique=True, postgresql_where=text("kind = 'document'")),
    Index("ix_work_items_state", "tenant_id", "state"),
    Index("ix_work_items_ticket", "ticket_id", postgresql_where=text("ticket_id IS NOT NULL")),
    Index("ix_work_items_document", "document_id", postgresql_where=text("document_id IS NOT NULL")),
)
outbox = Table(
    "outbox",
    metadata,
    identity(),
    tenant(),
    Column("task", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("subject_id", UUID, nullable=False),
    Column("generation", Integer, nullable=False, server_default=text("0")),
    words("state", "ready"),  # ready | done | dead
    when("run_after", now=True),
    when("published_at"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    when("lease_until"),
    Column("lease_token", UUID),
    words("error"),
    when("created_at", now=True),
    when("finished_at"),
    Column("hint", JSONB),  # what the worker that passed the job on had found out already
    UniqueConstraint("task", "subject_id", "generation"),
    Index("ix_outbox_ready", "queue", "run_after", postgresql_where=text("state = 'ready'")),
    Index("ix_outbox_dead", "tenant_id", postgresql_where=text("state = 'dead'")),
)
runs = Table(
    "runs",
    metadata,
    identity(),
    tenant(),
    ref("work_item_id", "work_items.id", null=False),
    words("agent"),
    words("agent_version"),
    Column("fingerprint", Text, nullable=False),
    words("family"),
    words("family_fingerprint"),
    Column("generation", Integer, nullable=False, server_default=text("0")),
    flag("shadow"),
    words("intent"),
    words("language"),
    words("kind"),
    Column("score", Float, nullable=False, server_default=text("0")),
    json("route"),
    json("proposal"),
    Column("cost_usd", Float, nullable=False, server_default=text("0")),
    Column("seconds", Float, nullable=False, server_default=text("0")),
    when("created_at", now=True),
    UniqueConstraint("work_item_id", "fingerprint", "generation"),
    Index("ix_runs_agent", "tenant_id", "agent", "created_at"),
    Index("ix_runs_fingerprint", "tenant_id", "fingerprint", "score"),
    Index("ix_runs_fingerprint_at", "tenant_id", "fingerprint", "created_at"),
    Index("ix_runs_family_at", "tenant_id", "family_fingerprint", "created_at"),
)
decisions = Table(
    "decisions",
    metadata,
    identity(),
    tenant(),
    Column("run_id", UUID, ForeignKey("runs.id"), nullable=False, unique=True),
    ref("work_item_id", "work_items.id", null=False),
    Column("action", Text, nullable=False),
    json("reasons", "[]"),
    words("tier"),
    Column("score", Float, nullable=False),
    number("threshold"),
    ref("certificate_id", "certificates.id"),
    Column("audit_probability", Float, nullable=False),
    Column("audited", Boolean, nullable=False),
    words("review"),  # '' | open | approved | edited | rejected | taken_over | superseded
    words("reviewed_by"),
    when("reviewed_at"),
    words("review_note"),
    words("final_text"),
    Column("final_fields", JSONB),  # a document's fields as a reviewer corrected them; null: as they were read
    when("created_at", now=True),
    number("audit_smallest"),  # audit probability of a run that nothing speaks against, at that time
    Column("suggested", JSONB),  # values of a held document that its sender's notes propose to the reviewer
    Index("ix_decisions_item", "work_item_id"),
    Index("ix_decisions_review", "tenant_id", "review", "created_at"),
    Index("ix_decisions_reviewed", "tenant_id", "reviewed_at", postgresql_where=text("reviewed_at IS NOT NULL")),
)
deliveries = Table(
    "deliveries",
    metadata,
    identity(),
    tenant(),
    ref("decision_id", "decisions.id"),
    ref("ticket_id", "tickets.id"),
    Column("position", Integer, nullable=False, server_default=text("0")),
    Column("effect", Text, nullable=False),
    Column("channel", Text, nullable=False),
    json("payload"),
    words("by"),
    words("state", "waiting"),  # waiting | sending | sent | refused | failed | stopped
    when("send_after", now=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("repeats", Integer, nullable=False, server_default=text("0")),
    words("reference"),
    words("error"),
    when("sent_at"),
    when("created_at", now=True),
    UniqueConstraint("decision_id", "effect", "position"),
    Index("ix_deliveries_ticket", "ticket_id"),
)
events = Table(
    "events",
    metadata,
    identity(),
    tenant(),
    Column("kind", Text, nullable=False),
    when("at", null=False),
    Column("ticket_id", UUID),
    Column("document_id", UUID),
    Column("work_item_id", UUID),
    Column("run_id", UUID),
    json("data"),
    when("written_at", now=True),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Index("ix_events_stream", "tenant_id", "xid", "id"),
    Index("ix_events_at", "tenant_id", "at"),
    Index("ix_events_ticket", "ticket_id", "id"),
    Index("ix_events_document", "document_id", "id", postgresql_where=text("document_id IS NOT NULL")),
)
heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tenant_id", UUID, nullable=False, server_default=text("'00000000-0000-0000-0000-000000000000'")),
    json("progress"),
    when("at", now=True),
)
