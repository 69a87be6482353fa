"""Figures: sums of what items add, kept in step with the event log (docs/decisions/0005-figures-are-sums.md)."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from core.rollups import COUNTERS, PAIR_KEY, PAIRED, SLICE_KEY, WAIT_KEY
from core.tables.columns import identity, json, metadata, when, words


def _cell() -> list[Column[object]]:
    """What an item is counted under; `item` is its kind, `start` the first day of the cell."""
    names = ("origin", "agent", "version", "model", "intent", "language", "channel", "customer_group")
    return [Column(name, Text, nullable=False) for name in names]


def _of_build() -> list[Column[object]]:
    return [
        Column("tenant_id", UUID, ForeignKey("tenants.id"), nullable=False),
        Column("build", Integer, nullable=False),
    ]


def _key(names: Sequence[str]) -> list[Column[object]]:
    return [Column(name, Date if name == "start" else Text, nullable=False) for name in names]


def _counters(names: Sequence[str]) -> list[Column[object]]:
    return [Column(name, BigInteger, nullable=False, server_default=text("0")) for name in names]


rollup_builds = Table(
    "rollup_builds",
    metadata,
    Column("tenant_id", UUID, ForeignKey("tenants.id"), primary_key=True),
    Column("build", Integer, primary_key=True, autoincrement=False),
    words("cursor", "0.0"),
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
    identity(),
    Column("item", Text, nullable=False),
    Column("start", Date, nullable=False),
    *_cell(),
    when("received_at", null=False),
    Column("customer", Text, nullable=False),
    Column("spam", Boolean, nullable=False),
    when("first_answer_at"),
    when("answered_at"),
    when("due_at"),
    Column("repeated", Boolean, nullable=False),
    Column("counts", Text, nullable=False),
    Column("lasting", Text, nullable=False),
    Index("ix_rollup_items_customer", "tenant_id", "build", "customer", "intent", "received_at"),
    Index("ix_rollup_items_newest", "tenant_id", "build", "received_at", "id"),
    Index("ix_rollup_items_due", "tenant_id", "build", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
rollups = Table(
    "rollups",
    metadata,
    *_of_build(),
    *_key(SLICE_KEY),
    json("named"),
    *_counters(COUNTERS),
    PrimaryKeyConstraint("tenant_id", "build", "by", "grain", "start", "item", "origin", "value"),
)
rollup_pairs = Table(
    "rollup_pairs",
    metadata,
    *_of_build(),
    *_key(PAIR_KEY),
    *_counters(PAIRED),
    PrimaryKeyConstraint(
        *("tenant_id", "build", "by", "grain", "start", "item", "origin", "value", "agent", "intent"),
    ),
)
rollup_waits = Table(
    "rollup_waits",
    metadata,
    *_of_build(),
    *_key(WAIT_KEY),
    Column("buckets", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "build", "by", "grain", "start", "origin", "value", "what"),
)
