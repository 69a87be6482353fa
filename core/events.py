"""The append-only event log's vocabulary. Metrics, pages and streams are projections of these events."""

from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from pydantic import Field

from core.contracts import Frozen

EventKind = Literal[
    "ticket.received",  # channel, language, customer, customer_group, origin ("live" | "import")
    "message.received",  # turn: a follow-up of the customer
    "document.received",  # filename, media_type, size, origin, channel (of its ticket, or "upload")
    "document.read",  # type, pages, seconds
    "item.routed",  # agent (or null), intent, score, language, reason
    "run.recorded",  # agent, version, fingerprint, intent, language, score, proposal (kind), cost_usd, seconds,
    #                  generation, shadow; where a model was asked, answered and failed: {model: calls}
    "decision.recorded",  # action, reasons [code], agent, threshold, score, audit_probability, audited, shadow
    "delivery.sent",  # key, channel, effect ("reply" | "action"), by ("agent" | "staff"), attempts
    "delivery.repeated",  # key, channel: sent again after a crash between accept and mark
    "delivery.failed",  # key, channel, error
    "delivery.refused",  # key, channel, why: the system that an action was to change said no
    "ticket.continued",  # turn: the outcome of an action that the run before waited for began the next run
    "review.approved",  # by, seconds (handling time)
    "review.edited",  # by, seconds, before, after
    "review.rejected",  # by, seconds, reason
    "review.taken_over",  # by
    "review.handed_back",  # by
    "review.undone",  # by: a send was taken back before it went out
    "staff.replied",  # by, seconds
    "audit.drawn",  # probability, agent, fingerprint
    "audit.judged",  # right, critical, by, simulated, probability, agent, fingerprint, seconds (of judging); of
    #                  documents also fields (how many) and wrong_fields [name]
    "outcome.recorded",  # outcome, by
    "ticket.closed",  # by ("customer" | "staff" | "agent" | "silence")
    "ticket.reopened",  # by
    "ticket.confirmed",  # the customer said that it is solved
    "ticket.marked_spam",
    "ticket.merged",  # into, by
    "ticket.absorbed",  # of, by: another ticket was merged into this one
    "ticket.split",  # into, by: a message became a ticket of its own
    "ticket.noted",  # by
    "ticket.tagged",  # by, added, removed
    "ticket.assigned",  # to, by
    "ticket.prioritised",  # to, by
    "item.failed",  # error (class and message), attempts; of a run that asked a model also model_calls, cost_usd,
    #                 answered and failed: {model: calls}
    "item.dead",  # error, attempts; the same
    "item.replayed",
    "certificate.issued",  # certificate fields
    "certificate.revoked",
    "alarm.rang",  # alarm, agent, fingerprint, why ("accuracy" | "signs"), value, level, since, members
    "audit.seconded",  # right, critical, by, agreed, seconds: a second reviewer's word on an audit
    "agent.set",  # agent, tier, target, paused: a live setting changed
    "csat.asked",  # the customer was asked for a rating
    "csat.answered",  # rating 1 to 5
]


class Happened(Protocol):
    """What a reader of the log needs of an event; rows read in bulk have no more."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def ticket_id(self) -> UUID | None: ...
    @property
    def document_id(self) -> UUID | None: ...
    @property
    def run_id(self) -> UUID | None: ...
    @property
    def data(self) -> dict[str, Any]: ...


class Event(Frozen):
    """One thing that happened to one item. `at` is when it happened in the world (UTC), which an import may date
    back; the row's own time of writing is kept beside it."""

    kind: EventKind
    at: datetime
    tenant_id: UUID
    ticket_id: UUID | None = None
    document_id: UUID | None = None
    work_item_id: UUID | None = None
    run_id: UUID | None = None
    data: dict[str, Any] = Field(default_factory=dict)
