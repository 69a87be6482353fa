"""The pipeline: load > triage > run > gate > record, and at once deliver where nothing stands in the way.

No database connection is held while an agent works. Agents propose; only the record and the delivery act.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from agents.contract import Agent, Context, Watch
from agents.documents import joint
from agents.documents.values import Reading
from agents.llm.confidence import stored
from agents.manifest import Manifest
from agents.triage.route import read_together, route
from core import page_images
from core.contracts import Decision, Proposal, Reason, Route, Usage
from core.db import app_database
from core.errors import NeedsHuman, Rejected
from core.gate import audits
from core.gate.decide import decide, pick_certificate
from core.ids import new_id
from core.settings import settings
from core.store import items, outbox, records
from core.store.items import Loaded
from core.store.outbox import Job
from core.store.policies import AgentSetting, TenantState
from core.store.records import Record
from workers import approved, reading, senders
from workers.deliver import send
from workers.jobs import do, finish
from workers.knowledge import searcher
from workers.resources import CONFIDENCE, Workshop, audit_coin, settle, workshop
from workers.turns import keep, stay

WAIT = timedelta(minutes=10)  # for a ticket's documents, and for the outcomes of its earlier actions
TRAINING_WAIT = timedelta(minutes=5)  # for the first classifier of a tenant, or the first after an upgrade
AGAIN_SECONDS = 1.0


class Worked(NamedTuple):
    """One item on its way: what triage and run gave; enough for the gate."""

    job: Job
    loaded: Loaded
    route: Route
    proposal: Proposal
    family: str
    family_fingerprint: str


def work(jobs: Sequence[Job]) -> None:
    """Work on items of one tenant to their decisions, and send what may be sent."""
    shop = workshop()
    shop.refresh()
    reading.hold(jobs)
    tenant_id = jobs[0].tenant_id
    by_item = {job.subject_id: job for job in jobs}
    state = shop.state(tenant_id)
    no_triage = shop.triage(state, tenant_id) is None
    with app_database().transaction(tenant_id) as connection:
        found = [_again(one, by_item[one.item.id]) for one in items.load(connection, list(by_item))]
        untrained = no_triage and ("triage" in state.classifiers or outbox.expected(connection, "triage.train"))
    if no_triage and not untrained:  # or it was trained since this state was read
        state = shop.state(tenant_id, fresh=True)
    ready = [loaded for loaded in found if _is_ours(loaded) and not _must_wait(loaded, untrained)]
    routes = choose_agents(shop, state, by_item, ready)
    here: list[tuple[Loaded, Route]] = []
    elsewhere: list[tuple[Loaded, Route]] = []
    for one, chosen in zip(ready, routes, strict=True):
        (elsewhere if _elsewhere(shop, jobs[0], chosen) else here).append((one, chosen))
    worked: list[Worked] = []
    for one, chosen in here:
        first = run(shop, by_item[one.item.id], one, chosen, state)
        onward = _otherwise(shop, state, first)
        if onward is None:
            worked.append(first)
        elif _elsewhere(shop, jobs[0], onward):
            elsewhere.append((one, onward))
        else:
            worked.append(run(shop, by_item[one.item.id], one, onward, state))
    sending = record(shop, tenant_id, worked, state)
    hints = {one.item.id: _hint(state, chosen) for one, chosen in elsewhere}
    _set_aside(tenant_id, by_item, found, hints, {one.loaded.item.id for one in worked})
    do(sending, send)
    settle()


def _again(loaded: Loaded, job: Job) -> Loaded:
    """An item whose ticket a person had and handed back is worked on anew, in a generation of its own."""
    item = loaded.item.model_copy(update={"generation": job.generation})
    return loaded._replace(item=item) if job.generation else loaded


def _is_ours(loaded: Loaded) -> bool:
    """An older turn is answered with the newest one; a ticket that a person took is silent."""
    return not loaded.done and loaded.ticket_turn == loaded.item.turn and not loaded.taken_by


def _must_wait(loaded: Loaded, untrained: bool) -> bool:
    """A ticket's documents are read first, and its earlier actions carried out; a new tenant's triage is trained."""
    if loaded.item.kind == "ticket" and untrained and loaded.waited < TRAINING_WAIT:
        return True
    return bool(loaded.unread_documents or loaded.unsettled_actions) and loaded.waited < WAIT


def _set_aside(
    tenant_id: UUID,
    by_item: Mapping[UUID, Job],
    found: Sequence[Loaded],
    hints: Mapping[UUID, dict[str, Any]],
    here: set[UUID],
) -> None:
    """End, put off or (those with hints) pass on the jobs that were not worked on here."""
    if len(here) == len(by_item):
        return
    passed_on = set(hints)
    waiting = {loaded.item.id for loaded in found if _is_ours(loaded)} - passed_on - here
    with app_database().transaction(tenant_id) as connection:
        outbox.pass_on(connection, [(by_item[item_id], hint) for item_id, hint in hints.items()], "llm")
        for item_id in waiting:
            outbox.put_off(connection, by_item[item_id], AGAIN_SECONDS)
        over = [loaded for loaded in found if not _is_ours(loaded)]
        for loaded in over:
            if not loaded.done:
                items.set_state(connection, [loaded.item.id], "held" if loaded.taken_by else "superseded")
        finish(connection, [job for key, job in by_item.items() if key not in passed_on | waiting | here])


def choose_agents(
    shop: Workshop, state: TenantState, by_item: Mapping[UUID, Job], ready: Sequence[Loaded]
) -> list[Route]:
    """Triage: the agent for each item, or a person."""
    if not ready:
        return []
    tenant_id = ready[0].item.tenant_id
    classifier, enabled = shop.triage(state, tenant_id), shop.enabled(state, tenant_id)
    routes = {one.item.id: _settled(one, state, by_item[one.item.id], enabled) for one in ready}
    open_ones = [one.item for one in ready if routes[one.item.id] is None]
    read = read_together(open_ones, classifier)

    def choose(one: Loaded) -> Route:
        reader = _reader(by_item[one.item.id], one)
        triage = partial(route, classifier=classifier, manifests=enabled, read_document=reader, read=read)
        return routes[one.item.id] or keep(one, enabled, triage)

    return [choose(one) for one in ready]


def _settled(one: Loaded, state: TenantState, job: Job, enabled: Mapping[str, Manifest]) -> Route | None:
    """Return the route of an item that triage has nothing to say to; None where it is asked."""
    if one.item.kind == "ticket" and one.unread_documents:
        return Route(agent=None, reason="a document of this ticket could not be read in time")
    return _hinted(state, job, enabled) or stay(one, enabled)


def _hint(state: TenantState, chosen: Route) -> dict[str, Any]:
    """What a worker that is passed an item needs not find out again: triage costs more than all else but the model."""
    return {"triage": str(state.classifiers.get("triage")), "route": chosen.model_dump(mode="json")}


def _hinted(state: TenantState, job: Job, enabled: Mapping[str, Manifest]) -> Route | None:
    """Return the route that the job was passed on with, if the same triage still serves, and the agent still does."""
    if job.hint is None or job.hint.get("triage") != str(state.classifiers.get("triage")):
        return None
    found = Route.model_validate(job.hint["route"])
    return found if found.agent in enabled else None


def _reader(job: Job, loaded: Loaded) -> Callable[[UUID], Reading]:
    return partial(reading.read, job.tenant_id, loaded.item, job=job)


def _see(job: Job, loaded: Loaded, document_id: UUID, number: int) -> bytes:
    document = next(one for one in loaded.item.documents if one.id == document_id)
    return page_images.picture(job.tenant_id, document.sha256, document.media_type, number)


def _elsewhere(shop: Workshop, job: Job, chosen: Route) -> bool:
    """Model calls are slow and wait in threads of their own; the other engines never wait behind them."""
    entry = shop.catalog.entries.get(chosen.agent or "")
    return entry is not None and entry.manifest.asks_a_model and job.queue in ("tickets", "documents")


def _otherwise(shop: Workshop, state: TenantState, worked: Worked) -> Route | None:
    """Return the route to the agent that works on what this one has no approved answer to; None where there is none,
    or where a person is to answer."""
    proposal = worked.proposal
    entry = shop.catalog.entries.get(proposal.agent)
    name = entry.manifest.otherwise if entry is not None and proposal.kind == "abstain" else ""
    other = shop.catalog.entries.get(name)
    if other is None or other.manifest.engine != "llm" or "person" in proposal.signals:
        return None
    if not state.agents.get(name, AgentSetting()).enabled:
        return None
    told = f"{proposal.agent}: {proposal.reason}"
    return worked.route.model_copy(update={"agent": name, "reason": told})


def run(
    shop: Workshop,
    job: Job,
    loaded: Loaded,
    chosen: Route,
    state: TenantState,
    *,
    told: Proposal | None = None,
    watch: Watch | None = None,
) -> Worked:
    """Let the agent work. No connection is open. A run that needs a person ends with an abstention that says why.

    `told` is what this version of the agent said already under the same route: it is then not asked again. `watch`
    hears each step of an llm run.
    """
    triage = triage_fingerprint(shop, state, job.tenant_id)
    if chosen.agent is None:
        nobody = Proposal(
            agent="",
            agent_version="",
            fingerprint=f"triage:{triage}",
            kind="abstain",
            intent=chosen.intent,
            language=chosen.language,
            reason=chosen.reason or "no agent covers this",
        )
        return Worked(job, loaded, chosen, nobody, "", "")
    agent = shop.agent(chosen.agent, shop.scored_by(state, triage, chosen.agent))
    manifest = agent.manifest
    started = time.monotonic()
    context = Context(
        route=chosen,
        deadline=started + manifest.limits.seconds,
        seed=job.subject_id.int % 2**32,
        read_document=_reader(job, loaded),
        see_page=partial(_see, job, loaded),
        search_knowledge=searcher(job.tenant_id, state, shop.catalog.entries[chosen.agent], loaded.item),
        confidence=shop.confidence(state, job.tenant_id, chosen.agent),
        watch=watch,
    )
    try:
        if told is not None and told.agent_version == agent.version:
            known: Proposal | None = _told_again(told, agent, context)
        else:
            known = approved.find(agent, loaded.item, chosen) if manifest.reuse else None
        proposal = known or shop.loader.engine(agent).run(agent, loaded.item, context)
    except (NeedsHuman, Rejected) as error:
        proposal = _abstain(agent, chosen, str(error)).model_copy(update={"usage": Usage(**(error.spent or {}))})
    if loaded.item.kind == "document" and (before := reading.first(loaded.item.documents[0].id)) is not None:
        reason = f"the same document came before: {before}"  # nobody pays twice unseen
        signals = {**proposal.signals, joint.AGAIN: 1.0}
        proposal = proposal.model_copy(update={"score": 0.0, "reason": reason, "signals": signals})
    earlier = Usage(**((job.hint or {}).get("spent") or {}))  # by attempts that failed after they had asked a model
    usage = proposal.usage.plus(earlier).model_copy(update={"seconds": time.monotonic() - started})
    return Worked(
        job,
        loaded,
        chosen,
        proposal.model_copy(update={"usage": usage}),
        manifest.family,
        shop.family_fingerprint(manifest.family, shop.scored_by(state, triage, *shop.members(manifest.family))),
    )


def _told_again(told: Proposal, agent: Agent, context: Context) -> Proposal:
    """Return a proposal that was made already, with the score that this agent's confidence model gives it."""
    known = told.model_copy(update={"fingerprint": agent.fingerprint, "usage": Usage()})
    if known.fingerprint == told.fingerprint:
        return known
    if joint.DOCUMENT in told.signals:
        return known.model_copy(update={"score": joint.score(told.signals, context.confidence)})
    if "self_report" in told.signals:
        return known.model_copy(update={"score": stored(context.confidence).score(told.signals)})
    return known  # its score was made in no such way


