"""Automation share by workload: the figure to put beside "46 % of customer-service workload"."""

from metrics.estimate import Estimate, unknown
from metrics.figure import Definition
from metrics.intervals import Weights, weighted
from metrics.sums import Sums

DEFINITION = Definition(
    name="workload_share",
    title="Automation share (workload)",
    unit="share",
    numerator="handling minutes that people would have spent on the tickets counted by the automation share",
    denominator="handling minutes that people would have spent on all tickets received",
    window="by arrival; judged after 7 days; minutes by intent as measured on tickets that people alone handled, "
    "before the period where at least 30 of those have times",
    exclusions="spam, tickets merged into another, imported past; the minutes that audits and clean-ups cost are "
    "taken off in the net share",
    source="events as for the automation share; seconds in staff.replied and review.*",
)


def estimate(sums: Sums) -> Estimate:
    """Minutes of durable tickets over minutes of all, settled tickets only."""
    return of_stage(sums, "durable").model_copy(update={"pending": sums.pending})


def hours_of_all(sums: Sums) -> float:
    """Hours that people would have spent on all settled tickets; 0 where no handling time is known."""
    if sums.minutes is None:
        return 0.0
    minutes = sums.minutes
    return sum(c["settled"] * minutes.seconds(intent) for intent, c in sums.by_intent.items()) / 3600


def of_stage(sums: Sums, stage: str) -> Estimate:
    """Minutes of the tickets that reach a stage of the waterfall over minutes of all."""
    if sums.minutes is None:
        return unknown("handling times of tickets that people answered", n=sums.tickets["settled"])
    n = k = 0
    w = ww = wk = wwk = 0.0
    for intent, counts in sums.by_intent.items():
        seconds, all_of, hits = sums.minutes.seconds(intent), counts["settled"], counts[stage]
        n, k = n + all_of, k + hits
        w, ww = w + all_of * seconds, ww + all_of * seconds**2
        wk, wwk = wk + hits * seconds, wwk + hits * seconds**2
    if n and w <= 0:
        return unknown("handling times above zero", n=n)
    return weighted(Weights(n, k, w, ww, wk, wwk), missing="no ticket is 7 days old yet")
