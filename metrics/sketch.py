"""Quantiles that can be added up, and taken off again: counts of values in buckets that grow by 2 %.

The method is DDSketch (Masson, Rim, Lee, VLDB 2019): bucket i holds values in (g^(i-1), g^i] with g = 1.02, so that any
value is known within 2 %, most of them within 1 %. Its published libraries cannot take a value off again, which a late
event asks for; t-digest and KLL moreover give other figures when the same values come in another order, and a
recomputation must not.
"""

import math
from collections.abc import Mapping

from metrics.estimate import Estimate, unknown
from metrics.intervals import quantile_ranks

GROWTH = 1.02
SMALLEST = 1e-3  # seconds; anything shorter counts as this
ABSENT = 10_000  # the bucket of those that have no value yet: longer than any other
_LOG = math.log(GROWTH)


def bucket(value: float) -> int:
    """The bucket of a value in seconds."""
    return math.ceil(math.log(max(value, SMALLEST)) / _LOG - 1e-9)


def quantile(buckets: Mapping[int, int], q: float, *, missing: str) -> Estimate:
    """The q-quantile, its interval by order statistics; within a bucket values are taken as evenly spread in their log.

    A quantile among those that have no value yet is unknown.
    """
    n, absent = sum(buckets.values()), buckets.get(ABSENT, 0)
    if n == 0:
        return unknown(missing)
    rank, lowest, highest = quantile_ranks(n, q)
    places = _at(buckets, [rank, lowest, highest])
    if places[0] is None:
        return unknown(f"{absent} of {n} have no answer yet: the figure lies among them", n=n)
    value, low, high = (None if place is None else GROWTH**place for place in places)
    return Estimate(value=value, low=low, high=high, n=n)


def _at(buckets: Mapping[int, int], ranks: list[int]) -> list[float | None]:
    """Where on the scale of buckets the values of these ranks (from 0, in any order) lie; None outside, or absent."""
    found: dict[int, float | None] = dict.fromkeys(ranks)
    wanted = sorted(rank for rank in set(ranks) if rank >= 0)
    seen = 0
    for index in sorted(buckets):
        here = buckets[index]
        while here and wanted and wanted[0] < seen + here:
            rank = wanted.pop(0)
            found[rank] = None if index == ABSENT else index - 1 + (rank - seen + 0.5) / here
        seen += here
    return [found[rank] for rank in ranks]