def triage_fingerprint(shop: Workshop, state: TenantState, tenant_id: UUID) -> str:
    """Return the fingerprint of the tenant's classifier in service; "none" where there is none yet."""
    classifier = shop.triage(state, tenant_id)
    return classifier.fingerprint if classifier else "none"


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


def gate(shop: Workshop, worked: Worked, state: TenantState, coin: float, audit: float | None = None) -> Decision:
    """Ask the gate. `audit` overrides the agent's audit probability (replays are audited as they are told)."""
    proposal = worked.proposal
    if not proposal.agent:
        reason = Reason(code="no_draft", values={"reason": proposal.reason})
        return Decision(action="decline", reasons=(reason,), tier="assisted", score=0.0)
    setting = state.agents.get(proposal.agent, AgentSetting())
    certificate = pick_certificate(
        tuple(state.certificates),
        proposal.agent,
        proposal.fingerprint,
        worked.family,
        worked.family_fingerprint,
        proposal.intent or worked.route.intent,
    )
    item = worked.loaded.item
    flagged = audits.doubtful(item, proposal, worked.route)
    burst = setting.burst_until is not None and datetime.now(UTC) < setting.burst_until
    drawn = audits.draw(
        setting.audit_probability, settings().audit_floor, flagged=flagged, burst=burst, more=setting.audit_flagged
    )
    return decide(
        item,
        proposal,
        shop.policy(state, proposal.agent),
        certificate,
        audit_probability=drawn.probability if audit is None else audit,
        audit_smallest=drawn.smallest if audit is None else audit,
        audit_coin=coin,
        flagged=flagged,
    )


