"""Net of checks: what automation saves once the minutes that people spend on it are taken off."""

from metrics.estimate import Estimate, unknown
from metrics.figure import Definition
from metrics.sums import Sums
from metrics.workload_share import hours_of_all, of_stage

_NUMERATOR = (
    "that people would have spent on the tickets counted by the automation share, less those that they spent on audits "
    "and, after an agent had answered alone, on the same ticket"
)
HOURS = Definition(
    name="net_hours_saved",
    title="Hours saved, net of audits and clean-ups",
    unit="count",
    numerator=f"hours {_NUMERATOR}",
    denominator="none: a sum",
    window="by arrival; judged after 7 days; an audit or such a ticket whose time nobody recorded counts like the "
    "average of those whose time is known",
    exclusions="spam, tickets merged into another, imported past; audits of runs in shadow and of documents",
    source="events as for the automation share; seconds in audit.judged, audit.seconded, staff.replied and review.*",
)
SHARE = HOURS.model_copy(
    update={
        "name": "net_workload_share",
        "title": "Automation share (workload), net of audits and clean-ups",
        "unit": "share",
        "numerator": f"handling minutes {_NUMERATOR}",
        "denominator": "handling minutes that people would have spent on all tickets received",
    }
)


def hours(sums: Sums) -> Estimate:
    """Net hours; negative where checking costs more than it saves. The interval is that of the share, so much lower:
    what people spent is counted, not estimated."""
    part, every = share(sums), hours_of_all(sums)
    if part.value is None:
        return part
    low, high = (None if end is None else end * every for end in (part.low, part.high))
    return Estimate(value=part.value * every, low=low, high=high, n=part.n, pending=part.pending)


def share(sums: Sums) -> Estimate:
    """Net hours over the hours of all settled tickets."""
    part, every = of_stage(sums, "durable"), hours_of_all(sums)
    if part.value is None or every <= 0:
        return unknown(part.missing or "handling times above zero", n=part.n, pending=sums.pending)
    spent = 0.0
    for name, missing in (("judged", "seconds of audits"), ("cleaned", "seconds of people on tickets answered before")):
        took = _hours(sums, name)
        if took is None:
            return unknown(missing, n=part.n, pending=sums.pending)
        spent += took / every
    low, high = (None if end is None else end - spent for end in (part.low, part.high))
    return Estimate(value=part.value - spent, low=low, high=high, n=part.n, pending=sums.pending)


def _hours(sums: Sums, name: str) -> float | None:
    """Hours spent on all of a kind, from those whose time is known; None where there are some and none has."""
    n, timed = sums.tickets[name], sums.tickets[f"{name}_timed"]
    if not n:
        return 0.0
    return n * sums.tickets[f"{name}_ms"] / timed / 3_600_000 if timed else None
