"""The pipeline: load > triage > run > gate > record, and at once deliver where nothing stands in the way.

No database connection is held while an agent works. Agents propose; only the record and the delivery act.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from agents.triage.route import route

from agents.contract import Agent, Context
from core.contracts import Decision, Policy, Proposal, Reason, Route
from core.db import app_database
from core.errors import NeedsHuman, Rejected
from core.gate.decide import decide, pick_certificate
from core.ids import new_id
from core.settings import settings
from core.store import items, outbox, records
from core.store.items import Loaded
from core.store.outbox import Job
from core.store.policies import AgentSetting, TenantState
from core.store.records import Record
from workers import reading
from workers.deliver import send_now
from workers.jobs import finish
from workers.resources import Workshop, audit_coin, workshop

DOCUMENT_WAIT = timedelta(minutes=10)
NOBODY = Policy(tier="assisted")  # the policy of an item that no agent covers


class Worked(NamedTuple):
    """What triage and run gave: enough for the gate."""

    route: Route
    proposal: Proposal
    family: str
    family_fingerprint: str


def work(job: Job) -> None:
    """Work on one item to its decision, and send what may be sent."""
    shop = workshop()
    shop.refresh()
    with app_database().transaction(job.tenant_id) as connection:
        loaded = items.load(connection, job.subject_id, job.generation)
    if loaded is None or loaded.done or not _is_ours(loaded):
        return _end(job, loaded)
    if loaded.unread_documents and loaded.waited < DOCUMENT_WAIT:
        with app_database().transaction(job.tenant_id) as connection:
            outbox.put_off(connection, job, 1.0)
        return None
    state = shop.state(job.tenant_id)
    chosen = choose_agent(shop, state, job, loaded)
    if _belongs_elsewhere(shop, job, chosen):
        with app_database().transaction(job.tenant_id) as connection:
            outbox.put_off(connection, job, 0.0, queue="llm")
        return None
    worked = run(shop, job, loaded, chosen, state)
    send_now(record(shop, job, loaded, worked, state))
    return None


def _is_ours(loaded: Loaded) -> bool:
    """An older turn is answered with the newest one; a ticket that a person took is silent."""
    return loaded.ticket_turn == loaded.item.turn and not loaded.taken_by


def _end(job: Job, loaded: Loaded | None) -> None:
    with app_database().transaction(job.tenant_id) as connection:
        if loaded is not None and not loaded.done:
            items.set_state(connection, job.subject_id, "superseded" if not loaded.taken_by else "held")
        finish(connection, job)


def choose_agent(shop: Workshop, state: TenantState, job: Job, loaded: Loaded) -> Route:
    """Triage: the agent for this item, or a person."""
    classifier_id = state.classifiers.get("triage")
    classifier = shop.classifier(job.tenant_id, classifier_id) if classifier_id else None
    enabled = {
        name: entry.manifest
        for name, entry in shop.catalog.entries.items()
        if state.agents.get(name, AgentSetting()).enabled
    }
    if loaded.item.kind == "ticket" and loaded.unread_documents:
        return Route(agent=None, reason="a document of this ticket could not be read in time")
    return route(loaded.item, classifier, enabled)


def _belongs_elsewhere(shop: Workshop, job: Job, chosen: Route) -> bool:
    """Model calls are slow and wait in threads of their own; the other engines never wait behind them."""
    entry = shop.catalog.entries.get(chosen.agent or "")
    return entry is not None and entry.manifest.engine == "llm" and job.queue == "tickets"


def run(shop: Workshop, job: Job, loaded: Loaded, chosen: Route, state: TenantState) -> Worked:
    """Let the agent work. No connection is open. A run that needs a person ends with an abstention that says why."""
    triage = _triage_fingerprint(shop, state, job)
    if chosen.agent is None:
        reason = chosen.reason or "no agent covers this"
        nobody = Proposal(
            agent="", agent_version="", fingerprint=f"triage:{triage}", kind="abstain", intent=chosen.intent,
            language=chosen.language, reason=reason, score=0.0,
        )  # fmt: skip
        return Worked(chosen, nobody, "", "")
    agent = shop.agent(chosen.agent, triage)
    manifest = agent.manifest
    started = time.monotonic()
    context = Context(
        route=chosen,
        deadline=started + manifest.limits.seconds,
        seed=job.subject_id.int % 2**32,
        read_document=lambda document_id: reading.read(job, loaded, document_id),
    )
    try:
        proposal = shop.loader.engine(agent).run(agent, loaded.item, context)
    except (NeedsHuman, Rejected) as error:
        proposal = _abstain(agent, chosen, str(error))
    usage = proposal.usage.model_copy(update={"seconds": time.monotonic() - started})
    family = manifest.family
    return Worked(
        chosen,
        proposal.model_copy(update={"usage": usage}),
        family,
        shop.family_fingerprint(family, triage),
    )


def _triage_fingerprint(shop: Workshop, state: TenantState, job: Job) -> str:
    classifier_id = state.classifiers.get("triage")
    return shop.classifier(job.tenant_id, classifier_id).fingerprint if classifier_id else "none"


def _abstain(agent: Agent, chosen: Route, reason: str) -> Proposal:
    return Proposal(
        agent=agent.manifest.name,
        agent_version=agent.version,
        fingerprint=agent.fingerprint,
        kind="abstain",
        intent=chosen.intent,
        language=chosen.language,
        reason=reason,
    )


def gate(
    shop: Workshop, loaded: Loaded, worked: Worked, state: TenantState, coin: float, *, audit: float | None = None
) -> Decision:
    """Ask the gate. `audit` overrides the agent's audit probability (replays audit as they are told)."""
    proposal = worked.proposal
    if not proposal.agent:
        reason = Reason(code="no_draft", values={"reason": proposal.reason})
        return Decision(action="decline", reasons=(reason,), tier="assisted", score=0.0)
    setting = state.agents.get(proposal.agent, AgentSetting())
    certificate = pick_certificate(
        tuple(state.certificates), proposal.agent, proposal.fingerprint, worked.family, worked.family_fingerprint
    )
    probability = max(setting.audit_probability, settings().audit_floor) if audit is None else audit
    return decide(
        loaded.item,
        proposal,
        shop.policy(state, proposal.agent),
        certificate,
        audit_probability=probability,
        audit_coin=coin,
    )


def record(
    shop: Workshop,
    job: Job,
    loaded: Loaded,
    worked: Worked,
    state: TenantState,
    *,
    shadow: bool = False,
    audit: float | None = None,
) -> list[Job]:
    """Gate and write everything down in one transaction; returns deliveries leased to this worker."""
    run_id = new_id()
    decision = gate(shop, loaded, worked, state, audit_coin(run_id), audit=audit)
    written = Record(
        run_id=run_id,
        decision_id=new_id(),
        item=loaded.item,
        route=worked.route,
        proposal=worked.proposal,
        decision=decision,
        family=worked.family,
        family_fingerprint=worked.family_fingerprint,
        shadow=shadow,
        at=datetime.now(UTC) - loaded.shift,
    )
    with app_database().transaction(job.tenant_id) as connection:
        finish(connection, job)
        if not shadow and not items.still_newest(connection, loaded.item):
            items.set_state(connection, loaded.item.id, "superseded")
            return []
        return records.save(connection, job.tenant_id, written, delivery_lease=settings().lease_seconds) or []
