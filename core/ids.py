"""Identifiers: UUIDv7 made in the application, one NewType per noun."""

from datetime import datetime
from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

TenantId = NewType("TenantId", UUID)
TicketId = NewType("TicketId", UUID)
DocumentId = NewType("DocumentId", UUID)
WorkItemId = NewType("WorkItemId", UUID)
RunId = NewType("RunId", UUID)
DecisionId = NewType("DecisionId", UUID)
JobId = NewType("JobId", UUID)


def new_id() -> UUID:
    """Return a fresh time-ordered UUIDv7 (RFC 9562, section 5.7)."""
    return uuid7()


def id_at(when: datetime) -> UUID:
    """Return an id that sorts after those made before that millisecond and before those made after it."""
    return uuid7(timestamp=int(when.timestamp()), nanos=when.microsecond * 1000)
