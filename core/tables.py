"""The tables. Every one has a tenant id and row-level security; migrations change them, this file mirrors them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID
from sqlalchemy.schema import Computed
from sqlalchemy.types import UserDefinedType

from core.rollups import COUNTERS, WAIT_KEY


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id: lets readers of the event log stop before transactions still running."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id() -> Column[object]:
    return Column("id", UUID, primary_key=True)


def _tenant() -> Column[object]:
    return Column("tenant_id", UUID, ForeignKey("tenants.id"), nullable=False)


def _when(name: str, *, null: bool = True, now: bool = False) -> Column[object]:
    return Column(
        name,
        DateTime(timezone=True),
        nullable=null and not now,
        server_default=func.clock_timestamp() if now else None,
    )


def _text(name: str, default: str | None = "") -> Column[object]:
    """A text column: not null with a default, or nullable where the default is None."""
    server_default = None if default is None else text(f"'{default}'")
    return Column(name, Text, nullable=default is None, server_default=server_default)


def _flag(name: str) -> Column[object]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def _json(name: str, default: str = "{}") -> Column[object]:
    return Column(name, JSONB, nullable=False, server_default=text(f"'{default}'"))


def _ref(name: str, target: str, *, null: bool = True) -> Column[object]:
    return Column(name, UUID, ForeignKey(target), nullable=null)


def _number(name: str, kind: type[Float[float]] | type[Integer] = Float, default: str | None = None) -> Column[object]:
    return Column(name, kind, nullable=default is None, server_default=None if default is None else text(default))


tenants = Table(
    "tenants",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    _text("timezone", "UTC"),
    _flag("paused"),
    _json("settings"),
    _when("created_at", now=True),
)
users = Table(
    "users",
    metadata,
    _id(),
    _tenant(),
    Column("email", Text, nullable=False),
    _text("name"),
    Column("scopes", ARRAY(Text), nullable=False),
    _text("password_hash"),
    _text("language", "en"),
    _when("disabled_at"),
    _when("created_at", now=True),
    UniqueConstraint("tenant_id", "email"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    _tenant(),
    _ref("user_id", "users.id", null=False),
    Column("csrf", Text, nullable=False),
    _when("created_at", now=True),
    _when("expires_at", null=False),
)
api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _tenant(),
    _text("name"),
    Column("prefix", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    _when("created_at", now=True),
    _when("revoked_at"),
)
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    _json("headers"),
    Column("body", LargeBinary, nullable=False),
    _when("created_at", now=True),
)
customers = Table(
    "customers",
    metadata,
    _id(),
    _tenant(),
    Column("address", Text, nullable=False),  # '' where only a name is known: such a row is one ticket's
    _text("name"),
    _flag("verified"),
    _when("created_at", now=True),
    Index("uq_customers_address", "tenant_id", "address", unique=True, postgresql_where=text("address <> ''")),
)
tickets = Table(
    "tickets",
    metadata,
    _id(),
    _tenant(),
    _ref("customer_id", "customers.id"),
    _text("channel", "api"),
    _text("subject"),
    _text("language"),
    _text("intent"),
    _text("agent"),
    _text("priority", "normal"),
    _text("state", "open"),
    _text("attention"),  # why a person should look: '' | review | handoff | failed
    Column("turn", Integer, nullable=False, server_default=text("1")),
    _text("origin", "live"),  # live | import | demo
    _text("external_id", None),
    _text("taken_by", None),
    _text("assigned_to", None),  # the address of the member of staff who is to deal with it
    _ref("merged_into", "tickets.id"),
    _text("outcome", None),
    _when("received_at", null=False),
    Column("shift_seconds", Float, nullable=False, server_default=text("0")),
    _when("first_reply_at"),
    _when("closed_at"),
    _text("closed_by", None),
    _text("folded"),  # accent-folded subject and texts, for search
    Column("search", TSVECTOR, Computed("to_tsvector('simple', folded)", persisted=True)),
    _when("created_at", now=True),
    _when("updated_at", now=True),
    UniqueConstraint("tenant_id", "external_id"),
    Index("ix_tickets_inbox", "tenant_id", "received_at", "id"),
    Index("ix_tickets_attention", "tenant_id", "attention", "received_at", "id"),
    Index("ix_tickets_customer", "customer_id"),
    Index(
        *("ix_tickets_taken", "tenant_id", "taken_by", "received_at", "id"),
        postgresql_where=text("taken_by IS NOT NULL"),
    ),
    Index(
        *("ix_tickets_assigned", "tenant_id", "assigned_to", "received_at", "id"),
        postgresql_where=text("assigned_to IS NOT NULL"),
    ),
    Index("ix_tickets_search", "search", postgresql_using="gin"),
)
messages = Table(
    "messages",
    metadata,
    _id(),
    _tenant(),
    _ref("ticket_id", "tickets.id", null=False),
    Column("turn", Integer, nullable=False),
    Column("author", Text, nullable=False),
    _text("by"),
    Column("body", Text, nullable=False),
    _ref("delivery_id", "deliveries.id"),
    _when("at", null=False),
    _when("created_at", now=True),
    Index("ix_messages_ticket", "ticket_id", "id"),
    Index("uq_messages_delivery", "delivery_id", unique=True),
)
documents = Table(
    "documents",
    metadata,
    _id(),
    _tenant(),
    _ref("ticket_id", "tickets.id"),
    _ref("customer_id", "customers.id"),
    Column("filename", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    _text("state", "received"),  # received | read | refused
    _text("type", "unknown"),
    _text("language"),
    _text("text"),
    _text("reason"),
    _text("origin", "live"),
    _text("attention"),
    _text("outcome", None),
    _when("received_at", null=False),
    Column("shift_seconds", Float, nullable=False, server_default=text("0")),
    _when("created_at", now=True),
    _text("content_key"),  # digest of what is printed; '' where that is too little to tell
    Column("duplicate_of", UUID),  # the first document with the same bytes or contents
    Index("ix_documents_list", "tenant_id", "received_at", "id"),
    Index("ix_documents_content", "tenant_id", "content_key", postgresql_where=text("content_key <> ''")),
    Index("ix_documents_ticket", "ticket_id"),
    Index("ix_documents_sha256", "tenant_id", "sha256"),
)
document_pages = Table(
    "document_pages",
    metadata,
    Column("document_id", UUID, ForeignKey("documents.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _tenant(),
    _json("content"),
    _when("created_at", now=True),
)
work_items = Table(
    "work_items",
    metadata,
    _id(),
    _tenant(),
    Column("kind", Text, nullable=False),
    _ref("ticket_id", "tickets.id"),
    Column("turn", Integer, nullable=False, server_default=text("1")),
    _ref("document_id", "documents.id"),
    _text("state", "queued"),  # queued | held | done | superseded | dead
    _text("outcome", None),
    _when("created_at", now=True),
    _when("finished_at"),
    Index("uq_work_items_turn", "ticket_id", "turn", unique=True, postgresql_where=text("kind = 'ticket'")),
    Index("uq_work_items_document", "document_id", unique=True, postgresql_where=text("kind = 'document'")),
    Index("ix_work_items_state", "tenant_id", "state"),
)
outbox = Table(
    "outbox",
    metadata,
    _id(),
    _tenant(),
    Column("task", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("subject_id", UUID, nullable=False),
    Column("generation", Integer, nullable=False, server_default=text("0")),
    _text("state", "ready"),  # ready | done | dead
    _when("run_after", now=True),
    _when("published_at"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _when("lease_until"),
    Column("lease_token", UUID),
    _text("error"),
    _when("created_at", now=True),
    _when("finished_at"),
    UniqueConstraint("task", "subject_id", "generation"),
    Index("ix_outbox_ready", "queue", "run_after", postgresql_where=text("state = 'ready'")),
    Index("ix_outbox_dead", "tenant_id", postgresql_where=text("state = 'dead'")),
)
runs = Table(
    "runs",
    metadata,
    _id(),
    _tenant(),
    _ref("work_item_id", "work_items.id", null=False),
    _text("agent"),
    _text("agent_version"),
    Column("fingerprint", Text, nullable=False),
    _text("family"),
    _text("family_fingerprint"),
    Column("generation", Integer, nullable=False, server_default=text("0")),
    _flag("shadow"),
    _text("intent"),
    _text("language"),
    _text("kind"),
    Column("score", Float, nullable=False, server_default=text("0")),
    _json("route"),
    _json("proposal"),
    Column("cost_usd", Float, nullable=False, server_default=text("0")),
    Column("seconds", Float, nullable=False, server_default=text("0")),
    _when("created_at", now=True),
    UniqueConstraint("work_item_id", "fingerprint", "generation"),
    Index("ix_runs_agent", "tenant_id", "agent", "created_at"),
    Index("ix_runs_fingerprint", "tenant_id", "fingerprint", "score"),
)
decisions = Table(
    "decisions",
    metadata,
    _id(),
    _tenant(),
    Column("run_id", UUID, ForeignKey("runs.id"), nullable=False, unique=True),
    _ref("work_item_id", "work_items.id", null=False),
    Column("action", Text, nullable=False),
    _json("reasons", "[]"),
    _text("tier"),
    Column("score", Float, nullable=False),
    _number("threshold"),
    _ref("certificate_id", "certificates.id"),
    Column("audit_probability", Float, nullable=False),
    Column("audited", Boolean, nullable=False),
    _text("review"),  # '' | open | approved | edited | rejected | taken_over | superseded
    _text("reviewed_by"),
    _when("reviewed_at"),
    _text("review_note"),
    _text("final_text"),
    Column("final_fields", JSONB),  # a document's fields as a reviewer corrected them; null: as they were read
    _when("created_at", now=True),
    Column("suggested", JSONB),  # values of a held document that its sender's notes propose to the reviewer
    Index("ix_decisions_item", "work_item_id"),
    Index("ix_decisions_review", "tenant_id", "review", "created_at"),
)
sender_notes = Table(
    "sender_notes",
    metadata,
    Column("decision_id", UUID, ForeignKey("decisions.id"), primary_key=True),
    _tenant(),
    Column("agent", Text, nullable=False),
    Column("sender", Text, nullable=False),  # the issuer's name in letters and digits
    Column("identities", ARRAY(Text), nullable=False),  # accounts, tax numbers, addresses that the document shows
    Column("note", JSONB, nullable=False),
    _when("created_at", now=True),
    Index("ix_sender_notes_identities", "identities", postgresql_using="gin"),
    Index("ix_sender_notes_agent", "tenant_id", "agent", "created_at"),
)
deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _tenant(),
    _ref("decision_id", "decisions.id"),
    _ref("ticket_id", "tickets.id"),
    Column("position", Integer, nullable=False, server_default=text("0")),
    Column("effect", Text, nullable=False),
    Column("channel", Text, nullable=False),
    _json("payload"),
    _text("by"),
    _text("state", "waiting"),  # waiting | sending | sent | refused | failed | stopped
    _when("send_after", now=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("repeats", Integer, nullable=False, server_default=text("0")),
    _text("reference"),
    _text("error"),
    _when("sent_at"),
    _when("created_at", now=True),
    UniqueConstraint("decision_id", "effect", "position"),
    Index("ix_deliveries_ticket", "ticket_id"),
)
audits = Table(
    "audits",
    metadata,
    _id(),
    _tenant(),
    Column("run_id", UUID, ForeignKey("runs.id"), nullable=False, unique=True),
    _ref("work_item_id", "work_items.id", null=False),
    _text("agent"),
    Column("fingerprint", Text, nullable=False),
    _text("family"),
    _text("family_fingerprint"),
    _text("intent"),
    _text("language"),
    Column("probability", Float, nullable=False),
    Column("score", Float, nullable=False),
    Column("action", Text, nullable=False),
    _number("smallest"),  # probability of a run that nothing speaks against, at that time
    _flag("flagged"),
    _flag("doubled"),  # a second reviewer judges it too
    _text("state", "open"),  # open | judged
    Column("right", Boolean),
    Column("critical", Boolean),
    _text("judged_by"),
    _flag("simulated"),
    _when("drawn_at", now=True),
    _when("due_at"),
    _when("judged_at"),
    Index("ix_audits_state", "tenant_id", "state", "drawn_at"),
    Index("ix_audits_agent", "tenant_id", "agent", "fingerprint"),
    Index("ix_audits_family", "tenant_id", "family", "family_fingerprint"),
)
judgements = Table(
    "judgements",
    metadata,
    _id(),
    _tenant(),
    _ref("audit_id", "audits.id", null=False),
    Column("right", Boolean, nullable=False),
    _flag("critical"),
    _text("note"),
    Column("by", Text, nullable=False),
    _flag("simulated"),
    _flag("second"),
    _when("at", now=True),
    Index("ix_judgements_audit", "audit_id"),
)
certificates = Table(
    "certificates",
    metadata,
    _id(),
    _tenant(),
    Column("agent", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    _text("slice", "all"),
    Column("target", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("k", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("bound", Float, nullable=False),
    Column("method", Text, nullable=False),
    Column("audits", Integer, nullable=False, server_default=text("0")),
    _flag("simulated"),
    _number("critical_target"),
    _when("window_from"),
    _when("window_to"),
    _text("code_version"),
    _text("hash"),
    _json("evidence"),
    _when("issued_at", now=True),
    _when("expires_at"),
    _when("revoked_at"),
    _text("revoked_reason"),
    Index("ix_certificates_live", "tenant_id", "agent", "fingerprint", postgresql_where=text("revoked_at IS NULL")),
)
agent_settings = Table(
    "agent_settings",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    _text("tier", "automated"),
    _number("target"),
    Column("confidence", Float, nullable=False, server_default=text("0.95")),
    _flag("paused"),
    Column("audit_probability", Float, nullable=False, server_default=text("0.1")),
    _number("critical_target"),
    _when("burst_until"),  # half of all runs are audited until then
    _when("updated_at", now=True),
)
alarms = Table(
    "alarms",
    metadata,
    _id(),
    _tenant(),
    Column("agent", Text, nullable=False),  # or family:NAME
    Column("fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False),  # accuracy: demotes | signs: only brings more audits
    Column("value", Float, nullable=False),
    Column("level", Float, nullable=False),
    _when("since", null=False),  # about when it began
    _when("at", now=True),
    Column("members", ARRAY(Text), nullable=False),  # agents that were demoted
    _json("data"),
    Index("ix_alarms_agent", "tenant_id", "agent", "fingerprint", "at"),
)
standings = Table(
    "standings",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("agent", Text, primary_key=True),  # or family:NAME
    Column("fingerprint", Text, primary_key=True),
    Column("stamp", Text, nullable=False),  # what was seen; another one is a reason to look again
    _when("again_at"),
    _json("data"),
    _when("at", now=True),
)
classifiers = Table(
    "classifiers",
    metadata,
    _id(),
    _tenant(),
    Column("kind", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    _text("state", "candidate"),  # candidate | serving | retired
    Column("blob", LargeBinary, nullable=False),
    _json("figures"),
    _when("created_at", now=True),
    Index("uq_classifiers_serving", "tenant_id", "kind", unique=True, postgresql_where=text("state = 'serving'")),
)
labels = Table(
    "labels",
    metadata,
    _id(),
    _tenant(),
    _ref("ticket_id", "tickets.id", null=False),
    Column("intent", Text, nullable=False),  # agent/intent, or '' where no agent covers it
    Column("source", Text, nullable=False),  # import | review
    _when("at", null=False),
    Index("ix_labels_tenant", "tenant_id", "at"),
    Index("uq_labels_ticket", "ticket_id", "source", unique=True),
)
events = Table(
    "events",
    metadata,
    _id(),
    _tenant(),
    Column("kind", Text, nullable=False),
    _when("at", null=False),
    Column("ticket_id", UUID),
    Column("document_id", UUID),
    Column("work_item_id", UUID),
    Column("run_id", UUID),
    _json("data"),
    _when("written_at", now=True),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Index("ix_events_stream", "tenant_id", "xid", "id"),
    Index("ix_events_at", "tenant_id", "at"),
    Index("ix_events_ticket", "ticket_id", "id"),
    Index("ix_events_document", "document_id", "id"),
)
journal = Table(
    "journal",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _tenant(),
    _when("at", null=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    _text("object"),
    _json("data"),
    _text("previous"),
    Column("hash", Text, nullable=False),
    Index("ix_journal_tenant", "tenant_id", "number"),
)
heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tenant_id", UUID, nullable=False, server_default=text("'00000000-0000-0000-0000-000000000000'")),
    _json("progress"),
    _when("at", now=True),
)
notes = Table(
    "notes",
    metadata,
    _id(),
    _tenant(),
    _ref("ticket_id", "tickets.id", null=False),
    Column("by", Text, nullable=False),
    Column("body", Text, nullable=False),
    _when("at", now=True),
    Index("ix_notes_ticket", "ticket_id", "id"),
)
ticket_tags = Table(
    "ticket_tags",
    metadata,
    Column("ticket_id", UUID, ForeignKey("tickets.id"), primary_key=True),
    Column("tag", Text, primary_key=True),
    _tenant(),
    Index("ix_ticket_tags_tag", "tenant_id", "tag", "ticket_id"),
)
canned_replies = Table(
    "canned_replies",
    metadata,
    _id(),
    _tenant(),
    Column("title", Text, nullable=False),
    _text("language"),
    Column("body", Text, nullable=False),
    _text("updated_by"),
    _when("updated_at", now=True),
    UniqueConstraint("tenant_id", "title", "language"),
)
presence = Table(
    "presence",
    metadata,
    Column("ticket_id", UUID, ForeignKey("tickets.id"), primary_key=True),
    Column("who", Text, primary_key=True),
    _tenant(),
    _when("at", now=True),
)
saved_views = Table(
    "saved_views",
    metadata,
    _id(),
    _tenant(),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    _flag("shared"),
    _when("created_at", now=True),
    UniqueConstraint("tenant_id", "owner", "name"),
)


def _cell() -> list[Column[object]]:
    """What an item is counted under; `item` is its kind, `start` the first day of the cell."""
    names = ("origin", "agent", "version", "model", "intent", "language", "channel")
    return [Column(name, Text, nullable=False) for name in names]


rollup_builds = Table(
    "rollup_builds",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("build", Integer, primary_key=True, autoincrement=False),
    _text("cursor", "0.0"),
    Column("as_of", DateTime(timezone=True), nullable=False, server_default=text("'epoch'")),
    Column("zone", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("serving", Boolean, nullable=False),
)
rollup_items = Table(
    "rollup_items",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("build", Integer, primary_key=True, autoincrement=False),
    _id(),
    Column("item", Text, nullable=False),
    Column("start", Date, nullable=False),
    *_cell(),
    _when("received_at", null=False),
    Column("customer", Text, nullable=False),
    Column("spam", Boolean, nullable=False),
    _when("first_answer_at"),
    _when("answered_at"),
    _when("due_at"),
    Column("repeated", Boolean, nullable=False),
    Column("counts", LargeBinary, nullable=False),
    Column("lasting", LargeBinary, nullable=False),
    Index("ix_rollup_items_customer", "tenant_id", "build", "customer", "intent", "received_at"),
    Index("ix_rollup_items_due", "tenant_id", "build", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
rollups = Table(
    "rollups",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), nullable=False),
    Column("build", Integer, nullable=False),
    Column("grain", Text, nullable=False),  # day | month
    Column("start", Date, nullable=False),
    Column("item", Text, nullable=False),
    *_cell(),
    _json("held"),
    *(Column(name, BigInteger, nullable=False, server_default=text("0")) for name in COUNTERS),
    PrimaryKeyConstraint("tenant_id", "build", "grain", "start", "item", *(column.name for column in _cell())),
)
rollup_waits = Table(
    "rollup_waits",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), nullable=False),
    Column("build", Integer, nullable=False),
    *(Column(name, Date if name == "start" else Text, nullable=False) for name in WAIT_KEY),
    Column("buckets", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "build", "by", "grain", "start", "origin", "value", "what"),
)
trials = Table(
    "trials",
    metadata,
    _id(),
    _tenant(),
    Column("agent", Text, nullable=False),
    _text("by"),
    _json("given"),
    _text("state", "waiting"),  # waiting | done | failed
    _json("result"),
    _when("created_at", now=True),
    _when("finished_at"),
    Index("ix_trials_tenant", "tenant_id", "id"),
)
