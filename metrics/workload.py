"""The workload a ticket stands for: what people's handling of tickets of its intent takes, measured, not assumed."""

from collections.abc import Mapping
from dataclasses import dataclass

ENOUGH = 30
ENOUGH_PER_INTENT = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """Mean handling seconds by intent, from n tickets that people alone handled; `overall` where an intent has few.

    before: the tickets came before the period (not only the hard ones that agents left over).
    """

    overall: float
    by_intent: Mapping[str, float]
    n: int
    before: bool

    def seconds(self, intent: str) -> float:
        """What a person would have spent on a ticket of this intent."""
        return self.by_intent.get(intent, self.overall)


def baseline(handled: Mapping[tuple[str, bool], tuple[int, int]]) -> Baseline | None:
    """Measure it on tickets from before the period if at least 30 have times, else on all; None without any.

    handled: (intent, before the period) to how many tickets and how many milliseconds.
    """
    before = sum(n for (_, early), (n, _) in handled.items() if early) >= ENOUGH
    by_intent: dict[str, tuple[int, int]] = {}
    for (intent, early), (n, spent) in handled.items():
        if early or not before:
            known_n, known_spent = by_intent.get(intent, (0, 0))
            by_intent[intent] = known_n + n, known_spent + spent
    n = sum(count for count, _ in by_intent.values())
    if n == 0:
        return None
    return Baseline(
        overall=sum(spent for _, spent in by_intent.values()) / n / 1000,
        by_intent={i: spent / count / 1000 for i, (count, spent) in by_intent.items() if count >= ENOUGH_PER_INTENT},
        n=n,
        before=before,
    )
