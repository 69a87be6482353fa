"""The fold: events in, facts out. Pure; the order of the events does not matter, duplicates of none are expected.

Events carry the time at which things happened, so late and imported events land where they belong. To see repeat
contacts of the last tickets of a period, hand in the events of the tickets of the 7 days after it as well.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from core.events import Event
from metrics.facts import WINDOW, DocumentFacts, Facts, Moment, RunFacts, TicketFacts, What

_TOUCHES = {"review.approved", "review.edited", "review.rejected", "review.taken_over", "staff.replied"}
_RUN_KINDS = {"run.recorded", "decision.recorded", "audit.drawn", "audit.judged"}


def fold(events: Iterable[Event]) -> Facts:
    """Fold a log into facts. Items whose arrival is not among the events are left out."""
    tickets: dict[UUID, list[Event]] = defaultdict(list)
    documents: dict[UUID, list[Event]] = defaultdict(list)
    for event in events:
        if event.document_id is not None:
            documents[event.document_id].append(event)
        elif event.ticket_id is not None:
            tickets[event.ticket_id].append(event)
    found = [t for history in tickets.values() if (t := _ticket(history)) is not None]
    read = [d for history in documents.values() if (d := _document(history)) is not None]
    return Facts(
        tickets=tuple(sorted(_mark_repeats(found), key=lambda t: (t.received_at, t.id))),
        documents=tuple(sorted(read, key=lambda d: (d.received_at, d.id))),
    )


def _in_order(history: list[Event]) -> list[Event]:
    """By time; of things at the same instant arrival comes first, then reopening and messages, then what answers."""
    rank = {"ticket.received": 0, "document.received": 0, "ticket.reopened": 1, "message.received": 2}
    return sorted(history, key=lambda e: (e.at, rank.get(e.kind, 3)))


@dataclass(slots=True)
class _Episode:
    """The running state of one ticket's first episode."""

    values: dict[str, Any] = field(default_factory=dict)
    human_seconds: list[float] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    over: bool = False

    def set(self, **values: Any) -> None:
        self.values.update(values)


def _ticket(history: list[Event]) -> TicketFacts | None:
    ordered = _in_order(history)
    received = next((e for e in ordered if e.kind == "ticket.received"), None)
    if received is None:
        return None
    runs = _runs(ordered)
    shadow = {run.id for run in runs if run.shadow}
    facts = _Episode()
    facts.set(id=received.ticket_id, received_at=received.at, open=True)
    for name in ("channel", "language", "customer", "origin"):
        facts.set(**{name: str(received.data.get(name) or "")})
    for event in ordered:
        if event.run_id in shadow:
            _shadow_intent(facts, event)
        else:
            _apply(facts, event)
    return TicketFacts(
        **facts.values,
        human_seconds=sum(facts.human_seconds) if facts.human_seconds else None,
        reasons=tuple(dict.fromkeys(facts.reasons)),
        timeline=tuple(m for e in ordered if e.run_id not in shadow and (m := _moment(e)) is not None),
        runs=runs,
    )


_MOMENTS: dict[str, What] = {
    **dict.fromkeys(_TOUCHES, "person"),
    "message.received": "customer",
    "ticket.reopened": "reopen",
    "ticket.confirmed": "confirm",
    "ticket.closed": "close",
}


def _moment(event: Event) -> Moment | None:
    by = str(event.data.get("by") or "")
    if event.kind == "delivery.sent":
        if by != "agent":
            return None
        return Moment("question" if event.data.get("question") else "answer", event.at, by)
    what = _MOMENTS.get(event.kind)
    return None if what is None else Moment(what, event.at, by)


def _shadow_intent(facts: _Episode, event: Event) -> None:
    """A shadow run answers nobody, but it may be all that tells an imported ticket's intent."""
    if event.kind == "item.routed" and not facts.values.get("intent"):
        facts.set(intent=str(event.data.get("intent") or ""))


def _apply(facts: _Episode, event: Event) -> None:
    """One event. What a ticket is (spam, merged, rated) may come at any time; what happened to it, in the episode."""
    kind, data = event.kind, event.data
    if kind == "ticket.marked_spam":
        facts.set(spam=True)
    elif kind == "ticket.merged":
        facts.set(merged=True)
    elif kind == "csat.answered" and facts.values.get("csat") is None:
        facts.set(csat=int(data["rating"]))
    answered_at: datetime | None = facts.values.get("answered_at")
    if answered_at is not None and not facts.values["open"] and event.at > answered_at + WINDOW:
        facts.over = True
    if facts.over:
        return
    if kind == "item.routed":
        _route(facts, data)
    elif kind == "run.recorded" and data.get("proposal") != "abstain":
        facts.set(routed=True, attempted=True)
        facts.set(agent=str(data.get("agent") or ""), version=str(data.get("version") or ""))
    elif kind == "decision.recorded":
        _decide(facts, data)
    elif kind == "delivery.sent":
        _deliver(facts, event)
    elif kind in _TOUCHES:
        _touch(facts, event)
    elif kind == "message.received":
        facts.set(open=True, asked=False)
    elif kind == "ticket.reopened":
        facts.set(reopened=True, open=True)
    elif kind == "ticket.confirmed":
        facts.set(confirmed=True)
    elif kind == "ticket.closed":
        by = str(data.get("by") or "")
        facts.set(closed_by=by, confirmed=bool(facts.values.get("confirmed")) or by == "customer")


