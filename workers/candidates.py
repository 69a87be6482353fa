"""The way of a new version of triage, or of an agent's new confidence model, into service.

Its fingerprint is a new one, so what rests on the version before does not hold for it. Where nothing is certified it
serves at once. Else it must have been better on later history, runs in shadow beside the one that serves, and takes its
place when all that is certified there is certified for it too, or when nothing is any more.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from core.contracts import WHOLE, Certificate, owners_of
from core.store import confidence, gate, policies, triage_versions
from core.store.policies import TenantState
from workers.owners import fingerprint_of, members_of
from workers.pipeline import triage_fingerprint
from workers.resources import CONFIDENCE, Workshop

NOTHING_LEFT = "nothing is certified any more with the version before"
SHARE_KEPT = 0.95  # of what is automated now: a version that would automate less waits for more audits


def settle(connection: Connection, shop: Workshop, tenant_id: UUID, version: UUID, fingerprint: str) -> None:
    """Say what becomes of a version that was just trained: it serves, runs in shadow, or is kept and not used."""
    state = policies.tenant_state(connection)
    serving, made = triage_versions.in_state(connection, "serving"), triage_versions.find(connection, version)
    if serving is None or shop.triage(state, tenant_id) is None:
        reason = "the first version" if serving is None else "this version of Saola cannot use the one before"
        triage_versions.retire_candidates(connection, tenant_id, but=version)
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
        members = members_of(shop, one.agent)
        if members and fingerprint_of(shop, state, triage_fingerprint, one.agent, members) == one.fingerprint:
            found.setdefault(one.agent, []).append(one)
    return found


def consider(connection: Connection, shop: Workshop, tenant_id: UUID) -> None:
    """Put the candidates in service that have earned their place."""
    for kinds in _together(shop, policies.tenant_state(connection)):
        _consider(connection, shop, tenant_id, kinds)


def _together(shop: Workshop, state: TenantState) -> list[list[str]]:
    """Return the kinds of candidates whose fingerprints meet: all with a version of triage, else those of a family."""
    if "triage" in state.candidates:
        return [sorted(state.candidates)]
    found: dict[str, list[str]] = {}
    for kind in sorted(state.candidates):
        entry = shop.catalog.entries.get(kind.removeprefix(CONFIDENCE))
        if entry is not None:  # an agent whose folder is gone has nothing to earn
            found.setdefault(owners_of(kind, entry.manifest.family)[-1], []).append(kind)
    return list(found.values())


def _consider(connection: Connection, shop: Workshop, tenant_id: UUID, kinds: Sequence[str]) -> None:
    state = policies.tenant_state(connection)
    beside = state._replace(classifiers={**state.classifiers, **{kind: state.candidates[kind] for kind in kinds}})
    before, after = (certified(shop, one, triage_fingerprint(shop, one, tenant_id)) for one in (state, beside))
    # An owner that scores as before has nothing to lose.
    old = {owner: found for owner, found in before.items() if not _same(found, after.get(owner, []))}
    if old and not all(_as_good(connection, found, after.get(owner, [])) for owner, found in old.items()):
        return
    reason = "certified in shadow: " + ", ".join(sorted(old)) if old else NOTHING_LEFT
    for kind in kinds:
        if kind == "triage":
            triage_versions.serve(connection, tenant_id, state.candidates[kind], by="saola", reason=reason)
        else:
            confidence.settle(connection, tenant_id, state.candidates[kind], kind, serve=True, reason=reason)
    what = "triage" if "triage" in kinds else "the confidence model"
    for owner, certificates in old.items():
        told = f"{what} was replaced at {datetime.now(UTC):%F %T}"
        policies.revoke_certificates(connection, owner, told, certificates[0].fingerprint)


def _same(old: Sequence[Certificate], new: Sequence[Certificate]) -> bool:
    return {one.fingerprint for one in old} == {one.fingerprint for one in new}


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
