"""Reviewer agreement: how far two reviewers of the same audits agree beyond chance (Cohen's kappa)."""

import math

import numpy as np
from numpy.typing import NDArray

from metrics import special
from metrics.certificates.agreement import cohen
from metrics.estimate import SIDE, Estimate, unknown
from metrics.figure import Definition
from metrics.sums import Sums

DEFINITION = Definition(
    name="reviewer_agreement",
    title="Agreement of two reviewers (kappa)",
    unit="kappa",
    numerator="agreement of two reviewers on right or wrong, less what chance would give",
    denominator="full agreement, less what chance would give: 1 is full agreement, 0 no more than chance",
    window="runs on items that arrived in the period; young items count too",
    exclusions="audits that one reviewer alone judged; not known where either reviewer gave one verdict throughout",
    source="events: audit.judged, audit.seconded; Cohen 1960; interval by the standard error of Fleiss, Cohen "
    "and Everitt 1969 with half an audit more of each kind",
)


def estimate(sums: Sums) -> Estimate:
    """Kappa over the audits that two reviewers judged; k counts those on which they agreed."""
    both_of, n = sums.both("seconded_both"), sums.both("seconded")
    first, second = sums.both("seconded_first") - both_of, sums.both("seconded_second") - both_of
    if not n:
        return unknown("audits judged by a second reviewer")
    times = (both_of, first, second, n - both_of - first - second)
    found = cohen(np.repeat([1, 1, 0, 0], times), np.repeat([1, 0, 1, 0], times))
    if found.value is None:
        return unknown(f"a reviewer who did not say the same of all {n}: they agreed on {found.agreed}", n=n)
    low, high = _interval(np.array([[both_of, first], [second, times[3]]]) + 0.5, found.value)
    return Estimate(value=found.value, low=low, high=high, k=found.agreed, n=n)


def _interval(table: NDArray[np.float64], value: float) -> tuple[float, float]:
    """The large-sample interval with half an audit more of each kind: without them it is far too narrow where few were
    wrong. It always holds the value itself."""
    n = table.sum()
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    seen, chance = float(np.trace(p)), float(rows @ columns)
    kappa = (seen - chance) / (1 - chance)
    diagonal = float((np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2).sum())
    off = float(p[0, 1] * (columns[0] + rows[1]) ** 2 + p[1, 0] * (columns[1] + rows[0]) ** 2) * (1 - kappa) ** 2
    variance = max(0.0, diagonal + off - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    reach = -float(special.stdtrit(max(n - 3, 1), SIDE)) * math.sqrt(variance)
    return max(-1.0, min(value, kappa - reach)), min(1.0, max(value, kappa + reach))
