"""Who may come in: tenants, people and keys; what they changed is in the journal."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from core.tables.columns import flag, identity, json, metadata, ref, tenant, when, words

tenants = Table(
    "tenants",
    metadata,
    identity(),
    Column("name", Text, nullable=False),
    words("timezone", "UTC"),
    flag("paused"),
    json("settings"),
    when("created_at", now=True),
)
users = Table(
    "users",
    metadata,
    identity(),
    tenant(),
    Column("email", Text, nullable=False),
    words("name"),
    Column("scopes", ARRAY(Text), nullable=False),
    words("password_hash"),
    words("language", "en"),
    Column("notices", ARRAY(Text), nullable=False, server_default=text("'{assigned,due,alarm}'")),
    when("notices_seen_at", now=True),
    when("disabled_at"),
    when("created_at", now=True),
    UniqueConstraint("tenant_id", "email"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    tenant(),
    ref("user_id", "users.id", null=False),
    Column("csrf", Text, nullable=False),
    when("created_at", now=True),
    when("expires_at", null=False),
)
log_in_tries = Table(  # of nobody known yet, so of no tenant; two functions alone reach it
    "log_in_tries",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("account", Text, nullable=False),
    Column("client", Text, nullable=False),
    when("at", now=True),
    Index("ix_log_in_tries_account", "account", "at"),
    Index("ix_log_in_tries_client", "client", "at"),
    Index("ix_log_in_tries_at", "at"),
)
api_keys = Table(
    "api_keys",
    metadata,
    identity(),
    tenant(),
    words("name"),
    Column("prefix", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    when("created_at", now=True),
    when("revoked_at"),
    when("used_at"),  # within a minute
)
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    json("headers"),
    Column("body", LargeBinary, nullable=False),
    when("created_at", now=True),
)
journal = Table(
    "journal",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    tenant(),
    when("at", null=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    words("object"),
    json("data"),
    words("previous"),
    Column("hash", Text, nullable=False),
    Index("ix_journal_tenant", "tenant_id", "number"),
)
