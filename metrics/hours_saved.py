"""Hours saved: what people would have spent on the tickets that agents dealt with, as measured, never assumed."""

from metrics.estimate import Estimate, unknown
from metrics.figure import Definition
from metrics.sums import Sums
from metrics.workload_share import hours_of_all, of_stage

DEFINITION = Definition(
    name="hours_saved",
    title="Hours of handling saved",
    unit="count",
    numerator="hours that people would have spent on the tickets counted by the automation share",
    denominator="none: a sum",
    window="by arrival; judged after 7 days; minutes by intent as measured on tickets that people alone handled, "
    "before the period where at least 30 of those have times",
    exclusions="spam, tickets merged into another, imported past; the minutes that audits and clean-ups cost are "
    "taken off in the net hours",
    source="events as for the automation share; seconds in staff.replied and review.*",
)


def estimate(sums: Sums) -> Estimate:
    """Seconds by intent times durable tickets; the interval is that of the workload share."""
    part = of_stage(sums, "durable")
    if part.value is None:
        return unknown(part.missing, n=part.n, pending=sums.pending)
    hours = hours_of_all(sums)
    low, high = ((None if end is None else end * hours) for end in (part.low, part.high))
    return Estimate(value=part.value * hours, low=low, high=high, n=part.n, pending=sums.pending)
