"""Generated histories of tickets: anything that may happen, in any order, at any distance of time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from core.events import Event, EventKind

TENANT = UUID(int=1)
START = datetime(2026, 9, 1, tzinfo=UTC)
AGENT = {"agent": "cards", "version": "1", "fingerprint": "f1"}

Step = tuple[EventKind, dict[str, Any]]
STEPS: list[Step] = [
    ("item.routed", {"agent": "cards", "intent": "card_lost", "language": "en"}),
    ("item.routed", {"agent": None, "intent": ""}),
    ("run.recorded", {**AGENT, "proposal": "reply", "cost_usd": 0.01, "seconds": 1.5}),
    ("run.recorded", {**AGENT, "proposal": "abstain"}),
    ("run.recorded", {**AGENT, "proposal": "reply", "answered": {"a:one": 2, "b:two": 1}, "failed": {"a:one": 3}}),
    ("decision.recorded", {"action": "automate", "reasons": ["certified"], "audit_probability": 0.5, "audited": True}),
    ("decision.recorded", {"action": "hold", "reasons": ["score_below_threshold"]}),
    ("decision.recorded", {"action": "decline", "reasons": ["no_draft"]}),
    ("delivery.sent", {"effect": "reply", "by": "agent"}),
    ("delivery.sent", {"effect": "reply", "by": "agent"}),
    ("delivery.sent", {"effect": "action", "by": "agent"}),
    ("delivery.sent", {"effect": "reply", "by": "agent", "question": True}),
    ("delivery.sent", {"effect": "reply", "by": "staff"}),
    ("review.approved", {"by": "an", "seconds": 20}),
    ("review.edited", {"by": "an", "seconds": 60}),
    ("review.rejected", {"by": "an"}),
    ("review.taken_over", {"by": "an"}),
    ("staff.replied", {"by": "an", "seconds": 300}),
    ("message.received", {"turn": 2}),
    ("message.received", {"turn": 3}),
    ("ticket.reopened", {"by": "customer"}),
    ("ticket.confirmed", {}),
    ("ticket.closed", {"by": "customer"}),
    ("ticket.closed", {"by": "silence"}),
    ("ticket.marked_spam", {}),
    ("ticket.merged", {"into": "x"}),
    ("audit.judged", {"right": True, "seconds": 12.25}),
    ("audit.judged", {"right": False, "simulated": True}),
    ("audit.drawn", {"probability": 0.1}),
    ("audit.seconded", {"right": True, "agreed": False, "seconds": 30}),
    ("csat.asked", {}),
    ("csat.answered", {"rating": 4}),
    ("csat.answered", {"rating": 2}),
    ("item.failed", {"error": "x"}),
    ("item.failed", {"error": "y", "failed": {"a:one": 1, "c: odd  name": 2}}),
    ("item.dead", {"error": "y", "answered": {"b:two": 1}}),
]
OF_RUNS = ("item.routed", "run.", "decision.", "audit.")
HOURS = st.sampled_from([0.1, 1, 5, 24, 71, 100, 167.5, 168, 169, 400])


def event(kind: EventKind, hours: float, ticket: int, run: int = 1, **data: Any) -> Event:
    """One event of ticket number `ticket`, `hours` after START."""
    return Event(
        kind=kind,
        at=START + timedelta(hours=hours),
        tenant_id=TENANT,
        ticket_id=UUID(int=1000 + ticket),
        run_id=UUID(int=10_000 * ticket + run) if kind.startswith(OF_RUNS) else None,
        data=data,
    )


def received(ticket: int, hours: float = 0.0, **data: Any) -> Event:
    """The arrival of a ticket."""
    arrival: dict[str, Any] = {"channel": "api", "customer": f"c{ticket}", "origin": "live"}
    return event("ticket.received", hours, ticket, **arrival | data)


@st.composite
def history(draw: st.DrawFn, ticket: int) -> list[Event]:
    """One ticket's history; no two of its events happen at the same instant. Some runs are shadow runs."""
    at = draw(st.integers(0, 400)) + ticket / 1000
    customer = draw(st.sampled_from(["", "a", "b"]))
    origin = draw(st.sampled_from(["live", "live", "live", "import"]))
    group = {"customer_group": "vip"} if customer == "a" else {}
    made = [received(ticket, at, customer=customer, origin=origin, **group)]
    made.append(event("item.routed", at + 0.01, ticket, **STEPS[0][1]))
    shadow_run = draw(st.sampled_from([0, 0, 2]))
    for kind, data in draw(st.lists(st.sampled_from(STEPS), max_size=9)):
        at += draw(HOURS)
        run = draw(st.sampled_from([1, 1, 2]))
        shadow = {"shadow": True} if run == shadow_run and kind in ("run.recorded", "decision.recorded") else {}
        made.append(event(kind, at, ticket, run, **data | shadow))
    return made


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """A shuffled log of a few tickets."""
    events = [e for number in range(draw(st.integers(1, 5))) for e in draw(history(number))]
    return draw(st.permutations(events))
