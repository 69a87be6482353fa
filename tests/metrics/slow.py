"""The slow, obvious reference: what the definitions say, ticket by ticket and pair by pair, from the events."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from core.events import Event

WEEK = timedelta(days=7)
TOUCHES = {"review.approved", "review.edited", "review.rejected", "review.taken_over", "staff.replied"}


def is_answer(e: Event) -> bool:
    """An agent sent something that is not a question."""
    return e.kind == "delivery.sent" and e.data["by"] == "agent" and not e.data.get("question")


class Slow:
    """One ticket, judged by looking at all of its events again for every question."""

    def __init__(self, ticket_id: UUID, log: list[Event]) -> None:
        own = sorted((e for e in log if e.ticket_id == ticket_id), key=lambda e: e.at)
        shadow = {e.run_id for e in own if e.data.get("shadow")}
        self.all = own
        self.real = [e for e in own if e.run_id not in shadow or e.kind == "ticket.received"]
        self.arrival = next(e for e in own if e.kind == "ticket.received")
        end = self._end()
        self.episode = [e for e in self.real if e.at <= end]

    def _end(self) -> datetime:
        answers = [e.at for e in self.real if is_answer(e)]
        talk = answers + [e.at for e in self.real if e.kind in ("message.received", "ticket.reopened")]
        for answer in answers:
            if not any(answer < other <= answer + WEEK for other in talk):
                return answer + WEEK
        return max(e.at for e in self.all)

    def has(self, *kinds: str) -> bool:
        """Whether anything of these kinds happened in the episode."""
        return any(e.kind in kinds for e in self.episode)

    @property
    def answers(self) -> list[datetime]:
        return [e.at for e in self.episode if is_answer(e)]

    @property
    def counted(self) -> bool:
        return not any(e.kind in ("ticket.marked_spam", "ticket.merged") for e in self.real)

    @property
    def spam(self) -> bool:
        return any(e.kind == "ticket.marked_spam" for e in self.real)

    @property
    def intent(self) -> str:
        named = [e.data["intent"] for e in self.all if e.kind == "item.routed" and e.data["intent"]]
        return named[0] if named else ""

    @property
    def open(self) -> bool:
        talk = [e for e in self.episode if is_answer(e) or e.kind in ("message.received", "ticket.reopened")]
        return not talk or not is_answer(talk[-1])

    @property
    def attempted(self) -> bool:
        drafts = [e for e in self.episode if e.kind == "run.recorded" and e.data["proposal"] != "abstain"]
        return bool(drafts or self.answers)

    @property
    def contained(self) -> bool:
        return bool(self.answers) and not self.has(*TOUCHES) and not self.open

    @property
    def customer(self) -> str:
        return str(self.arrival.data["customer"])

    def judging(self, run_id: UUID) -> float | None:
        """What people spent on judging a run that a coin drew; None where it was not drawn, or nobody said."""
        own = [e for e in self.all if e.run_id == run_id]
        drawn = any(e.kind == "audit.drawn" or (e.kind == "decision.recorded" and e.data.get("audited")) for e in own)
        spent = [e.data["seconds"] for e in own if e.kind.startswith("audit.") and "seconds" in e.data]
        return sum(spent) if drawn and spent else None

    def calls(self) -> Counter[str]:
        """Calls of models by what became of them: of each run as its last record says, and of attempts that failed."""
        last = {e.run_id: e for e in self.real if e.kind == "run.recorded"}
        told = [*last.values(), *(e for e in self.real if e.kind in ("item.failed", "item.dead"))]
        found: Counter[str] = Counter()
        for e in told:
            for what in ("answered", "failed"):
                for model, n in e.data.get(what, {}).items():
                    found[f"{what}:{model.replace('  ', ' ').replace(' ', '_')}"] += n
        return found

    @property
    def settled_at(self) -> datetime:
        return max([self.arrival.at, *self.answers]) + WEEK

    def came_back(self, everyone: list["Slow"]) -> bool:
        """Another ticket of the same customer and intent came after the first answer, within 7 days of the last."""
        return any(
            other is not self
            and not other.spam
            and self.customer == other.customer != ""
            and self.intent == other.intent != ""
            and bool(self.answers)
            and self.answers[0] < other.arrival.at <= self.answers[-1] + WEEK
            for other in everyone
        )

    def durable(self, everyone: list["Slow"]) -> bool:
        return self.contained and not self.has("ticket.reopened") and not self.came_back(everyone)


def tickets(log: list[Event]) -> list[Slow]:
    """All tickets of a log, by id."""
    ids = sorted({e.ticket_id for e in log if e.ticket_id is not None})
    return [Slow(ticket_id, log) for ticket_id in ids]
