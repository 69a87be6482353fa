"""Automation share by workload: the figure to put beside "46 % of customer-service workload"."""

from metrics.cohort import Cohort
from metrics.estimate import Estimate, unknown
from metrics.figure import Definition
from metrics.intervals import weighted_share
from metrics.workload import baseline

DEFINITION = Definition(
    name="workload_share",
    title="Automation share (workload)",
    unit="share",
    numerator="handling minutes that people would have spent on the tickets counted by the automation share",
    denominator="handling minutes that people would have spent on all tickets received",
    window="by arrival; judged after 7 days; minutes by intent as measured on tickets that people alone handled, "
    "before the period where at least 30 of those have times",
    exclusions="spam, tickets merged into another, imported past; the minutes that audits and reviews cost are not yet "
    "taken off",
    source="events as for the automation share; seconds in staff.replied and review.*",
)


def estimate(cohort: Cohort) -> Estimate:
    """Minutes of durable tickets over minutes of all, settled tickets only."""
    minutes = baseline(cohort)
    if minutes is None:
        missing = "handling times of tickets that people answered"
        return unknown(missing, n=len(cohort.settled), pending=cohort.pending)
    settled = cohort.settled
    hits = [t.durable for t in settled]
    weights = [minutes.seconds(t) for t in settled]
    if settled and sum(weights) <= 0:
        return unknown("handling times above zero", n=len(settled), pending=cohort.pending)
    found = weighted_share(hits, weights, missing="no ticket is 7 days old yet")
    return found.model_copy(update={"pending": cohort.pending})
