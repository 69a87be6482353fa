"""Volume: documents a year at the period's rate, and how many agents are in service."""

from datetime import timedelta

from metrics.estimate import Estimate, unknown
from metrics.figure import Definition
from metrics.sums import Sums

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
    numerator="different agents and processors whose draft was the last on an item of the period",
    denominator="none: a count",
    window="by arrival of the item",
    exclusions="agents that ran in shadow only",
    source="events: run.recorded",
)


def estimate(sums: Sums) -> Estimate:
    """Documents over the period's length."""
    length = min(sums.until, sums.now) - sums.since
    if length <= timedelta(0):
        return unknown("a period with a length")
    n = sums.documents["items"]
    if n == 0:
        return unknown("documents: none in this period")
    return Estimate(value=n / (length / timedelta(days=365)), k=n, n=n)


def agents(sums: Sums) -> Estimate:
    """Count of agents with a draft."""
    n = len(sums.agents)
    return Estimate(value=float(n), k=n, n=n)
