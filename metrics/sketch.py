"""Quantiles that can be added up, and taken off again: counts of values in buckets that grow by 2 %.

The method is DDSketch (Masson, Rim, Lee, VLDB 2019): bucket i holds values in (g^(i-1), g^i] with g = 1.02, so that any
value is known within 1 %. Its published libraries cannot take a value off again, which a late event asks for; t-digest
and KLL moreover give other figures when the same values come in another order, and a recomputation must not.
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


def middle(index: int) -> float:
    """The value that is within 1 % of all in the bucket."""
    return 2 * GROWTH**index / (GROWTH + 1)


def quantile(buckets: Mapping[int, int], q: float, *, missing: str) -> Estimate:
    """The q-quantile, its interval by order statistics, ends at the outer edges of their buckets (so 1 % wider).

    A quantile among those that have no value yet is unknown.
    """
    n, absent = sum(buckets.values()), buckets.get(ABSENT, 0)
    if n == 0:
        return unknown(missing)
    rank, lowest, highest = quantile_ranks(n, q)
    found = _at(buckets, [rank, lowest, highest])
    if found[0] is None:
        return unknown(f"{absent} of {n} have no answer yet: the figure lies among them", n=n)
    return Estimate(
        value=middle(found[0]),
        low=GROWTH ** (found[1] - 1) if found[1] is not None else None,
        high=GROWTH ** found[2] if found[2] is not None else None,
        n=n,
    )


def _at(buckets: Mapping[int, int], ranks: list[int]) -> list[int | None]:
    """The buckets in which values of these ranks (from 0, in any order) lie; None outside, or among the absent."""
    found: dict[int, int | None] = dict.fromkeys(ranks)
    wanted = sorted(rank for rank in set(ranks) if rank >= 0)
    seen = 0
    for index in sorted(buckets):
        seen += buckets[index]
        while wanted and wanted[0] < seen:
            found[wanted.pop(0)] = None if index == ABSENT else index
    return [found[rank] for rank in ranks]
