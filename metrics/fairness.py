"""Fairness: how far each language, channel or other group lies from everyone else, in share and in accuracy."""

from collections.abc import Mapping

from core.contracts import Frozen
from metrics import accuracy, automation_share
from metrics.change import difference
from metrics.estimate import Estimate
from metrics.sums import Sums


class Gap(Frozen):
    """One group: its share and accuracy, and group - all others with their intervals.

    `worse` names the figures whose whole interval, widened for the number of groups looked at, lies below 0.
    """

    value: str
    tickets: int
    share: Estimate
    share_gap: Estimate
    accuracy: Estimate
    accuracy_gap: Estimate
    worse: tuple[str, ...]


def gaps(whole: Sums, parts: Mapping[str, Sums]) -> tuple[Gap, ...]:
    """Each group against all others, the largest group first."""
    return tuple(_gap(value, part, whole, len(parts)) for value, part in parts.items())


def _gap(value: str, part: Sums, whole: Sums, groups: int) -> Gap:
    rest = Sums(since=whole.since, until=whole.until, now=whole.now)
    for name, count in whole.tickets.items():
        rest.tickets[name] = count - part.tickets[name]
    mine = part if not part.documents else _tickets_of(part)
    share, right = automation_share.estimate(mine), accuracy.estimate(mine)
    share_gap = difference(share, automation_share.estimate(rest))
    right_gap = difference(right, accuracy.estimate(rest))
    found = {"automation_share": share_gap, "accuracy": right_gap}
    return Gap(
        value=value,
        tickets=part.tickets["items"],
        share=share,
        share_gap=share_gap,
        accuracy=right,
        accuracy_gap=right_gap,
        worse=tuple(name for name, gap in found.items() if _surely_below(gap, groups)),
    )


def _tickets_of(sums: Sums) -> Sums:
    return Sums(since=sums.since, until=sums.until, now=sums.now, tickets=sums.tickets)


# Two-sided normal quantiles at 1 - 0.05 / groups, over that at 0.95: how much wider the interval has to be.
_WIDER = {1: 1.0, 2: 1.144, 3: 1.221, 4: 1.274, 5: 1.314, 6: 1.346, 8: 1.396, 10: 1.432}


def _surely_below(gap: Estimate, groups: int) -> bool:
    """The interval, widened as Bonferroni asks for this many looks, lies below 0."""
    if gap.value is None or gap.high is None:
        return False
    wider = next((factor for n, factor in _WIDER.items() if groups <= n), 1.6)
    return gap.value + (gap.high - gap.value) * wider < 0
