"""Fairness: how far each language, channel or other group lies from everyone else, in share and in accuracy."""

from collections.abc import Mapping
from statistics import NormalDist

from core.contracts import Frozen
from metrics import accuracy, automation_share
from metrics.change import difference
from metrics.estimate import SIDE, Estimate
from metrics.sums import Sums

_NORMAL = NormalDist()


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


def _surely_below(gap: Estimate, groups: int) -> bool:
    """The interval, widened as Bonferroni asks for this many looks, lies below 0."""
    if gap.value is None or gap.high is None:
        return False
    wider = _NORMAL.inv_cdf(1 - SIDE / groups) / _NORMAL.inv_cdf(1 - SIDE)
    return gap.value + (gap.high - gap.value) * wider < 0
