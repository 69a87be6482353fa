"""Reviewer agreement: how far two reviewers of the same audits agree beyond chance (Cohen's kappa)."""

import numpy as np

from metrics.certificates.agreement import cohen
from metrics.estimate import Estimate, unknown
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
    "and Everitt 1969 over four audits more, one of each pair of verdicts (Agresti and Caffo 2000)",
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
    return Estimate(value=found.value, low=found.low, high=found.high, k=found.agreed, n=n)
