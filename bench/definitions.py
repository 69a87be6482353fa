"""One month of tickets with known truth under seven vendors' definitions and ours: how far do they lie apart?

python -m bench.definitions [--tickets 100000] [--seed 1]

What customers do is generated (silence, giving up, coming back here or elsewhere), so that we know which tickets the
agent really solved. The LLM judge that some vendors rely on is simulated too: it approves 93 % of the good and 35 % of
the bad conversations. A coin draws 5 % of the automated runs for audit; the auditor knows the truth.
"""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from core.events import Event, EventKind
from metrics import accuracy
from metrics.cohort import Cohort, cohort
from metrics.definitions.judge import Verdict
from metrics.estimate import Estimate
from metrics.fold import fold
from metrics.side_by_side import side_by_side
from metrics.sums import Sums, sums_of

START = datetime(2026, 9, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
TENANT = UUID(int=1)
INTENTS = ("card_lost", "refund", "delivery", "password", "invoice", "plan_change")
TRIED, RIGHT, HELD, ASKED, AUDITED = 0.75, 0.86, 0.12, 0.06, 0.05


class Month:
    """A generated month: its events, and for each ticket whether the agent alone really solved it."""

    def __init__(self, tickets: int, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._tickets = tickets
        self._extra = tickets
        self.solved: dict[UUID, bool] = {}

    def events(self) -> Iterator[Event]:
        """All events, ticket by ticket."""
        for number in range(self._tickets):
            arrived = START + MONTH * float(self._rng.random())
            yield from self._ticket(number, arrived, f"c{number}", str(self._rng.choice(INTENTS)), "email")

    def _ticket(self, number: int, at: datetime, customer: str, intent: str, channel: str) -> Iterator[Event]:
        ticket = _Ticket(number, at)
        self.solved[ticket.id] = False
        yield ticket.event("ticket.received", 0, channel=channel, customer=customer, origin="live")
        yield ticket.event("item.routed", 0.01, agent="helper", intent=intent)
        if self._rng.random() > TRIED:
            yield ticket.event("run.recorded", 0.02, agent="helper", proposal="abstain")
            yield ticket.event("decision.recorded", 0.02, action="decline", reasons=["no_draft"])
            yield from self._person(ticket, 2 + 6 * self._rng.random())
            return
        yield ticket.event("run.recorded", 0.02, agent="helper", proposal="reply")
        kind = self._rng.random()
        if kind < HELD:
            yield ticket.event("decision.recorded", 0.02, action="hold", reasons=["score_below_threshold"])
            yield ticket.event("review.edited", 1 + 4 * self._rng.random(), by="an", seconds=60.0)
        elif kind < HELD + ASKED:
            yield ticket.event("decision.recorded", 0.02, action="automate", reasons=["certified"])
            yield ticket.event("delivery.sent", 0.03, effect="reply", by="agent", question=True)
        else:
            yield from self._answered(ticket, customer, intent)

    def _answered(self, ticket: "_Ticket", customer: str, intent: str) -> Iterator[Event]:
        right, drawn = bool(self._rng.random() < RIGHT), bool(self._rng.random() < AUDITED)
        coin = {"audit_probability": AUDITED, "audited": drawn}
        yield ticket.event("decision.recorded", 0.02, action="automate", reasons=["certified"], **coin)
        yield ticket.event("delivery.sent", 0.03, effect="reply", by="agent")
        if drawn:
            yield ticket.event("audit.judged", 30, right=right)
        if self._rng.random() < 0.6:
            yield ticket.event("ticket.closed", 0.03, by="agent")
        what = self._rng.random()
        if right:
            yield from self._content(ticket, what)
        elif what < 0.30:  # asks again in the same ticket, and a person answers
            again = 1 + 90 * self._rng.random()
            yield ticket.event("message.received", again, turn=2)
            yield from self._person(ticket, again + 3)
        elif what < 0.55:  # comes back through another channel, where a person answers
            later = ticket.at + timedelta(hours=2 + 140 * self._rng.random())
            self._extra += 1
            other = _Ticket(self._extra, later)
            self.solved[other.id] = False
            yield other.event("ticket.received", 0, channel="chat", customer=customer, origin="live")
            yield other.event("item.routed", 0.01, agent=None, intent=intent)
            yield from self._person(other, 1.0)
        # else: gives up in silence, and no event tells

    def _content(self, ticket: "_Ticket", what: float) -> Iterator[Event]:
        self.solved[ticket.id] = True
        if what < 0.10:
            yield ticket.event("ticket.confirmed", 2)
        elif what < 0.14:
            yield ticket.event("ticket.closed", 3, by="customer")
        elif what < 0.20:  # one more question, answered by the agent
            yield ticket.event("message.received", 5, turn=2)
            yield ticket.event("delivery.sent", 5.1, effect="reply", by="agent")

    def _person(self, ticket: "_Ticket", hours: float) -> Iterator[Event]:
        yield ticket.event("staff.replied", hours, by="an", seconds=float(self._rng.gamma(4.0, 60.0)))

    def judge(self, seed: int) -> dict[UUID, Verdict]:
        """The simulated LLM judge's word on each ticket."""
        rng = np.random.default_rng(seed)
        approve, unsure, left = rng.random((3, len(self.solved)))
        return {
            ticket: Verdict(5 if approve[i] < (0.93 if good else 0.35) else 3 if unsure[i] < 0.3 else 2, left[i] < 0.02)
            for i, (ticket, good) in enumerate(self.solved.items())
        }


class _Ticket:
    """One generated ticket."""

    def __init__(self, number: int, at: datetime) -> None:
        self.id, self.run, self.at = UUID(int=10 + 2 * number), UUID(int=11 + 2 * number), at

    def event(self, kind: EventKind, hours: float, **data: Any) -> Event:
        """An event so many hours after the ticket's arrival; not validated, for speed."""
        of_run = kind.startswith(("item.routed", "run.", "decision.", "audit."))
        return Event.model_construct(
            kind=kind,
            at=self.at + timedelta(hours=hours),
            tenant_id=TENANT,
            ticket_id=self.id,
            document_id=None,
            work_item_id=None,
            run_id=self.run if of_run else None,
            data=data,
        )


def main() -> None:
    """Generate, fold, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.definitions", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin = time.monotonic()
    month = Month(options.tickets, options.seed)
    log = list(month.events())
    folding = time.monotonic()
    facts = fold(log)
    folded = time.monotonic() - folding
    until = START + MONTH
    whole = cohort(facts, since=START, until=until, now=until + timedelta(days=60))
    verdicts = month.judge(options.seed)
    sums = sums_of(whole, judge=lambda ticket: verdicts[ticket.id])
    figures = side_by_side(sums, judge=True)
    truth = true_shares(whole, sums, month)
    right = next(one.estimate for one in figures if one.definition.name == "audited_right")
    speed = len(log) / folded
    print(f"\n{len(whole.tickets):,} tickets, {len(log):,} events folded in {folded:.1f} s ({speed:,.0f} a second)")
    print(
        f"truly solved by the agent alone: {truth['all']:.1%} of all tickets, {truth['wrote']:.1%} of those it wrote to"
    )
    print(f"\n{'figure':44} {'value':>7}  [95 % interval]    against the truth of the same denominator")
    for one in figures:
        if one.definition.unit == "share":
            print(
                f"{one.definition.title:44} {_said(one.estimate)}  {_apart(one.definition.name, one.estimate, truth)}"
            )
    print(json.dumps(_line(options.tickets, time.monotonic() - begin, figures, right, sums, truth, speed)))


# Figures that claim that tickets were dealt with, and what they have in the denominator.
CLAIMS = {
    "automation_share": "all",
    "fin_automation": "all",
    "audited_right": "all",
    "resolution": "attempted",
    "containment": "attempted",
    "chatwoot_auto_resolution": "involved",
    "fin_resolution": "wrote",
    "zendesk_contained": "wrote",
    "zendesk_verified": "wrote",
    "agentforce_deflected": "wrote",
    "ada_resolution": "wrote",
    "ada_containment": "wrote",
    "decagon_containment": "wrote",
    "libredesk_resolution": "wrote",
}


def true_shares(whole: Cohort, sums: Sums, month: Month) -> dict[str, float]:
    """The true part solved by the agent alone, over each of the denominators that the definitions use."""
    solved = sum(month.solved[t.id] for t in whole.tickets)
    sizes = {
        "all": len(whole.tickets),
        "attempted": sums.tickets["attempted"],
        "involved": sums.tickets["among_involved"],
        "wrote": sums.tickets["among_wrote"],
    }
    return {name: solved / size for name, size in sizes.items()}


def _said(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"{'?':>7}"
    return f"{estimate.value:7.1%}  [{estimate.low:6.1%}, {estimate.high:6.1%}]"


def _apart(name: str, estimate: Estimate, truth: dict[str, float]) -> str:
    if estimate.value is None or name not in CLAIMS:
        return ""
    true = truth[CLAIMS[name]]
    inside = estimate.low is not None and estimate.high is not None and estimate.low <= true <= estimate.high
    return f"{100 * (estimate.value - true):+5.1f} points" + (", interval holds it" if inside else "")


def _line(
    n: int, seconds: float, figures: Any, right: Estimate, sums: Sums, truth: dict[str, float], speed: float
) -> dict[str, Any]:
    shown = {f"{one.vendor}.{one.definition.name}": _short(one.estimate) for one in figures}
    ours = {"audited_right": _short(right), "accuracy": _short(accuracy.estimate(sums))}
    rounded = {name: round(value, 5) for name, value in truth.items()}
    inside = right.low is not None and right.high is not None and right.low <= truth["all"] <= right.high
    extra = {"truth": rounded, "truth_in_our_interval": inside, "events_folded_per_second": round(speed)}
    data = "a generated month with known truth"
    return {
        "bench": "definitions",
        "data": data,
        "n": n,
        "seconds": round(seconds, 1),
        "figures": {f"saola.{name}": value for name, value in ours.items()} | extra,
        "yardstick": shown,
    }


def _short(estimate: Estimate) -> dict[str, float | int | None]:
    kept = estimate.model_dump(include={"value", "low", "high", "k", "n"})
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in kept.items()}


if __name__ == "__main__":
    main()
