"""Recording: run, decision, audit, deliveries and events of one work item in the caller's single transaction."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from core.contracts import Decision, Proposal, Route, WorkItem
from core.events import Event
from core.ids import new_id
from core.store import events
from core.store.items import set_state
from core.store.outbox import Job, enqueue
from core.store.sql import Jsonb, execute, execute_many, maybe_row


class Record(NamedTuple):
    """Everything the line knows of one run. `at` is the item's own time (now minus its shift)."""

    run_id: UUID
    decision_id: UUID
    item: WorkItem
    route: Route
    proposal: Proposal
    decision: Decision
    family: str
    family_fingerprint: str
    shadow: bool
    at: datetime


def save(connection: Connection, tenant_id: UUID, record: Record, *, delivery_lease: float = 0.0) -> list[Job] | None:
    """Write the record. Returns jobs of deliveries to be made, leased to the caller for `delivery_lease` seconds;
    None when this item, fingerprint and generation is already recorded."""
    item, proposal, decision = record.item, record.proposal, record.decision
    added = maybe_row(
        connection,
        """INSERT INTO runs (id, tenant_id, work_item_id, agent, agent_version, fingerprint, family, family_fingerprint,
               generation, shadow, intent, language, kind, score, route, proposal, cost_usd, seconds)
           VALUES (:id, :tenant_id, :item, :agent, :version, :fingerprint, :family, :family_fingerprint,
               :generation, :shadow, :intent, :language, :kind, :score, :route, :proposal, :cost, :seconds)
           ON CONFLICT (work_item_id, fingerprint, generation) DO NOTHING RETURNING id""",
        id=record.run_id,
        tenant_id=tenant_id,
        item=item.id,
        agent=proposal.agent,
        version=proposal.agent_version,
        fingerprint=proposal.fingerprint,
        family=record.family,
        family_fingerprint=record.family_fingerprint,
        generation=item.generation,
        shadow=record.shadow,
        intent=proposal.intent or record.route.intent,
        language=proposal.language or record.route.language,
        kind=proposal.kind,
        score=proposal.score,
        route=Jsonb(record.route.model_dump(mode="json")),
        proposal=Jsonb(proposal.model_dump(mode="json")),
        cost=proposal.usage.cost_usd,
        seconds=proposal.usage.seconds,
    )
    if added is None:
        return None
    review = "" if record.shadow or decision.action == "automate" else "open"
    execute(
        connection,
        """INSERT INTO decisions (id, tenant_id, run_id, work_item_id, action, reasons, tier, score, threshold,
               certificate_id, audit_probability, audited, review)
           VALUES (:id, :tenant_id, :run_id, :item, :action, :reasons, :tier, :score, :threshold,
               :certificate_id, :audit_probability, :audited, :review)""",
        id=record.decision_id,
        tenant_id=tenant_id,
        run_id=record.run_id,
        item=item.id,
        reasons=Jsonb([reason.model_dump(mode="json") for reason in decision.reasons]),
        review=review,
        **decision.model_dump(include={"action", "tier", "score", "threshold", "certificate_id"}),
        audit_probability=decision.audit_probability,
        audited=decision.audited,
    )
    if decision.audited:
        _draw_audit(connection, tenant_id, record)
    events.append(connection, *_happened(tenant_id, record))
    if record.shadow:
        return []
    _project(connection, record)
    if decision.action != "automate":
        set_state(connection, item.id, "held")
        return []
    return add_deliveries(
        connection,
        tenant_id,
        decision_id=record.decision_id,
        ticket_id=item.ticket_id,
        proposal=proposal,
        text=proposal.reply,
        by="agent",
        lease=delivery_lease,
    )


def add_deliveries(
    connection: Connection,
    tenant_id: UUID,
    *,
    decision_id: UUID | None,
    ticket_id: UUID | None,
    proposal: Proposal | None,
    text: str,
    by: str,
    delay: float = 0.0,
    lease: float = 0.0,
) -> list[Job]:
    """Add the deliveries of a decision (its actions, then its reply) and one job for each; each exists once."""
    effects: list[tuple[str, int, dict[str, object]]] = []
    if proposal is not None:
        effects += [
            ("action", position, {**action.model_dump(mode="json"), "agent": proposal.agent})
            for position, action in enumerate(proposal.actions)
        ]
    if text:
        effects.append(("reply", 0, {"text": text, "question": bool(proposal and proposal.question)}))
    if proposal is not None and proposal.kind == "fields":
        effects.append(("fields", 0, {"document_type": proposal.document_type}))
    made, jobs = [], []
    for effect, position, payload in effects:
        delivery_id = new_id()
        made.append(
            {
                "id": delivery_id,
                "tenant_id": tenant_id,
                "decision_id": decision_id,
                "ticket_id": ticket_id,
                "position": position,
                "effect": effect,
                "channel": "action" if effect == "action" else "result" if effect == "fields" else "thread",
                "payload": Jsonb(payload),
                "by": by,
                "delay": delay,
            }
        )
        jobs.append(enqueue(connection, tenant_id, "delivery.send", "tickets", delivery_id, delay=delay, lease=lease))
    execute_many(
        connection,
        """INSERT INTO deliveries (id, tenant_id, decision_id, ticket_id, position, effect, channel, payload, by,
               send_after)
           VALUES (:id, :tenant_id, :decision_id, :ticket_id, :position, :effect, :channel, :payload, :by,
               clock_timestamp() + make_interval(secs => :delay))""",
        made,
    )
    return jobs