def record(
    shop: Workshop,
    tenant_id: UUID,
    worked: Sequence[Worked],
    state: TenantState,
    *,
    shadow: bool = False,
    audit: float | None = None,
    coins: Mapping[UUID, float] | None = None,
) -> list[Job]:
    """Gate and write everything down in one transaction; returns deliveries leased to this worker.

    coins: of the items' audits, where they are those of other runs.
    """
    if not worked:
        return []
    written = [_record(shop, one, state, shadow, audit, (coins or {}).get(one.loaded.item.id)) for one in worked]
    with app_database().transaction(tenant_id) as connection:
        finish(connection, [one.job for one in worked])
        if not shadow:
            newest = items.still_newest(connection, [one.item for one in written])
            late = [one for one in written if one.item.id not in newest]
            if late:
                items.set_state(connection, [one.item.id for one in late], "superseded")
                records.save_spent(connection, tenant_id, late)
            written = [one for one in written if one.item.id in newest]
        sending = records.save(connection, tenant_id, written, delivery_lease=settings().lease_seconds)
        if not shadow:
            senders.fill_in(shop, connection, written)
        if not shadow and state.candidates:
            _beside(shop, connection, tenant_id, state, written)
        return sending


def _beside(
    shop: Workshop, connection: Connection, tenant_id: UUID, state: TenantState, written: Sequence[Record]
) -> None:
    """Let the candidates work on those of the items that concern them, in shadow and when there is time. Triage routes
    tickets; which processor reads a document, its type says."""
    for one in written:
        kinds = {CONFIDENCE + name for name in (one.proposal.agent, *shop.members(one.family))}
        if (kinds | {"triage"} if one.item.kind == "ticket" else kinds) & state.candidates.keys():
            outbox.enqueue(connection, tenant_id, "item.shadow", "bulk", one.item.id, generation=one.item.generation)


def _record(
    shop: Workshop, worked: Worked, state: TenantState, shadow: bool, audit: float | None, coin: float | None
) -> Record:
    run_id = new_id()
    return Record(
        run_id=run_id,
        decision_id=new_id(),
        item=worked.loaded.item,
        route=worked.route,
        proposal=worked.proposal,
        decision=gate(shop, worked, state, audit_coin(run_id) if coin is None else coin, audit),
        family=worked.family,
        family_fingerprint=worked.family_fingerprint,
        shadow=shadow,
        at=datetime.now(UTC) - worked.loaded.shift,
        doubled=audit_coin(run_id, b"second reviewer") < audits.SECOND_LOOKER,
    )
