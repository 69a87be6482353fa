"""Certificates: computed from audited rows by the pure method in metrics.certificates, stored and journalled."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import Certificate
from core.db import app_database
from core.events import Event
from core.ids import new_id
from core.store import audits, events, journal, policies, tenants
from core.store.outbox import Job
from core.store.policies import AgentSetting, TenantState
from metrics.certificates.certify import certify
from metrics.certificates.fixed_sequence import Choice
from workers.jobs import finish
from workers.resources import Workshop, workshop

LIFE = timedelta(days=90)


class Group(NamedTuple):
    """The judged audits that speak for one agent, or one family, at the fingerprint in service."""

    owner: str  # agent name, or family:NAME
    fingerprint: str
    target: float
    confidence: float
    rows: list[RowMapping]
    population: list[float]  # scores of all runs at this fingerprint, oldest first
    first_look: int | None  # how many audits the one announced look takes; said before they are judged


def renew_certificates(jobs: Sequence[Job]) -> None:
    """Issue what the audits allow, one certificate per agent and family; a shrunken one replaces the old."""
    tenant_id = jobs[0].tenant_id
    shop = workshop()
    shop.catalog.refresh()
    with app_database().transaction(tenant_id) as connection:
        state = policies.tenant_state(connection)
        held = {(c.agent, c.fingerprint, c.target): c for c in state.certificates}
        for group in _groups(connection, shop, state, tenant_id):
            before = held.get((group.owner, group.fingerprint, group.target))
            if before is None or before.audits < len(group.rows):
                _issue(connection, tenant_id, group, before)
        finish(connection, jobs)


def _groups(connection: Connection, shop: Workshop, state: TenantState, tenant_id: UUID) -> Iterator[Group]:
    triage_id = state.classifiers.get("triage")
    triage = shop.classifier(tenant_id, triage_id).fingerprint if triage_id else "none"
    judged = audits.evidence(connection)
    by_agent, by_family = defaultdict(list), defaultdict(list)
    for row in judged:
        by_agent[(row["agent"], row["fingerprint"])].append(row)
        if row["family"]:
            by_family[(row["family"], row["family_fingerprint"])].append(row)
    first_looks = tenants.current(connection)["settings"].get("first_look", {})
    for (name, fingerprint), rows in by_agent.items():
        entry = shop.catalog.entries.get(name)
        if entry is None or shop.agent(name, triage).fingerprint != fingerprint:
            continue
        setting = state.agents.get(name, AgentSetting())
        target = setting.target or entry.manifest.target
        scores = audits.scores_of_runs(connection, fingerprint, family=False)
        yield Group(name, fingerprint, target, setting.confidence, rows, scores, first_looks.get(name))
    for (family, fingerprint), rows in by_family.items():
        if shop.family_fingerprint(family, triage) != fingerprint:
            continue
        members = [e.manifest for e in shop.catalog.entries.values() if e.manifest.family == family]
        settings = [state.agents.get(m.name, AgentSetting()) for m in members]
        target = max(s.target or m.target for s, m in zip(settings, members, strict=True))
        scores = audits.scores_of_runs(connection, fingerprint, family=True)
        confidence = max(s.confidence for s in settings)
        owner = f"family:{family}"
        yield Group(owner, fingerprint, target, confidence, rows, scores, first_looks.get(owner))


def _issue(connection: Connection, tenant_id: UUID, group: Group, before: Certificate | None) -> None:
    probabilities = [row["probability"] for row in group.rows]
    choice = certify(
        [row["score"] for row in group.rows],
        [row["right"] for row in group.rows],
        population=group.population,
        target=group.target,
        confidence=group.confidence,
        probabilities=probabilities,
        smallest=smallest_of_their_time(probabilities),
        first_look=group.first_look,
    )
    now = datetime.now(UTC)
    if choice.threshold is None:
        if before is not None:
            _revoke(connection, tenant_id, group, choice, now)
        return
    certificate = Certificate(
        id=new_id(),
        agent=group.owner,
        fingerprint=group.fingerprint,
        target=group.target,
        confidence=group.confidence,
        threshold=choice.threshold,
        k=choice.k,
        n=choice.n,
        bound=choice.bound if choice.bound is not None else group.target,
        method=choice.method,
        audits=len(group.rows),
        expires_at=now + LIFE,
        simulated=any(row["simulated"] for row in group.rows),
    )
    evidence = {"audits": [str(row["id"]) for row in group.rows], "share": choice.share}
    digest = fingerprint_of(certificate, group.rows)
    times = [row["at"] for row in group.rows]
    policies.add_certificate(
        connection,
        tenant_id,
        certificate,
        window=(min(times), max(times)),
        code_version=choice.method,
        digest=digest,
        evidence=evidence,
    )
    data = {**certificate.model_dump(mode="json"), "hash": digest}
    journal.write(connection, tenant_id, actor="saola", action="certificate.issued", object=group.owner, data=data)
    events.append(connection, Event(kind="certificate.issued", at=now, tenant_id=tenant_id, data=data))


def _revoke(connection: Connection, tenant_id: UUID, group: Group, choice: Choice, now: datetime) -> None:
    policies.revoke_certificates(connection, group.owner, choice.missing)
    data = {"agent": group.owner, "reason": choice.missing}
    journal.write(connection, tenant_id, actor="saola", action="certificate.revoked", object=group.owner, data=data)
    events.append(connection, Event(kind="certificate.revoked", at=now, tenant_id=tenant_id, data=data))


def smallest_of_their_time(probabilities: Sequence[float]) -> list[float]:
    """Return for each audit the smallest probability that any run had when it was drawn.

    A replay audits every run it makes; live audits are as probable as their agent's setting says, at least the floor.
    """
    live = [p for p in probabilities if p < 1]
    return [1.0 if p >= 1 else min(live) for p in probabilities]


def fingerprint_of(certificate: Certificate, rows: Sequence[RowMapping]) -> str:
    """Return SHA-256 over what the certificate says and every audited row it rests on, so that it can be recomputed."""
    said = certificate.model_dump(mode="json", include={"agent", "fingerprint", "target", "confidence", "threshold"})
    seen = [[str(r["id"]), r["score"], r["probability"], r["right"]] for r in rows]
    return hashlib.sha256(json.dumps([said, seen], sort_keys=True).encode()).hexdigest()
