"""A share in two periods at one mix of intents: what changed in how agents do, not in what customers ask for.

Simpson's pitfall: with more of the easy intents the whole's share rises though no intent went better.
"""

import math
from collections.abc import Mapping
from statistics import NormalDist

from metrics.change import Change
from metrics.estimate import SIDE, Estimate, unknown

Counts = tuple[int, int]  # k of n
_Z = NormalDist().inv_cdf(1 - SIDE)
MISSING = "the same intents in both periods"


def change_at_same_mix(name: str, now: Mapping[str, Counts], before: Mapping[str, Counts]) -> Change:
    """The share in both periods by direct standardisation, and its change. now, before: k of n by intent.

    Each intent weighs what it weighs on average of both periods; intents that one period lacks are left out. Intervals:
    Wilson's for each intent, added up as their squares (MOVER: Zou, Huang and Zhang, Journal of Statistical Planning
    and Inference 2009; differences: Newcombe, Statistics in Medicine 1998).
    """
    both = [intent for intent in now if now[intent][1] and before.get(intent, (0, 0))[1]]
    if not both:
        return Change(name=name, before=unknown(MISSING), now=unknown(MISSING), difference=unknown(MISSING))
    n1, n0 = (sum(one[intent][1] for intent in both) for one in (now, before))
    mix = {intent: (now[intent][1] / n1 + before[intent][1] / n0) / 2 for intent in both}
    weights = [mix[intent] for intent in both]
    here, there = ([_wilson(*one[intent]) for intent in both] for one in (now, before))
    differences = [_difference(a, b) for a, b in zip(here, there, strict=True)]
    return Change(
        name=name,
        before=_added(weights, there, n0, 0.0),
        now=_added(weights, here, n1, 0.0),
        difference=_added(weights, differences, n1 + n0, -1.0),
    )


_Part = tuple[float, float, float]  # value, low, high


def _wilson(k: int, n: int) -> _Part:
    p, square = k / n, _Z * _Z
    middle, reach = p + square / (2 * n), _Z * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
    return p, min(p, (middle - reach) / (1 + square / n)), max(p, (middle + reach) / (1 + square / n))


def _difference(now: _Part, before: _Part) -> _Part:
    value = now[0] - before[0]
    low = value - math.hypot(now[0] - now[1], before[2] - before[0])
    return value, low, value + math.hypot(now[2] - now[0], before[0] - before[1])


def _added(weights: list[float], parts: list[_Part], n: int, least: float) -> Estimate:
    value = sum(w * part[0] for w, part in zip(weights, parts, strict=True))
    below = math.sqrt(sum((w * (part[0] - part[1])) ** 2 for w, part in zip(weights, parts, strict=True)))
    above = math.sqrt(sum((w * (part[2] - part[0])) ** 2 for w, part in zip(weights, parts, strict=True)))
    return Estimate(value=value, low=max(least, value - below), high=min(1.0, value + above), n=n)
