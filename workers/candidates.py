"""The way of a new version of triage into service.

Its fingerprint is a new one, so what rests on the version before does not hold for it. Where nothing is certified it
serves at once. Else it must have been better on later history, runs in shadow beside the one that serves, and takes its
place when all that is certified there is certified for it too, or when nothing is any more.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from core.contracts import Certificate
from core.store import gate, policies, triage_versions
from core.store.policies import TenantState
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


def certified(shop: Workshop, state: TenantState, triage_fingerprint: str) -> dict[str, Certificate]:
    """Return the live certificates that hold where this version of triage serves, by agent or family."""
    found: dict[str, Certificate] = {}
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
            found[one.agent] = one
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
    elif all(_as_good(connection, certificate, new.get(owner)) for owner, certificate in old.items()):
        reason = "certified in shadow: " + ", ".join(sorted(old))
    else:
        return
    triage_versions.serve(connection, tenant_id, candidate["id"], by="saola", reason=reason)
    now = datetime.now(UTC)
    for owner, certificate in old.items():
        policies.revoke_certificates(connection, owner, f"triage was replaced at {now:%F %T}", certificate.fingerprint)


def _as_good(connection: Connection, old: Certificate, new: Certificate | None) -> bool:
    """Whether a certificate asks for no less than another, and lets about as much through."""
    if new is None or new.target < old.target or new.confidence < old.confidence:
        return False
    if (new.critical_target or 0.0) < (old.critical_target or 0.0):
        return False
    shares = [gate.share_at_or_above(connection, one.agent, one.fingerprint, one.threshold) for one in (old, new)]
    return shares[1] >= SHARE_KEPT * shares[0]
