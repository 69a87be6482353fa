"""The desk: what staff add to tickets, and how they look at them."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import UUID

from core.tables.columns import flag, identity, json, metadata, ref, tenant, when, words

notes = Table(
    "notes",
    metadata,
    identity(),
    tenant(),
    ref("ticket_id", "tickets.id", null=False),
    Column("by", Text, nullable=False),
    Column("body", Text, nullable=False),
    when("at", now=True),
    Index("ix_notes_ticket", "ticket_id", "id"),
)
ticket_tags = Table(
    "ticket_tags",
    metadata,
    Column("ticket_id", UUID, ForeignKey("tickets.id"), primary_key=True),
    Column("tag", Text, primary_key=True),
    tenant(),
    Index("ix_ticket_tags_tag", "tenant_id", "tag", "ticket_id"),
)
canned_replies = Table(
    "canned_replies",
    metadata,
    identity(),
    tenant(),
    Column("title", Text, nullable=False),
    words("language"),
    Column("body", Text, nullable=False),
    words("updated_by"),
    when("updated_at", now=True),
    UniqueConstraint("tenant_id", "title", "language"),
)
presence = Table(
    "presence",
    metadata,
    Column("ticket_id", UUID, ForeignKey("tickets.id"), primary_key=True),
    Column("who", Text, primary_key=True),
    tenant(),
    when("at", now=True),
)
saved_views = Table(
    "saved_views",
    metadata,
    identity(),
    tenant(),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    flag("shared"),
    when("created_at", now=True),
    UniqueConstraint("tenant_id", "owner", "name"),
)
notices = Table(
    "notices",
    metadata,
    identity(),
    tenant(),
    ref("ticket_id", "tickets.id", null=False),
    Column("kind", Text, nullable=False),  # assigned | due
    Column("recipient", Text, nullable=False),
    words("about"),  # what makes it another notice: the due time, the assignment
    json("data"),
    when("at", now=True),
    when("mailed_at"),
    UniqueConstraint("ticket_id", "kind", "recipient", "about"),
    Index("ix_notices_recipient", "tenant_id", "recipient", "at"),
    Index("ix_notices_to_mail", "tenant_id", "at", postgresql_where=text("mailed_at IS NULL")),
)
