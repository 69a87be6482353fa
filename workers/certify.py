"""Certificates: computed from audited rows by the pure method in metrics.certificates, stored and journalled.

Before a certificate is looked at again, the detector hears the audits of what is automated (workers/alarms.py).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Connection, RowMapping

from core.contracts import Certificate
from core.db import app_database
from core.events import Event
from core.ids import new_id
from core.store import events, gate, journal, labels, policies, tenants
from core.store.outbox import Job
from core.store.policies import AgentSetting, TenantState
from metrics.certificates import alarm, drift
from metrics.certificates.certify import METHOD_FIRST, PLAN_RUNS, plan_runs
from metrics.certificates.live import HALF_DAYS, HALF_ITEMS, Rules, closed, digest
from metrics.certificates.slices import FIRST_RUNS, First, Stand, stand, together
from workers import alarms, budget, candidates
from workers.jobs import finish
from workers.pipeline import triage_fingerprint
from workers.resources import Workshop, workshop

log = structlog.get_logger()

AGAIN = timedelta(hours=1)  # half lives end without any new audit
SOON = timedelta(seconds=5)  # while the first runs come in,
EACH = timedelta(seconds=0.5)  # but with many owners so seldom that there are two such looks a second
DRIFT_RUNS = 500  # on each side of the comparison of scores
NEWEST = timedelta(days=1)  # inputs: a whole day, since nights differ from days
NEWEST_RUNS = 200  # more days where one has fewer
INPUT_RUNS = 2_000  # on each side of the comparison of inputs
RENEWED = timedelta(days=1)  # how often a certificate whose threshold did not move is issued again with newer counts


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


def renew_certificates(jobs: Sequence[Job]) -> None:
    """Listen for alarms, then issue, replace or revoke what the audits allow, for each agent and family."""
    tenant_id = jobs[0].tenant_id
    shop = workshop()
    shop.catalog.refresh()
    now = datetime.now(UTC)
    with app_database().transaction(tenant_id) as connection:
        labels.hand_over(connection)
        state = policies.tenant_state(connection)
        budget.spend(connection, tenant_id, shop.catalog, state)
        seen = gate.stamps(connection)
        owners = list(_owners(connection, shop, state, tenant_id))
    for owner in owners:
        before = seen.get((owner.name, owner.fingerprint))
        if before is None or before["stamp"] != owner.stamp or (before["again_at"] and before["again_at"] <= now):
            _look_apart(tenant_id, owner, now, max(SOON, EACH * len(owners)))
    with app_database().transaction(tenant_id) as connection:
        candidates.consider(connection, shop, tenant_id)
        finish(connection, jobs)


def _look_apart(tenant_id: UUID, owner: Owner, now: datetime, soon: timedelta) -> None:
    """Look at one owner; where that fails the others are still looked at, and this one again in the next round."""
    try:
        with app_database().transaction(tenant_id) as connection:
            _look(connection, tenant_id, owner, now, soon)
    except Exception:
        log.exception("certificate.look_failed", owner=owner.name, fingerprint=owner.fingerprint)


def _owners(connection: Connection, shop: Workshop, state: TenantState, tenant_id: UUID) -> Iterator[Owner]:
    states = [state, *([state.beside] if state.candidates else [])]
    triages = [triage_fingerprint(shop, one, tenant_id) for one in states]
    first_looks = tenants.current(connection)["settings"].get("first_look", {})
    for row in gate.owners(connection):
        name, fingerprint = row["agent"], row["fingerprint"]
        family = name.removeprefix("family:") if name.startswith("family:") else ""
        members = shop.members(family) if family else [name] if name in shop.catalog.entries else []
        now = [_fingerprint(shop, *one, name, family, members) for one in zip(states, triages, strict=True) if members]
        if fingerprint not in now:
            continue
        settings = [state.agents.get(member, AgentSetting()) for member in members]
        targets = [s.target or shop.catalog.entries[m].manifest.target for s, m in zip(settings, members, strict=True)]
        asked = (
            max(targets),
            max(s.confidence for s in settings),
            max((s.critical_target for s in settings if s.critical_target is not None), default=None),
            first_looks.get(name),
        )
        serving = fingerprint == now[0]
        stamp = "|".join(map(str, (row["stamp"], *asked, serving)))
        yield Owner(name, fingerprint, *asked, members=tuple(members), stamp=stamp, serving=serving)


def _fingerprint(
    shop: Workshop, state: TenantState, triage: str, name: str, family: str, members: Sequence[str]
) -> str:
    """Return the fingerprint that an agent or family has in a state, with its version of triage."""
    if family:
        return shop.family_fingerprint(family, shop.scored_by(state, triage, *members))
    return shop.agent(name, shop.scored_by(state, triage, name)).fingerprint


def _look(connection: Connection, tenant_id: UUID, owner: Owner, now: datetime, soon: timedelta) -> None:
    """Listen, examine, and write down where the owner stands; look again `soon` while its first runs come in."""
    gate.one_at_a_time(connection, tenant_id, owner.name)
    halves = gate.half_lives(connection, owner.name, owner.fingerprint, days=HALF_DAYS, items=HALF_ITEMS, now=now)
    if not halves:
        return
    since = halves[max(len(halves) - 2, 0)]  # what is older speaks for no certificate any more
    rows = labels.evidence(connection, owner.name, owner.fingerprint, since)
    found, loudness = alarms.listen(rows, owner.target, owner.critical_target)
    if found and owner.serving:  # a candidate's errors reached nobody, and its certificate waits for better ones
        state = policies.tenant_state(connection)
        members = alarms.relied_on(rows, state) if owner.name.startswith("family:") else owner.members
        alarms.ring(connection, tenant_id, owner.name, owner.fingerprint, found, members)
        halves, rows, loudness = [datetime.now(UTC)], [], 1.0
        since = halves[0]
    simulated = any(row["simulated"] for row in rows)
    # An announced look is one look: after an alarm evidence is earned at any time, or not at all.
    rang = gate.has_rung(connection, owner.name, owner.fingerprint)
    rules = Rules(
        target=owner.target,
        confidence=owner.confidence,
        boundaries=tuple(halves),
        critical_target=owner.critical_target,
        first_look=None if rang else owner.first_look,
    )
    # A candidate's runs come one by one as live ones do, and what is still open is waited for.
    audits = closed(rows if owner.serving else [{**row, "shadow": False} for row in rows], now)
    planned = plan_runs(rules.first_look)
    earliest = gate.first_scores(connection, owner.name, owner.fingerprint, max(planned, DRIFT_RUNS))
    population = earliest[:planned]
    known = gate.first_runs(connection, owner.name, owner.fingerprint, FIRST_RUNS) if owner.serving else []
    whole, parts = stand(audits, population, [First(row["intent"], row["score"]) for row in known], rules)
    _certificates(connection, tenant_id, owner, [whole, *parts], now, simulated)
    alone = [one for one in parts if one.in_force]
    first = whole.finding.accuracy
    data: dict[str, object] = {
        "target": owner.target,
        "confidence": owner.confidence,
        "critical_target": owner.critical_target,
        "threshold": whole.finding.threshold if whole.in_force else None,
        "intents": [_told(one) for one in alone],
        "share": _share(connection, owner),
        "k": sum(one.finding.accuracy.k for one in alone) if alone else first.k,
        "n": sum(one.finding.accuracy.n for one in alone) if alone else first.n,
        "log_e": together([one.finding.accuracy.log_e for one in alone], len(parts)) if alone else first.log_e,
        "method": first.method,
        "audits": len(audits),
        "missing": whole.why,
        "audits_missing": whole.finding.audits_missing,
        "since": since.isoformat(),
        "half": len(halves) - 1,
        "alarm": {"value": loudness, "level": alarm.LEVEL},
        "simulated": simulated,
        "candidate": not owner.serving,
    }
    newest = gate.recent_scores(connection, owner.name, owner.fingerprint, 30, DRIFT_RUNS)
    data["drift"] = drift.stability(earliest[:DRIFT_RUNS], newest)
    data["inputs"] = _inputs(connection, owner, since, now)
    wait = soon if len(population) < PLAN_RUNS else AGAIN
    gate.set_standing(
        connection,
        tenant_id,
        owner.name,
        owner.fingerprint,
        stamp=owner.stamp,
        again_at=min(now + wait, halves[-1] + HALF_DAYS),
        data=data,
    )


def _inputs(connection: Connection, owner: Owner, since: datetime, now: datetime) -> dict[str, object]:
    """How the newest day's mixes of inputs differ from those since the evidence in force began."""
    begun = gate.newest_since(connection, owner.name, owner.fingerprint, now - NEWEST, NEWEST_RUNS)
    before = gate.input_mix(connection, owner.name, owner.fingerprint, since, begun, INPUT_RUNS)
    newest = gate.input_mix(connection, owner.name, owner.fingerprint, begun, now, INPUT_RUNS)
    found = {name: drift.shift(before[name], newest[name]) for name in before}
    return {name: one.model_dump(mode="json") for name, one in found.items() if one is not None}


