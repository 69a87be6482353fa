"""Agents and families at the fingerprint in service, what their owners ask for, and who is to be looked at now."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import FAMILY
from core.store import standings, tenants
from core.store.policies import AgentSetting, TenantState
from workers.pipeline import triage_fingerprint
from workers.resources import Workshop

SWEEP = timedelta(minutes=10)  # how often all audits are gone through for what a round may have missed


class Owner(NamedTuple):
    """One agent, or one family, at the fingerprint in service, and what its owner asks for."""

    name: str  # agent, or family:NAME
    fingerprint: str
    target: float
    confidence: float
    critical_target: float | None
    first_look: int | None  # how many audits the one announced look takes; said before they are judged
    members: tuple[str, ...]
    stamp: str
    serving: bool = True  # not where it is how the candidate of triage would have it
    fresh: bool = True  # something is new since the last look
    before: Mapping[str, Any] = {}  # where it stood at the last look
    reads: bool = False  # a processor of documents, whose fields are certified too


_swept: dict[UUID, datetime] = {}  # by tenant: when this process last went through all audits


def _changed(
    connection: Connection, tenant_id: UUID, now: datetime
) -> Iterator[tuple[str, str, str, RowMapping | None]]:
    """Yield every owner with the stamp of its evidence and its standing before.

    What did not change in the last minutes is not read again: its stamp is what it was. Every ten minutes all is."""
    seen = standings.stamps(connection)
    all_of_it = _swept.get(tenant_id, now - 2 * SWEEP) <= now - SWEEP
    found = standings.owners(connection, None if all_of_it else now - 1.5 * SWEEP)
    if all_of_it:
        _swept[tenant_id] = now
    for row in found:
        yield row["agent"], row["fingerprint"], row["stamp"], seen.pop((row["agent"], row["fingerprint"]), None)
    for (name, fingerprint), before in seen.items() if not all_of_it else ():
        yield name, fingerprint, before["stamp"].split("#")[0], before


def due(connection: Connection, shop: Workshop, state: TenantState, tenant_id: UUID, now: datetime) -> Iterator[Owner]:
    """Yield who is to be looked at now: something is new, or it is time."""
    states = [state, *([state.beside] if state.candidates else [])]
    triages = [triage_fingerprint(shop, one, tenant_id) for one in states]
    first_looks = tenants.current(connection)["settings"].get("first_look", {})
    for name, fingerprint, seen, before in _changed(connection, tenant_id, now):
        members = members_of(shop, name)
        known = [fingerprint_of(shop, *one, name, members) for one in zip(states, triages, strict=True)]
        if not members or fingerprint not in known:
            continue
        settings = [state.agents.get(member, AgentSetting()) for member in members]
        targets = [s.target or shop.catalog.entries[m].manifest.target for s, m in zip(settings, members, strict=True)]
        asked = (
            max(targets),
            max(s.confidence for s in settings),
            max((s.critical_target for s in settings if s.critical_target is not None), default=None),
            first_looks.get(name),
        )
        serving = fingerprint == known[0]
        stamp = f"{seen}#{'|'.join(map(str, (*asked, serving)))}"
        fresh = before is None or before["stamp"] != stamp
        if fresh or (before and before["again_at"] and before["again_at"] <= now):
            data = before["data"] if before else {}
            reads = not name.startswith(FAMILY) and shop.catalog.entries[name].manifest.kind == "processor"
            yield Owner(name, fingerprint, *asked, tuple(members), stamp, serving, fresh, data, reads)


def members_of(shop: Workshop, owner: str) -> list[str]:
    """Return the agents that an owner stands for: itself, or those of its family; none where no folder is there."""
    if owner.startswith(FAMILY):
        return shop.members(owner.removeprefix(FAMILY))
    return [owner] if owner in shop.catalog.entries else []


def fingerprint_of(shop: Workshop, state: TenantState, triage: str, owner: str, members: Sequence[str]) -> str:
    """Return the fingerprint that an agent or family has in a state, with its version of triage; '' without members."""
    if not members:
        return ""
    scored_by = shop.scored_by(state, triage, *members)
    if owner.startswith(FAMILY):
        return shop.family_fingerprint(owner.removeprefix(FAMILY), scored_by)
    return shop.agent(owner, scored_by).fingerprint