def _route(facts: _Episode, data: dict[str, Any]) -> None:
    if data.get("agent"):
        facts.set(routed=True)
        if not facts.values.get("agent"):
            facts.set(agent=str(data["agent"]))
    if data.get("intent") and not facts.values.get("intent"):
        facts.set(intent=str(data["intent"]))
    if data.get("language") and not facts.values.get("language"):
        facts.set(language=str(data["language"]))


def _decide(facts: _Episode, data: dict[str, Any]) -> None:
    if data.get("action") == "automate":
        return
    facts.reasons.extend(str(code) for code in data.get("reasons", []))
    if data.get("action") == "decline":
        facts.set(declined=True)


def _deliver(facts: _Episode, event: Event) -> None:
    if event.data.get("effect") == "reply" and facts.values.get("first_reply_at") is None:
        facts.set(first_reply_at=event.at)
    if event.data.get("by") != "agent":
        return
    if event.data.get("question"):
        facts.set(asked=True)
        return
    if facts.values.get("first_answer_at") is None:
        facts.set(first_answer_at=event.at)
    facts.set(routed=True, attempted=True, answered=True, answered_at=event.at, open=False)


def _touch(facts: _Episode, event: Event) -> None:
    facts.set(touched=True)
    if event.kind == "review.edited":
        facts.set(edited=True)
    if event.kind == "review.approved":
        facts.set(approved=True)
    if event.kind in ("staff.replied", "review.taken_over", "review.rejected"):
        facts.set(staff_replied=True)
    if event.kind == "staff.replied" and facts.values.get("first_reply_at") is None:
        facts.set(first_reply_at=event.at)
    if event.data.get("seconds") is not None:
        facts.human_seconds.append(float(event.data["seconds"]))


def _document(history: list[Event]) -> DocumentFacts | None:
    ordered = _in_order(history)
    received = next((e for e in ordered if e.kind == "document.received"), None)
    if received is None:
        return None
    runs = _runs(ordered)
    shadow = {run.id for run in runs if run.shadow}
    real = [e for e in ordered if e.run_id not in shadow]
    touched = any(e.kind in _TOUCHES for e in real)
    delivered = any(e.kind == "delivery.sent" and e.data.get("by") == "agent" for e in real)
    agents = [run.agent for run in runs if not run.shadow and run.agent]
    types = [str(e.data["type"]) for e in real if e.kind == "document.read" and e.data.get("type")]
    ended = any(e.kind in ("outcome.recorded", "item.dead") for e in real)
    return DocumentFacts(
        id=received.document_id or UUID(int=0),
        received_at=received.at,
        origin=str(received.data.get("origin") or ""),
        type=types[-1] if types else "",
        media_type=str(received.data.get("media_type") or ""),
        agent=agents[0] if agents else "",
        delivered=delivered,
        touched=touched,
        finished=delivered or touched or ended,
        runs=runs,
    )


def _runs(ordered: list[Event]) -> tuple[RunFacts, ...]:
    values: dict[UUID, dict[str, Any]] = {}
    for event in ordered:
        if event.run_id is None or event.kind not in _RUN_KINDS:
            continue
        run = values.setdefault(event.run_id, {"id": event.run_id, "at": event.at})
        run.update(_RUN_READERS[event.kind](event.data))
    return tuple(RunFacts(**_audit(run)) for run in values.values())


def _audit(run: dict[str, Any]) -> dict[str, Any]:
    """A judgement counts only where a coin drew the audit before: what a reviewer picked says nothing of the rest."""
    if not run.get("audited"):
        run = {name: value for name, value in run.items() if name not in ("right", "critical", "simulated")}
    return run


def _recorded(data: dict[str, Any]) -> dict[str, Any]:
    names = ("agent", "version", "fingerprint", "intent", "language", "model")
    return {
        **{name: str(data.get(name) or "") for name in names},
        "kind": str(data.get("proposal") or ""),
        "score": float(data.get("score") or 0.0),
        "shadow": bool(data.get("shadow")),
        "cost_usd": float(data.get("cost_usd") or 0.0),
        "seconds": float(data.get("seconds") or 0.0),
    }


def _decided(data: dict[str, Any]) -> dict[str, Any]:
    decided = {"action": str(data.get("action") or ""), "audit_probability": float(data.get("audit_probability") or 0)}
    return decided | {name: True for name in ("audited", "shadow") if data.get(name)}


def _drawn(data: dict[str, Any]) -> dict[str, Any]:
    return {"audited": True, "audit_probability": float(data["probability"])}


def _judged(data: dict[str, Any]) -> dict[str, Any]:
    """A later judgement replaces an earlier one: a correction."""
    return {name: bool(data.get(name)) for name in ("right", "critical", "simulated")}


_RUN_READERS = {
    "run.recorded": _recorded,
    "decision.recorded": _decided,
    "audit.drawn": _drawn,
    "audit.judged": _judged,
}


def _mark_repeats(tickets: list[TicketFacts]) -> list[TicketFacts]:
    """Find who came back: any later ticket of the same customer and intent, merged ones too, spam not."""
    arrivals: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for ticket in tickets:
        if ticket.customer and ticket.intent and not ticket.spam:
            arrivals[ticket.customer, ticket.intent].append(ticket.received_at)
    for times in arrivals.values():
        times.sort()

    def came_back(ticket: TicketFacts) -> bool:
        if ticket.first_answer_at is None or ticket.answered_at is None:
            return False
        times = arrivals.get((ticket.customer, ticket.intent), [])
        after = bisect_right(times, ticket.first_answer_at)
        return after < len(times) and times[after] <= ticket.answered_at + WINDOW

    return [replace(ticket, repeated=True) if came_back(ticket) else ticket for ticket in tickets]