def _told(one: Stand) -> dict[str, object]:
    found = one.finding.accuracy
    return {"intent": one.rules.slice, "threshold": one.finding.threshold, "k": found.k, "n": found.n}


def _share(connection: Connection, owner: Owner) -> float:
    """Return which part of its newest runs an owner's live certificates let out."""
    live = policies.live_certificates(connection)
    own = [one for one in live if (one.agent, one.fingerprint) == (owner.name, owner.fingerprint)]
    return sum(candidates.share_of(connection, one) for one in own)


def _certificates(
    connection: Connection, tenant_id: UUID, owner: Owner, stands: Sequence[Stand], now: datetime, simulated: bool
) -> None:
    """Issue, keep or revoke, as what was found for the whole and for single intents says."""
    before = policies.live_by_slice(connection, owner.name, owner.fingerprint)
    why = {one.rules.slice: one.why for one in stands}
    for one in stands:
        if one.in_force:
            why.pop(one.rules.slice)
            _issue(connection, tenant_id, owner, one, before.pop(one.rules.slice, None), now, simulated)
    for slice_ in before:
        reason = why.get(slice_, "too few audits of single intents")
        alarms.revoke(connection, tenant_id, owner.name, reason, owner.fingerprint, slice_)


def _issue(
    connection: Connection,
    tenant_id: UUID,
    owner: Owner,
    one: Stand,
    before: RowMapping | None,
    now: datetime,
    simulated: bool,
) -> None:
    """Issue a certificate, unless the one before still says the same."""
    finding, audits, rules = one.finding, one.audits, one.rules
    assert finding.threshold is not None
    if before is not None and before["threshold"] == finding.threshold:
        fresh = before["issued_at"] > now - RENEWED and before["half"] == str(len(rules.boundaries) - 1)
        asked = (owner.target, owner.confidence, owner.critical_target)
        if fresh and (before["target"], before["confidence"], before["critical_target"]) == asked:
            return
    choice, half = finding.accuracy, len(rules.boundaries) - 1
    lives = 1 if choice.method == METHOD_FIRST else 2
    certificate = Certificate(
        id=new_id(),
        agent=owner.name,
        fingerprint=owner.fingerprint,
        slice=rules.slice,
        target=owner.target,
        confidence=owner.confidence,
        threshold=finding.threshold,
        k=choice.k,
        n=choice.n,
        bound=choice.bound if choice.bound is not None else owner.target,
        method=choice.method,
        audits=len(audits),
        expires_at=rules.boundaries[max(half - 1, 0)] + lives * HALF_DAYS,
        simulated=simulated,
        critical_target=owner.critical_target,
    )
    hashed = digest(owner.name, owner.fingerprint, audits, one.population, rules, finding.threshold)
    evidence = {
        "audits": [[str(audit.id), *map(str, audit.judgements)] for audit in audits],
        "rules": rules.as_json(),
        "half": half,
        "share": choice.share,
        "log_e": choice.log_e,
        "critical": None if finding.critical is None else {"k": finding.critical.k, "n": finding.critical.n},
    }
    times = [audit.drawn_at for audit in audits]
    policies.add_certificate(
        connection,
        tenant_id,
        certificate,
        window=(min(times), max(times)),
        code_version=choice.method,
        digest=hashed,
        evidence=evidence,
    )
    data = {**certificate.model_dump(mode="json"), "hash": hashed}
    journal.write(connection, tenant_id, actor="saola", action="certificate.issued", object=owner.name, data=data)
    events.append(connection, Event(kind="certificate.issued", at=now, tenant_id=tenant_id, data=data))
