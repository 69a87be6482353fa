"""The fold: events in, facts out. Pure; the order of the events does not matter, duplicates of none are expected.

Events carry the time at which things happened, so late and imported events land where they belong. To see repeat
contacts of the last tickets of a period, hand in the events of the tickets of the 7 days after it as well.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from core.events import Happened
from core.rollups import ANSWERED, FAILED
from metrics.facts import WINDOW, DocumentFacts, Facts, Moment, RunFacts, TicketFacts, What

_TOUCHES = {"review.approved", "review.edited", "review.rejected", "review.taken_over", "staff.replied"}
_FAILURES = {"item.failed", "item.dead"}
_RUN_KINDS = {"run.recorded", "decision.recorded", "audit.drawn", "audit.judged", "audit.seconded"}


def fold(events: Iterable[Happened], *, repeats: bool = True) -> Facts:
    """Fold a log into facts. Items whose arrival is not among the events are left out.

    `repeats` False leaves repeat contacts unmarked: for a caller that sees only some of a customer's tickets.
    """
    tickets: dict[UUID, list[Happened]] = defaultdict(list)
    documents: dict[UUID, list[Happened]] = defaultdict(list)
    for event in events:
        if event.document_id is not None:
            documents[event.document_id].append(event)
        elif event.ticket_id is not None:
            tickets[event.ticket_id].append(event)
    found = [t for history in tickets.values() if (t := _ticket(history)) is not None]
    read = [d for history in documents.values() if (d := _document(history)) is not None]
    return Facts(
        tickets=tuple(sorted(_mark_repeats(found) if repeats else found, key=lambda t: (t.received_at, t.id))),
        documents=tuple(sorted(read, key=lambda d: (d.received_at, d.id))),
    )


_RANK = {"ticket.received": 0, "document.received": 0, "ticket.reopened": 1, "message.received": 2}


def _in_order(history: list[Happened]) -> list[Happened]:
    """By time; of things at the same instant arrival comes first, then reopening and messages, then what answers."""
    return sorted(history, key=lambda e: (e.at, _RANK.get(e.kind, 3)))


@dataclass(slots=True)
class _Life:
    """The running state of one ticket: of what it is, and of its first episode."""

    channel: str = ""
    language: str = ""
    customer: str = ""
    customer_group: str = ""
    origin: str = ""
    intent: str = ""
    agent: str = ""
    version: str = ""
    model: str = ""
    spam: bool = False
    merged: bool = False
    routed: bool = False
    attempted: bool = False
    answered: bool = False
    touched: bool = False
    declined: bool = False
    staff_replied: bool = False
    open: bool = True
    first_answer_at: datetime | None = None
    answered_at: datetime | None = None
    first_reply_at: datetime | None = None
    last_reply_at: datetime | None = None
    reopened: bool = False
    confirmed: bool = False
    human_seconds: float | None = None
    csat: int | None = None
    csat_asked: bool = False
    failed: bool = False
    failed_calls: Counter[str] = field(default_factory=Counter)
    reasons: tuple[str, ...] = ()


_LIFE = tuple(_Life.__dataclass_fields__)


def _ticket(history: list[Happened]) -> TicketFacts | None:
    ordered = _in_order(history)
    received = next((e for e in ordered if e.kind == "ticket.received"), None)
    if received is None or received.ticket_id is None:
        return None
    runs = _runs(ordered)
    shadow = {run.id for run in runs if run.shadow}
    data = received.data
    life = _Life(
        channel=str(data.get("channel") or ""),
        language=str(data.get("language") or ""),
        customer=str(data.get("customer") or ""),
        customer_group=str(data.get("customer_group") or ""),
        origin=str(data.get("origin") or ""),
    )
    over = False
    timeline: list[Moment] = []
    for event in ordered:
        if event.run_id in shadow:
            _shadow_intent(life, event)
            continue
        if (moment := _moment(event)) is not None:
            timeline.append(moment)
        _belongs(life, event)
        if life.answered_at is not None and not life.open and event.at > life.answered_at + WINDOW:
            over = True
        if not over and (apply := _HAPPENED.get(event.kind)) is not None:
            apply(life, event)
    return TicketFacts(
        id=received.ticket_id,
        received_at=received.at,
        timeline=tuple(timeline),
        runs=runs,
        **{name: getattr(life, name) for name in _LIFE},
    )


_MOMENTS: dict[str, What] = {
    **dict.fromkeys(_TOUCHES, "person"),
    "message.received": "customer",
    "ticket.reopened": "reopen",
    "ticket.confirmed": "confirm",
    "ticket.closed": "close",
}


def _moment(event: Happened) -> Moment | None:
    if event.kind == "delivery.sent":
        if event.data.get("by") != "agent":
            return None
        return Moment("question" if event.data.get("question") else "answer", event.at, "agent")
    what = _MOMENTS.get(event.kind)
    return None if what is None else Moment(what, event.at, str(event.data.get("by") or ""))


def _shadow_intent(life: _Life, event: Happened) -> None:
    """A shadow run answers nobody, but it may be all that tells an imported ticket's intent."""
    if event.kind == "item.routed" and not life.intent:
        life.intent = str(event.data.get("intent") or "")


