"""Recording: run, decision, audit, deliveries and events of one work item in the caller's single transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from core.contracts import Decision, Proposal, Route, Usage, WorkItem
from core.events import Event
from core.ids import new_id
from core.store import events
from core.store.audits import IN_TIME
from core.store.items import set_state
from core.store.outbox import Job, enqueue_many
from core.store.sql import Jsonb, execute_many, rows


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
    doubled: bool = False  # a second reviewer judges its audit too

    @property
    def intent(self) -> str:
        """The intent that the agent worked on, or else triage's."""
        return self.proposal.intent or self.route.intent

    @property
    def language(self) -> str:
        """The language of the proposal, or else the item's as triage saw it."""
        return self.proposal.language or self.route.language


def save(
    connection: Connection, tenant_id: UUID, written: Sequence[Record], *, delivery_lease: float = 0.0
) -> list[Job]:
    """Write records. Returns jobs of the deliveries to be made, leased to the caller for `delivery_lease` seconds.

    A record whose item, fingerprint and generation is written already is passed over.
    """
    fresh = _save_runs(connection, tenant_id, written)
    _save_decisions(connection, tenant_id, fresh)
    _draw_audits(connection, tenant_id, [record for record in fresh if record.decision.audited])
    events.append(connection, *(event for record in fresh for event in _happened(tenant_id, record)))
    live = [record for record in fresh if not record.shadow]
    _project(connection, live)
    set_state(connection, [r.item.id for r in live if r.decision.action != "automate"], "held")
    effects = [
        effect
        for record in live
        if record.decision.action == "automate"
        for effect in effects_of(record.decision_id, record.item.ticket_id, record.proposal, record.proposal.reply)
    ]
    return add_deliveries(connection, tenant_id, effects, by="agent", lease=delivery_lease)


def save_spent(connection: Connection, tenant_id: UUID, late: Sequence[Record]) -> None:
    """Write down runs that nothing came of, because a newer message or a person was quicker: what they cost is known
    and counted, what they proposed is forgotten. They have no decision."""
    told = {"kind": "abstain", "reply": "", "actions": (), "fields": (), "sources": (), "score": 0.0}
    told["reason"] = "the customer wrote again, or a person took over, while it ran"
    spent = [
        record._replace(proposal=record.proposal.model_copy(update=told))
        for record in late
        if record.proposal.usage.model_calls
    ]
    fresh = _save_runs(connection, tenant_id, spent)
    events.append(connection, *(_ran(record, _common(tenant_id, record)) for record in fresh))


def _save_runs(connection: Connection, tenant_id: UUID, written: Sequence[Record]) -> list[Record]:
    """Insert the runs; returns the records that were new."""
    execute_many(
        connection,
        """INSERT INTO runs (id, tenant_id, work_item_id, agent, agent_version, fingerprint, family, family_fingerprint,
               generation, shadow, intent, language, kind, score, route, proposal, cost_usd, seconds)
           VALUES (:id, :tenant_id, :item, :agent, :version, :fingerprint, :family, :family_fingerprint,
               :generation, :shadow, :intent, :language, :kind, :score, :route, :proposal, :cost, :seconds)
           ON CONFLICT (work_item_id, fingerprint, generation) DO NOTHING""",
        [
            {
                "id": record.run_id,
                "tenant_id": tenant_id,
                "item": record.item.id,
                "agent": record.proposal.agent,
                "version": record.proposal.agent_version,
                "fingerprint": record.proposal.fingerprint,
                "family": record.family,
                "family_fingerprint": record.family_fingerprint,
                "generation": record.item.generation,
                "shadow": record.shadow,
                "intent": record.intent,
                "language": record.language,
                "kind": record.proposal.kind,
                "score": record.proposal.score,
                "route": Jsonb(record.route.model_dump(mode="json")),
                "proposal": Jsonb(record.proposal.model_dump(mode="json")),
                "cost": record.proposal.usage.cost_usd,
                "seconds": record.proposal.usage.seconds,
            }
            for record in written
        ],
    )
    found = rows(connection, "SELECT id FROM runs WHERE id = ANY(:ids)", ids=[record.run_id for record in written])
    new = {row["id"] for row in found}
    return [record for record in written if record.run_id in new]


