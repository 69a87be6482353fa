"""Preview: what an agent as its folder is now would do with tickets it has worked on. Nothing is recorded or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.contracts import Proposal
from core.db import app_database
from core.ids import new_id
from core.store import items, learning
from core.store.outbox import Job
from workers.pipeline import choose_agents, run
from workers.resources import Workshop, workshop


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One ticket item, as it was worked on and as it would be now. `right` is None where nothing is known; the new
    proposal's is known where it is the old one, or what a reviewer sent instead."""

    ticket_id: UUID
    subject: str
    old: Mapping[str, Any]
    old_score: float
    old_right: bool | None
    new: Proposal
    new_right: bool | None

    @property
    def same(self) -> bool:
        """Return whether the customer would see no difference."""
        return _same(self.old, self.new)


def preview(tenant_id: UUID, agent: str, since: datetime, limit: int) -> list[Pair]:
    """Return past tickets of `agent` with what it would do now. Raises Rejected for an unknown agent."""
    shop = workshop()
    shop.catalog.refresh()
    shop.catalog.get(agent)
    with app_database().transaction(tenant_id) as connection:
        past = {row["item_id"]: row for row in learning.past_runs(connection, agent, since, limit)}
        loaded = items.load(connection, list(past))
    found = _worked(shop, tenant_id, loaded)
    return [_pair(dict(row), found[item_id]) for item_id, row in past.items() if item_id in found]


def _worked(shop: Workshop, tenant_id: UUID, loaded: Sequence[items.Loaded]) -> dict[UUID, Proposal]:
    state = shop.state(tenant_id)
    jobs = {one.item.id: Job(new_id(), tenant_id, "item.replay", "bulk", one.item.id, 0, 1, new_id()) for one in loaded}
    routes = choose_agents(shop, state, jobs, loaded)
    pairs = zip(loaded, routes, strict=True)
    return {one.item.id: run(shop, jobs[one.item.id], one, chosen, state).proposal for one, chosen in pairs}


def _pair(row: Mapping[str, Any], new: Proposal) -> Pair:
    old, right = row["proposal"], row["right"]
    same = _same(old, new)
    sent = row["sent"].strip()
    new_right = right if same else True if sent and new.reply.strip() == sent else None
    return Pair(
        ticket_id=row["ticket_id"],
        subject=row["subject"],
        old=old,
        old_score=float(row["score"]),
        old_right=right,
        new=new,
        new_right=new_right,
    )


def _same(old: Mapping[str, Any], new: Proposal) -> bool:
    now = new.model_dump(mode="json", include={"agent", "kind", "reply", "actions", "question"})
    return all(old.get(name) == value for name, value in now.items())