def _draw_audit(connection: Connection, tenant_id: UUID, record: Record) -> None:
    proposal, decision = record.proposal, record.decision
    execute(
        connection,
        """INSERT INTO audits (id, tenant_id, run_id, work_item_id, agent, fingerprint, family, family_fingerprint,
               intent, language, probability, score, action, due_at)
           VALUES (:id, :tenant_id, :run_id, :item, :agent, :fingerprint, :family, :family_fingerprint,
               :intent, :language, :probability, :score, :action, clock_timestamp() + interval '48 hours')""",
        id=new_id(),
        tenant_id=tenant_id,
        run_id=record.run_id,
        item=record.item.id,
        agent=proposal.agent,
        fingerprint=proposal.fingerprint,
        family=record.family,
        family_fingerprint=record.family_fingerprint,
        intent=proposal.intent or record.route.intent,
        language=proposal.language or record.route.language,
        probability=decision.audit_probability,
        score=proposal.score,
        action=decision.action,
    )


def _happened(tenant_id: UUID, record: Record) -> list[Event]:
    item, proposal, decision, route = record.item, record.proposal, record.decision, record.route
    common = {
        "at": record.at,
        "tenant_id": tenant_id,
        "ticket_id": item.ticket_id,
        "document_id": item.documents[0].id if item.kind == "document" and item.documents else None,
        "work_item_id": item.id,
        "run_id": record.run_id,
    }
    found = [
        Event(
            kind="item.routed",
            data=route.model_dump(mode="json", include={"agent", "intent", "score", "language", "priority", "reason"}),
            **common,
        ),
        Event(
            kind="run.recorded",
            data={
                "agent": proposal.agent,
                "version": proposal.agent_version,
                "fingerprint": proposal.fingerprint,
                "intent": proposal.intent or route.intent,
                "language": proposal.language or route.language,
                "score": proposal.score,
                "proposal": proposal.kind,
                "cost_usd": proposal.usage.cost_usd,
                "model": proposal.usage.model,
                "seconds": proposal.usage.seconds,
                "generation": item.generation,
                "shadow": record.shadow,
            },
            **common,
        ),
        Event(
            kind="decision.recorded",
            data={
                "action": decision.action,
                "reasons": [reason.code for reason in decision.reasons],
                "agent": proposal.agent,
                "threshold": decision.threshold,
                "score": decision.score,
                "audit_probability": decision.audit_probability,
                "audited": decision.audited,
                "shadow": record.shadow,
            },
            **common,
        ),
    ]
    if decision.audited:
        data = {
            "probability": decision.audit_probability,
            "agent": proposal.agent,
            "fingerprint": proposal.fingerprint,
            "shadow": record.shadow,
        }
        found.append(Event(kind="audit.drawn", data=data, **common))
    return found


def _project(connection: Connection, record: Record) -> None:
    """Bring the ticket's or document's current state up to date with the decision."""
    attention = {"automate": "", "hold": "review", "decline": "handoff"}[record.decision.action]
    if record.item.kind == "document":
        execute(
            connection,
            "UPDATE documents SET attention = :attention, type = :type WHERE id = :id",
            id=record.item.documents[0].id,
            attention=attention,
            type=record.proposal.document_type or "unknown",
        )
        return
    execute(
        connection,
        """UPDATE tickets SET attention = :attention, intent = :intent, agent = :agent, priority = :priority,
               language = CASE WHEN :language <> '' THEN :language ELSE language END, updated_at = clock_timestamp()
           WHERE id = :id""",
        id=record.item.ticket_id,
        attention=attention,
        intent=record.route.intent,
        agent=record.proposal.agent,
        priority=record.route.priority,
        language=record.route.language,
    )
    if record.item.turn > 1:
        execute(
            connection,
            """UPDATE decisions d SET review = 'superseded' FROM work_items w
               WHERE d.work_item_id = w.id AND w.ticket_id = :ticket AND w.turn < :turn AND d.review = 'open'""",
            ticket=record.item.ticket_id,
            turn=record.item.turn,
        )
