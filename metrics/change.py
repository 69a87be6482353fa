"""What changed between two periods, and the slice that explains most of it."""

import math
from collections.abc import Callable, Mapping

from core.contracts import Frozen
from metrics.cohort import GroupBy
from metrics.estimate import Estimate, unknown
from metrics.sums import Sums

Counts = Callable[[Sums], tuple[int, int]]


class Change(Frozen):
    """A figure before and now, and the difference now - before with its interval."""

    name: str
    before: Estimate
    now: Estimate
    difference: Estimate


class Explained(Frozen):
    """What one slice adds to a change of a share.

    rate: because its own share changed; mix: because there is more or less of it. Both are parts of the whole change,
    which all slices of one quality add up to.
    """

    by: str
    value: str
    rate: float
    mix: float
    before: Estimate
    now: Estimate

    @property
    def total(self) -> float:
        """Its part of the change."""
        return self.rate + self.mix


def difference(now: Estimate, before: Estimate) -> Estimate:
    """now - before with an interval from their own intervals: the square-and-add method (Newcombe, Statistics in
    Medicine 1998; Zou and Donner 2008), which keeps exact intervals' good coverage near 0 and 1."""
    if now.value is None or before.value is None:
        return unknown(now.missing or before.missing)
    value, n = now.value - before.value, now.n + before.n
    if now.low is None or now.high is None or before.low is None or before.high is None:
        return Estimate(value=value, n=n)
    return Estimate(
        value=value,
        low=value - math.hypot(now.value - now.low, before.high - before.value),
        high=value + math.hypot(now.high - now.value, before.value - before.low),
        n=n,
        simulated=now.simulated or before.simulated,
    )


def change(name: str, now: Estimate, before: Estimate) -> Change:
    """One figure in two periods."""
    return Change(name=name, before=before, now=now, difference=difference(now, before))


def explain(
    counts: Counts,
    share_of: Callable[[Sums], Estimate],
    now: Mapping[GroupBy, Mapping[str, Sums]],
    before: Mapping[GroupBy, Mapping[str, Sums]],
) -> tuple[Explained, ...]:
    """The slices of every quality, those that explain most of a share's change first.

    counts: k and n of the share. The change of a share is split into rate and mix as Kitagawa did (JASA 1955): weights
    and rates are those midway between the periods, and mix counts against the whole's share, so that more of a slice
    that is as good as the rest explains nothing.
    """
    found = [one for by in now for one in _slices(by, counts, share_of, now[by], before.get(by, {}))]
    return tuple(sorted(found, key=lambda one: (-abs(one.total), one.by, one.value)))


def _slices(
    by: str, counts: Counts, share_of: Callable[[Sums], Estimate], now: Mapping[str, Sums], before: Mapping[str, Sums]
) -> list[Explained]:
    here, there = ({value: counts(sums) for value, sums in parts.items()} for parts in (now, before))
    k1, n1 = (sum(pair[i] for pair in here.values()) for i in (0, 1))
    k0, n0 = (sum(pair[i] for pair in there.values()) for i in (0, 1))
    if not n1 or not n0:
        return []
    whole = (k1 / n1 + k0 / n0) / 2
    found = []
    for value in sorted({*here, *there}):
        (a, m1), (b, m0) = here.get(value, (0, 0)), there.get(value, (0, 0))
        if not m1 and not m0:
            continue
        w1, w0 = m1 / n1, m0 / n0
        # A slice that is in one period only has no rate of its own in the other: all of it is mix.
        r1 = a / m1 if m1 else b / m0
        r0 = b / m0 if m0 else r1
        found.append(
            Explained(
                by=by,
                value=value,
                rate=(w1 + w0) / 2 * (r1 - r0),
                mix=(w1 - w0) * ((r1 + r0) / 2 - whole),
                before=share_of(before[value]) if value in before else unknown("items: none in this period"),
                now=share_of(now[value]) if value in now else unknown("items: none in this period"),
            )
        )
    return found
