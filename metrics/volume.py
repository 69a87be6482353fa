"""Volume: documents a year at the period's rate, and how many agents are in service."""

from datetime import timedelta

from metrics.cohort import Cohort
from metrics.estimate import Estimate, unknown
from metrics.figure import Definition

DEFINITION = Definition(
    name="documents_a_year",
    title="Documents a year at this rate",
    unit="per_year",
    numerator="documents received in the period",
    denominator="the length of the period (until now at the most), in years of 365 days",
    window="by arrival",
    exclusions="imported past",
    source="events: document.received",
)
AGENTS = Definition(
    name="agents_in_service",
    title="Agents in service",
    unit="count",
    numerator="different agents and processors that made a draft for an item of the period",
    denominator="none: a count",
    window="by arrival of the item",
    exclusions="agents that ran in shadow only",
    source="events: run.recorded",
)


def estimate(cohort: Cohort) -> Estimate:
    """Documents over the period's length."""
    length = min(cohort.until, cohort.now) - cohort.since
    if length <= timedelta(0):
        return unknown("a period with a length")
    n = len(cohort.documents)
    if n == 0:
        return unknown("documents: none in this period")
    return Estimate(value=n / (length / timedelta(days=365)), k=n, n=n)


def agents(cohort: Cohort) -> Estimate:
    """Count of agents with a draft."""
    names = {run.agent for run in cohort.runs if run.kind != "abstain" and run.agent}
    return Estimate(value=float(len(names)), k=len(names), n=len(names))
