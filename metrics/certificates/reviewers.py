"""What is known of the reviewers on whose word certificates rest: do two agree, and do they see what is wrong?"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.contracts import Frozen
from metrics.certificates.agreement import cohen
from metrics.certificates.binomial import interval


class Agreement(Frozen):
    """Cohen's kappa of two reviewers with its 95 % interval; None where they judged too few together."""

    kappa: float | None
    low: float | None
    high: float | None
    agreed: int
    n: int


class Attention(Frozen):
    """How many of the answers known to be bad reviewers caught, with the exact 95 % interval; None where none is
    judged.

    `target_means`: what an accuracy of 95 % by their audits is at least, where real errors are missed as often.
    """

    judged: int
    caught: int
    value: float | None
    low: float | None
    high: float | None
    target_means: float | None
    simulated: bool


def agreement(words: Sequence[Mapping[Any, Any]]) -> Agreement:
    """Two reviewers' agreement, from rows with `first` and `second`."""
    found = cohen([row["first"] for row in words], [row["second"] for row in words])
    return Agreement(kappa=found.value, low=found.low, high=found.high, agreed=found.agreed, n=found.n)


def attention(judged: int, caught: int, simulated: bool) -> Attention:
    """How attentive reviewers are, from the answers known to be bad that they judged and those that they caught.

    Where the part u of errors is missed, audits see r (1 - u) of a true error rate r; a rate of at most 5 % by audits
    is then one of at most 5 % / (1 - u).
    """
    value = caught / judged if judged else None
    low, high = interval(caught, judged) if judged else (None, None)
    means = max(0.0, 1 - 0.05 / value) if value else None
    return Attention(
        judged=judged, caught=caught, value=value, low=low, high=high, target_means=means, simulated=simulated
    )
