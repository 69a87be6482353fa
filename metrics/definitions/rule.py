"""One vendor figure as a rule about one conversation: is it among those looked at, and does it count as a success?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from metrics.definitions.judge import NO_JUDGE, Verdict
from metrics.definitions.timeline import Seen
from metrics.estimate import Estimate, share, unknown
from metrics.figure import Definition

Test = Callable[[Seen], bool]
JudgedTest = Callable[[Seen, Verdict], bool]

# The denominators that vendors use, each one test of one conversation.
AMONG: dict[str, Test] = {
    "all": lambda _: True,
    "wrote": lambda seen: seen.wrote,
    "involved": lambda seen: seen.wrote or seen.declined,
    "idle_resolved": lambda seen: seen.idle_resolved,
    "idle_resolved_old": lambda seen: seen.idle_resolved and seen.settled_at <= seen.now,
    "self_closed": lambda seen: seen.self_closed_at is not None,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A figure k / n: n conversations of `among`, of which k pass `hit`, or `judged` with a judge's verdict.

    scale: for figures that are no share, the amount that each hit stands for; `replies` counts replies, not hits.
    """

    definition: Definition
    among: str
    hit: Test | None = None
    judged: JudgedTest | None = None
    replies: bool = False
    scale: float = 0.0

    def count(self, seen: Seen, verdict: Verdict | None) -> int:
        """What a conversation adds to the numerator."""
        if not AMONG[self.among](seen):
            return 0
        if self.replies:
            return seen.replies
        if self.judged is not None and verdict is not None:
            return int(self.judged(seen, verdict))
        return int(self.hit is not None and self.hit(seen))

    def estimate(self, counts: Mapping[str, int], *, judge: bool = False) -> Estimate:
        """The figure from summed counts; unknown where it needs a judge and none was asked."""
        n, k = counts.get(f"among_{self.among}", 0), counts.get(self.definition.name, 0)
        if self.hit is None and not self.replies and not judge:
            return unknown(NO_JUDGE, n=n)
        if self.scale:
            return Estimate(value=k * self.scale, k=k, n=n)
        return share(k, n, missing="conversations of that kind")
