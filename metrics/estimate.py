"""`Estimate`: the only way a figure leaves this package. What was not measured is None, with what is missing."""

from functools import lru_cache
from typing import Self

from pydantic import model_validator

from core.contracts import Frozen
from metrics import special

SIDE = 0.025


class Estimate(Frozen):
    """A figure with its interval. Shares and rates are 0 to 1; other units are the figure's own (see its definition).

    value      None while it cannot be known, never 0 or 1 instead; then `missing` says what it would take
    low, high  the interval, two-sided and 95 % unless the figure says otherwise; None where it has none
    k, n       numerator and denominator as counts; k is None where the figure is not a share of counts
    pending    items left out because they are too young to be judged
    simulated  at least one of the judgements behind it came from a simulated reviewer
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    k: int | None = None
    n: int = 0
    missing: str = ""
    pending: int = 0
    simulated: bool = False

    @model_validator(mode="after")
    def _honest(self) -> Self:
        if self.value is None and not self.missing:
            raise ValueError("an unknown figure must say what is missing")
        return self


def unknown(missing: str, *, n: int = 0, pending: int = 0) -> Estimate:
    """Not yet known, and why."""
    return Estimate(value=None, missing=missing, n=n, pending=pending)


@lru_cache(maxsize=20_000)
def exact_interval(k: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's two-sided 95 % interval of one count: a report asks for hundreds."""
    low = 0.0 if k == 0 else float(special.betaincinv(k, n - k + 1, SIDE))
    high = 1.0 if k == n else float(special.betaincinv(k + 1, n - k, 1 - SIDE))
    return low, high


def share(k: int, n: int, *, missing: str, pending: int = 0, simulated: bool = False) -> Estimate:
    """k of n with its exact two-sided 95 % interval (Clopper-Pearson); unknown, with `missing`, where n is 0.

    Assumes that the n are independent draws; where they are all there is, the interval speaks of items to come.
    """
    if n == 0:
        return unknown(missing, pending=pending)
    low, high = exact_interval(k, n)
    return Estimate(value=k / n, low=low, high=high, k=k, n=n, pending=pending, simulated=simulated)