def _belongs(life: _Life, event: Happened) -> None:
    """What a ticket is (spam, merged, rated) may come at any time; what happened to it, in the episode only."""
    if event.kind == "ticket.marked_spam":
        life.spam = True
    elif event.kind == "ticket.merged":
        life.merged = True
    elif event.kind in _FAILURES:
        life.failed = True
        life.failed_calls.update(_calls(event.data))
    elif event.kind == "csat.answered" and life.csat is None:
        life.csat = int(event.data["rating"])
    elif event.kind == "csat.asked":
        life.csat_asked = True


def _routed(life: _Life, event: Happened) -> None:
    data = event.data
    if data.get("agent"):
        life.routed = True
        life.agent = life.agent or str(data["agent"])
    life.intent = life.intent or str(data.get("intent") or "")
    life.language = life.language or str(data.get("language") or "")


def _ran(life: _Life, event: Happened) -> None:
    data = event.data
    if data.get("proposal") == "abstain":
        return
    life.routed = life.attempted = True
    life.agent, life.version = str(data.get("agent") or life.agent), str(data.get("version") or "")
    life.model = str(data.get("model") or "")


def _decided_on(life: _Life, event: Happened) -> None:
    action = event.data.get("action")
    if action == "automate":
        return
    codes = [str(code) for code in event.data.get("reasons", [])]
    life.reasons = tuple(dict.fromkeys([*life.reasons, *codes]))
    if action == "decline":
        life.declined = True


def _delivered(life: _Life, event: Happened) -> None:
    data = event.data
    if data.get("effect") == "reply":
        life.first_reply_at = life.first_reply_at or event.at
        life.last_reply_at = event.at
    if data.get("by") != "agent":
        return
    if data.get("question"):
        return
    life.first_answer_at = life.first_answer_at or event.at
    life.routed = life.attempted = life.answered = True
    life.answered_at, life.open = event.at, False


def _touched(life: _Life, event: Happened) -> None:
    kind = event.kind
    life.touched = True
    if kind in ("staff.replied", "review.taken_over", "review.rejected"):
        life.staff_replied = True
    if kind == "staff.replied":
        life.first_reply_at = life.first_reply_at or event.at
        life.last_reply_at = event.at
    if event.data.get("seconds") is not None:
        life.human_seconds = (life.human_seconds or 0.0) + float(event.data["seconds"])


def _wrote_again(life: _Life, _: Happened) -> None:
    life.open = True


def _reopened(life: _Life, _: Happened) -> None:
    life.reopened = life.open = True


def _confirmed(life: _Life, _: Happened) -> None:
    life.confirmed = True


def _closed(life: _Life, event: Happened) -> None:
    life.confirmed = life.confirmed or event.data.get("by") == "customer"


_HAPPENED: dict[str, Callable[[_Life, Happened], None]] = {
    "item.routed": _routed,
    "run.recorded": _ran,
    "decision.recorded": _decided_on,
    "delivery.sent": _delivered,
    **dict.fromkeys(_TOUCHES, _touched),
    "message.received": _wrote_again,
    "ticket.reopened": _reopened,
    "ticket.confirmed": _confirmed,
    "ticket.closed": _closed,
}


