"""How many decisions the gate ever made. Each is counted once: a look adds what came since the one before, so that a
scrape costs the same after ten million decisions as after ten thousand. Only the first after a start counts all."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from core.ids import id_at
from core.store import desk

SETTLED = timedelta(minutes=10)  # no transaction that makes a decision is open for so long
_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)

_counted: dict[UUID, tuple[UUID, Counter[str]]] = {}  # by tenant: up to which decision, and how many of each action


def decided(connection: Connection, tenant_id: UUID, now: datetime) -> Counter[str]:
    """Return the tenant's decisions by action, shadow runs left out."""
    until, counts = _counted.get(tenant_id, (_FIRST, Counter[str]()))
    settled = id_at(now - SETTLED)
    if settled > until:
        counts = counts + desk.actions(connection, until, settled)
        until = settled
        _counted[tenant_id] = (until, counts)
    return counts + desk.actions(connection, until, _LAST)
