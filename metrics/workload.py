"""The workload a ticket stands for: what people's handling of tickets of its intent takes, measured, not assumed."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean

from metrics.cohort import Cohort
from metrics.facts import TicketFacts

ENOUGH = 30
ENOUGH_PER_INTENT = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """Mean handling seconds by intent, from n tickets that people alone handled; `overall` where an intent has few.

    before: the tickets came before the period (not only the hard ones that agents left over).
    """

    overall: float
    by_intent: dict[str, float]
    n: int
    before: bool

    def seconds(self, ticket: TicketFacts) -> float:
        """What a person would have spent on a ticket like this one."""
        return self.by_intent.get(ticket.intent, self.overall)


def baseline(cohort: Cohort) -> Baseline | None:
    """Measure it on tickets from before the period if at least 30 have times, else on all; None without any."""
    handled = [t for t in (*cohort.history, *cohort.tickets) if t.human_seconds is not None and not t.answered]
    earlier = [t for t in handled if t.received_at < cohort.since or t.origin == "import"]
    used = earlier if len(earlier) >= ENOUGH else handled
    if not used:
        return None
    by_intent: dict[str, list[float]] = defaultdict(list)
    for ticket in used:
        by_intent[ticket.intent].append(ticket.human_seconds or 0.0)
    return Baseline(
        overall=fmean(t.human_seconds or 0.0 for t in used),
        by_intent={intent: fmean(times) for intent, times in by_intent.items() if len(times) >= ENOUGH_PER_INTENT},
        n=len(used),
        before=used is earlier,
    )
