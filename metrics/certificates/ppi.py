"""An LLM judge as a helper: its verdict on everything, corrected by people's verdicts on a random part.

For dashboards, not for certificates: intervals are asymptotic, at one look. The judge is never taken at face value.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from metrics.certificates.binomial import interval


class Corrected(NamedTuple):
    """Accuracy with its two-sided interval; `power` is how far the judge was trusted, 0 (not at all) to 1."""

    value: float
    low: float
    high: float
    power: float


class Judge(NamedTuple):
    """A judge's own quality against people: (value, low, high, k, n) of each; n counts right or wrong runs."""

    sensitivity: tuple[float, float, float, int, int]  # of wrong runs, the part that it flags
    specificity: tuple[float, float, float, int, int]  # of right runs, the part that it leaves alone


def prediction_powered(
    right: ArrayLike, judged_labelled: ArrayLike, judged_rest: ArrayLike, confidence: float = 0.95
) -> Corrected:
    """Accuracy from n audited runs (people's verdict `right` (n,) and the judge's (n,)) and N runs only judged (N,).

    PPI++ (Angelopoulos, Duchi, Zrnic 2023, arXiv 2311.01453): mean of the judge on the rest times a power, plus the
    mean of the difference on the audited part; the power that makes the variance smallest. Assumes audits drawn
    uniformly at random from the same runs. A useless judge costs nothing, a good one narrows the interval.
    """
    y, f, rest = (np.asarray(x, dtype=float) for x in (right, judged_labelled, judged_rest))
    if y.shape != f.shape or y.size < 2 or rest.size == 0:
        raise ValueError("at least two audited runs with the judge's verdict, and at least one run only judged")
    n, more = y.size, rest.size
    spread = float(np.var(np.concatenate([f, rest]), ddof=1))
    together = float(np.cov(y, f)[0, 1])
    power = min(1.0, max(0.0, together / ((1 + n / more) * spread))) if spread > 0 else 0.0
    value = power * float(rest.mean()) + float((y - power * f).mean())
    variance = power**2 * float(np.var(rest)) / more + float(np.var(y - power * f, ddof=1)) / n
    reach = float(special.ndtri(1 - (1 - confidence) / 2)) * math.sqrt(variance)
    return Corrected(value, max(0.0, value - reach), min(1.0, value + reach), power)


def judge_assisted(
    right: ArrayLike, says: ArrayLike, probabilities: ArrayLike, says_all: ArrayLike, confidence: float = 0.95
) -> Corrected:
    """Accuracy of N runs that a judge gave its word on, `says_all` (N,), of which n were audited with probabilities
    (n,): people's verdict `right` (n,), and the judge's word on the same runs `says` (n,).

    The difference estimator of `prediction_powered` with weights 1 / probability (Hajek), for audits that were drawn
    more often where something spoke against the run. Power 0, and so the plain weighted estimate, where the judge's
    word tells nothing of people's. The interval is Korn and Graubard's (Survey Methodology 1998): that of a binomial
    share at the effective sample size of the linearised variance, with their t correction for the rarer of people's two
    verdicts; Kish's size where all were the same. Raises ValueError for fewer than two audits.
    """
    y, f, p, everything = (np.asarray(x, dtype=float) for x in (right, says, probabilities, says_all))
    if not y.shape == f.shape == p.shape or y.size < 2 or everything.size < y.size:
        raise ValueError("at least two audited runs with the judge's word and their probability, and all runs' words")
    weights = 1 / p / float((1 / p).sum())
    n, more = 1 / float((weights**2).sum()), everything.size
    spread = float(np.var(everything))
    together = float((weights * (y - (weights * y).sum()) * (f - (weights * f).sum())).sum())
    power = min(1.0, max(0.0, together / ((1 + n / more) * spread))) if spread > 0 else 0.0
    rest = y - power * f
    mean = float((weights * rest).sum())
    value = power * float(everything.mean()) + mean
    own = float((weights**2 * (rest - mean) ** 2).sum()) * n / max(n - 1, 1)
    variance = own + power**2 * spread / more + 2 * power * max(together - power * spread, 0.0) / more
    value, rarer = min(1.0, value), int(min((y > 0.5).sum(), (y <= 0.5).sum()))
    effective = value * (1 - value) / variance if variance > 0 and 0 < value < 1 else n
    low, high = _around(value, effective, rarer, (1 - confidence) / 2)
    return Corrected(value, low, high, power)


def _around(value: float, effective: float, rarer: int, side: float) -> tuple[float, float]:
    if rarer > 1:
        effective *= (float(special.ndtri(side)) / float(special.stdtrit(rarer - 1, side))) ** 2
    k, rest = value * effective, (1 - value) * effective
    low = float(special.betaincinv(k, rest + 1, side)) if k > 0 else 0.0
    high = float(special.betaincinv(k + 1, rest, 1 - side)) if rest > 0 else 1.0
    return low, high


def judge_quality(right: ArrayLike, says_right: ArrayLike) -> Judge:
    """The judge against people on the audited part, with exact intervals. Print beside every judged figure."""
    y, f = np.asarray(right, dtype=bool), np.asarray(says_right, dtype=bool)
    caught, wrong = int((~f & ~y).sum()), int((~y).sum())
    spared, good = int((f & y).sum()), int(y.sum())
    return Judge(
        sensitivity=(caught / wrong if wrong else math.nan, *interval(caught, wrong), caught, wrong),
        specificity=(spared / good if good else math.nan, *interval(spared, good), spared, good),
    )


def rogan_gladen(says_right: float, sensitivity: float, specificity: float) -> float:
    """Accuracy from the judge's share of "right" and its known quality (Rogan and Gladen 1978), kept in [0, 1].

    Raises ValueError for a judge no better than chance, which nothing can correct.
    """
    if sensitivity + specificity <= 1:
        raise ValueError("a judge with sensitivity + specificity of at most 1 tells nothing")
    return min(1.0, max(0.0, 1 - ((1 - says_right) + specificity - 1) / (sensitivity + specificity - 1)))