def _save_decisions(connection: Connection, tenant_id: UUID, fresh: Sequence[Record]) -> None:
    execute_many(
        connection,
        """INSERT INTO decisions (id, tenant_id, run_id, work_item_id, action, reasons, tier, score, threshold,
               certificate_id, audit_probability, audit_smallest, audited, review)
           VALUES (:id, :tenant_id, :run_id, :item, :action, :reasons, :tier, :score, :threshold,
               :certificate_id, :audit_probability, nullif(:audit_smallest, 0), :audited, :review)""",
        [
            {
                "id": record.decision_id,
                "tenant_id": tenant_id,
                "run_id": record.run_id,
                "item": record.item.id,
                "reasons": Jsonb([reason.model_dump(mode="json") for reason in record.decision.reasons]),
                "review": "" if record.shadow or record.decision.action == "automate" else "open",
                **record.decision.model_dump(exclude={"reasons"}),
            }
            for record in fresh
        ],
    )


class Effect(NamedTuple):
    """One effect of a decision that a delivery will carry out."""

    decision_id: UUID | None
    ticket_id: UUID | None
    effect: str  # action | reply | fields
    position: int
    payload: dict[str, object]


def effects_of(decision_id: UUID | None, ticket_id: UUID | None, proposal: Proposal | None, text: str) -> list[Effect]:
    """Return what a decision makes happen: its actions in order, then its reply."""
    found = []
    if proposal is not None:
        found += [
            Effect(
                decision_id, ticket_id, "action", position, {**action.model_dump(mode="json"), "agent": proposal.agent}
            )
            for position, action in enumerate(proposal.actions)
        ]
    if text:
        payload = {"text": text, "question": bool(proposal and proposal.question)}
        found.append(Effect(decision_id, ticket_id, "reply", 0, payload))
    if proposal is not None and proposal.kind == "fields":
        found.append(Effect(decision_id, ticket_id, "fields", 0, {"document_type": proposal.document_type}))
    return found


def add_deliveries(
    connection: Connection,
    tenant_id: UUID,
    effects: Sequence[Effect],
    *,
    by: str,
    delay: float = 0.0,
    lease: float = 0.0,
) -> list[Job]:
    """Add a delivery and its job for each effect; `delay` is the time in which a person's send can be undone."""
    channels = {"action": "action", "reply": "thread", "fields": "result"}
    ids = [new_id() for _ in effects]
    execute_many(
        connection,
        """INSERT INTO deliveries (id, tenant_id, decision_id, ticket_id, position, effect, channel, payload, by,
               send_after)
           VALUES (:id, :tenant_id, :decision_id, :ticket_id, :position, :effect, :channel, :payload, :by,
               clock_timestamp() + make_interval(secs => :delay))
           ON CONFLICT (decision_id, effect, position) DO NOTHING""",
        [
            {
                **effect._asdict(),
                "id": delivery_id,
                "tenant_id": tenant_id,
                "channel": channels[effect.effect],
                "payload": Jsonb(effect.payload),
                "by": by,
                "delay": delay,
            }
            for delivery_id, effect in zip(ids, effects, strict=True)
        ],
    )
    return enqueue_many(connection, tenant_id, "delivery.send", "tickets", ids, delay=delay, lease=lease)