def _document(history: list[Happened]) -> DocumentFacts | None:
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
    versions = [run.version for run in runs if not run.shadow and run.agent]
    named = ((e, {"document.read": "type", "item.routed": "intent"}.get(e.kind, "")) for e in ordered)
    types = [str(e.data[name]) for e, name in named if name and e.data.get(name)]
    source = (received.data.get(name) for name in ("channel", "media_type"))
    ended = any(e.kind in ("outcome.recorded", "item.dead") for e in real)
    return DocumentFacts(
        id=received.document_id or UUID(int=0),
        received_at=received.at,
        origin=str(received.data.get("origin") or ""),
        type=types[-1] if types else "",
        source=" ".join(str(part) for part in source if part),
        agent=agents[0] if agents else "",
        delivered=delivered,
        touched=touched,
        finished=delivered or touched or ended,
        failed=any(e.kind in _FAILURES for e in real),
        failed_calls=sum((Counter(_calls(e.data)) for e in real if e.kind in _FAILURES), Counter()),
        version=versions[0] if versions else "",
        model=next((run.model for run in runs if not run.shadow and run.model), ""),
        runs=runs,
    )


def _runs(ordered: list[Happened]) -> tuple[RunFacts, ...]:
    values: dict[UUID, dict[str, Any]] = {}
    for event in ordered:
        if event.run_id is None or event.kind not in _RUN_KINDS:
            continue
        run = values.setdefault(event.run_id, {"id": event.run_id})
        run.update(_RUN_READERS[event.kind](event.data))
        if event.kind in _JUDGEMENTS and (spent := event.data.get("seconds")) is not None:
            run["judging_seconds"] = run.get("judging_seconds", 0.0) + float(spent)
    return tuple(RunFacts(**_audit(run)) for run in values.values())


_JUDGEMENTS = ("audit.judged", "audit.seconded")
_JUDGED = ("right", "simulated", "fields", "wrong", "seconded", "judging_seconds")


def _audit(run: dict[str, Any]) -> dict[str, Any]:
    """A judgement counts only where a coin drew the audit before: what a reviewer picked says nothing of the rest."""
    if not run.get("audited"):
        run = {name: value for name, value in run.items() if name not in _JUDGED}
    return run


def _recorded(data: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: str(data.get(name) or "") for name in ("agent", "version", "model")},
        "kind": str(data.get("proposal") or ""),
        "shadow": bool(data.get("shadow")),
        "cost_usd": float(data.get("cost_usd") or 0.0),
        "seconds": float(data.get("seconds") or 0.0),
        "tokens": int(data.get("input_tokens") or 0) + int(data.get("output_tokens") or 0),
        "cached_tokens": int(data.get("cached_tokens") or 0),
        "calls": _calls(data),
    }


def _calls(data: dict[str, Any]) -> dict[str, int]:
    """The calls of models that an attempt made, by what became of them; a name is one word."""
    return {
        prefix + "_".join(str(model).split()): int(n)
        for prefix, name in ((ANSWERED, "answered"), (FAILED, "failed"))
        for model, n in (data.get(name) or {}).items()
    }


def _decided(data: dict[str, Any]) -> dict[str, Any]:
    decided = {"action": str(data.get("action") or ""), "audit_probability": float(data.get("audit_probability") or 0)}
    return decided | {name: True for name in ("audited", "shadow") if data.get(name)}


def _drawn(data: dict[str, Any]) -> dict[str, Any]:
    return {"audited": True, "audit_probability": float(data["probability"])}


def _judged(data: dict[str, Any]) -> dict[str, Any]:
    """A later judgement replaces an earlier one: a correction."""
    return {
        **{name: bool(data.get(name)) for name in ("right", "simulated")},
        "fields": int(data.get("fields") or 0),
        "wrong": len(data.get("wrong_fields") or ()),
    }


def _seconded(data: dict[str, Any]) -> dict[str, Any]:
    second = bool(data.get("right"))
    return {"seconded": (second if data.get("agreed") else not second, second)}


_RUN_READERS = {
    "run.recorded": _recorded,
    "decision.recorded": _decided,
    "audit.drawn": _drawn,
    "audit.judged": _judged,
    "audit.seconded": _seconded,
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
