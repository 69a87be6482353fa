"""Identifiers: UUIDv7 made in the application, one NewType per noun."""

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