def _draw_audits(connection: Connection, tenant_id: UUID, drawn: Sequence[Record]) -> None:
    execute_many(
        connection,
        f"""INSERT INTO audits (id, tenant_id, run_id, work_item_id, agent, fingerprint, family, family_fingerprint,
               intent, language, probability, smallest, flagged, doubled, score, action, due_at)
           VALUES (:id, :tenant_id, :run_id, :item, :agent, :fingerprint, :family, :family_fingerprint,
               :intent, :language, :probability, :smallest, :flagged, :doubled, :score, :action,
               clock_timestamp() + {IN_TIME})""",
        [
            {
                "id": new_id(),
                "tenant_id": tenant_id,
                "run_id": record.run_id,
                "item": record.item.id,
                "agent": record.proposal.agent,
                "fingerprint": record.proposal.fingerprint,
                "family": record.family,
                "family_fingerprint": record.family_fingerprint,
                "intent": record.intent,
                "language": record.language,
                "probability": record.decision.audit_probability,
                "smallest": record.decision.audit_smallest or record.decision.audit_probability,
                "flagged": record.decision.flagged,
                "doubled": record.doubled,
                "score": record.proposal.score,
                "action": record.decision.action,
            }
            for record in drawn
        ],
    )


def _common(tenant_id: UUID, record: Record) -> dict[str, Any]:
    item = record.item
    return {
        "at": record.at,
        "tenant_id": tenant_id,
        "ticket_id": item.ticket_id,
        "document_id": item.documents[0].id if item.kind == "document" and item.documents else None,
        "work_item_id": item.id,
        "run_id": record.run_id,
    }


def calls_of(usage: Usage) -> dict[str, dict[str, int]]:
    """Return the calls by model for an event's data; nothing where no model was asked."""
    return {name: calls for name, calls in (("answered", usage.answered), ("failed", usage.failed)) if calls}


def _ran(record: Record, common: dict[str, Any]) -> Event:
    proposal = record.proposal
    return Event(
        kind="run.recorded",
        data={
            "agent": proposal.agent,
            "version": proposal.agent_version,
            "fingerprint": proposal.fingerprint,
            "intent": record.intent,
            "language": record.language,
            "score": proposal.score,
            "proposal": proposal.kind,
            "cost_usd": proposal.usage.cost_usd,
            "model": proposal.usage.model,
            **proposal.usage.model_dump(include={"input_tokens", "output_tokens", "cached_tokens"}),
            "seconds": proposal.usage.seconds,
            **calls_of(proposal.usage),
            "generation": record.item.generation,
            "shadow": record.shadow,
        },
        **common,
    )


def _happened(tenant_id: UUID, record: Record) -> list[Event]:
    proposal, decision, route = record.proposal, record.decision, record.route
    common = _common(tenant_id, record)
    found = [
        Event(
            kind="item.routed",
            data=route.model_dump(mode="json", include={"agent", "intent", "score", "language", "priority", "reason"}),
            **common,
        ),
        _ran(record, common),
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


ATTENTION = {"automate": "", "hold": "review", "decline": "handoff"}


def _project(connection: Connection, live: Sequence[Record]) -> None:
    """Bring tickets' and documents' current state up to date with the decisions."""
    execute_many(
        connection,
        "UPDATE documents SET attention = :attention, type = :type WHERE id = :id",
        [
            {
                "id": record.item.documents[0].id,
                "attention": ATTENTION[record.decision.action],
                "type": record.proposal.document_type or "unknown",
            }
            for record in live
            if record.item.kind == "document"
        ],
    )
    tickets = [record for record in live if record.item.kind == "ticket"]
    execute_many(
        connection,
        """UPDATE tickets SET attention = :attention, intent = :intent, agent = :agent,
               priority = CASE WHEN priority_by = '' THEN :priority ELSE priority END,
               language = CASE WHEN :language <> '' THEN :language ELSE language END, updated_at = clock_timestamp()
           WHERE id = :id""",
        [
            {
                "id": record.item.ticket_id,
                "attention": ATTENTION[record.decision.action],
                "intent": record.route.intent,
                "agent": record.proposal.agent,
                "priority": record.route.priority,
                "language": record.route.language,
            }
            for record in tickets
        ],
    )
    execute_many(
        connection,
        """UPDATE decisions d SET review = 'superseded' FROM work_items w
           WHERE d.work_item_id = w.id AND w.ticket_id = :ticket AND w.turn < :turn AND d.review = 'open'""",
        [{"ticket": r.item.ticket_id, "turn": r.item.turn} for r in tickets if r.item.turn > 1],
    )
