"""The way of a new version of triage into service.

Its fingerprint is a new one, so what rests on the version before does not hold for it. Where nothing is certified it
serves at once. Else it must have been better on later history, runs in shadow beside the one that serves, and takes its
place when all that is certified there is certified for it too, or when nothing is any more.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from core.contracts import Certificate
from core.store import gate, policies, triage_versions
from core.store.policies import TenantState
from metrics.certificates.live import WHOLE
from workers.resources import Workshop

SHARE_KEPT = 0.95  # of what is automated now: a version that would automate less waits for more audits


def settle(connection: Connection, shop: Workshop, tenant_id: UUID, version: UUID, fingerprint: str) -> None:
    """Say what becomes of a version that was just trained: it serves, runs in shadow, or is kept and not used."""
    state = policies.tenant_state(connection)
    serving, made = triage_versions.in_state(connection, "serving"), triage_versions.find(connection, version)
    if serving is None or shop.triage(state, tenant_id) is None:
        reason = "the first version" if serving is None else "this version of Saola cannot use the one before"
        if (candidate := triage_versions.in_state(connection, "candidate")) is not None:
            triage_versions.retire(connection, tenant_id, candidate["id"], by="saola", reason=reason)
        triage_versions.serve(connection, tenant_id, version, by="saola", reason=reason)
        return
    same_agents = serving["figures"].get("catalog") == made["figures"].get("catalog")
    compared = made["figures"].get("compared")
    better = compared is not None and compared["better"]
    if serving["fingerprint"] == fingerprint or not certified(shop, state, serving["fingerprint"]):
        if same_agents and compared is not None and not better:
            _give_up(connection, tenant_id, version)
            return
        reason = "it is the same" if serving["fingerprint"] == fingerprint else "nothing is certified"
        triage_versions.serve(connection, tenant_id, version, by="saola", reason=reason)
    elif better or not same_agents:
        reason = "better on later history" if better else "the agents have changed"
        triage_versions.make_candidate(connection, tenant_id, version, reason=reason)
    else:
        _give_up(connection, tenant_id, version)


def _give_up(connection: Connection, tenant_id: UUID, version: UUID) -> None:
    reason = "not shown to be better on later history"
    triage_versions.retire(connection, tenant_id, version, by="saola", reason=reason)


def certified(shop: Workshop, state: TenantState, triage_fingerprint: str) -> dict[str, list[Certificate]]:
    """Return the live certificates that hold where this version of triage serves, by agent or family."""
    found: dict[str, list[Certificate]] = {}
    for one in state.certificates:
        family = one.agent.removeprefix("family:") if one.agent.startswith("family:") else ""
        if family:
            scored_by = shop.scored_by(state, triage_fingerprint, *shop.members(family))
            now = shop.family_fingerprint(family, scored_by)
        elif one.agent in shop.catalog.entries:
            now = shop.agent(one.agent, shop.scored_by(state, triage_fingerprint, one.agent)).fingerprint
        else:
            continue
        if now == one.fingerprint:
            found.setdefault(one.agent, []).append(one)
    return found


def consider(connection: Connection, shop: Workshop, tenant_id: UUID) -> None:
    """Put the candidate in service if it has earned its place."""
    state = policies.tenant_state(connection)
    candidate, serving = (triage_versions.in_state(connection, name) for name in ("candidate", "serving"))
    if candidate is None or serving is None:
        return
    old = certified(shop, state, serving["fingerprint"])
    new = certified(shop, state, candidate["fingerprint"])
    if not old:
        reason = "nothing is certified any more with the version before"
    elif all(_as_good(connection, certificates, new.get(owner, [])) for owner, certificates in old.items()):
        reason = "certified in shadow: " + ", ".join(sorted(old))
    else:
        return
    triage_versions.serve(connection, tenant_id, candidate["id"], by="saola", reason=reason)
    now = datetime.now(UTC)
    for owner, certificates in old.items():
        reason = f"triage was replaced at {now:%F %T}"
        policies.revoke_certificates(connection, owner, reason, certificates[0].fingerprint)


def _as_good(connection: Connection, old: Sequence[Certificate], new: Sequence[Certificate]) -> bool:
    """Whether an owner's certificates ask for no less than those before, and let about as much through."""
    if not new or not all(_strict_as(one, other) for one in new for other in old):
        return False
    before, now = (sum(share_of(connection, one) for one in those) for those in (old, new))
    return now >= SHARE_KEPT * before


def _strict_as(new: Certificate, old: Certificate) -> bool:
    critical = (new.critical_target or 0.0) >= (old.critical_target or 0.0)
    return new.target >= old.target and new.confidence >= old.confidence and critical


def share_of(connection: Connection, one: Certificate) -> float:
    """Return which part of its owner's newest runs a certificate lets out."""
    intent = None if one.slice == WHOLE else one.slice
    return gate.share_at_or_above(connection, one.agent, one.fingerprint, one.threshold, intent)
