"""First response time: how long customers wait for the first reply, wall clock. The unanswered count as waiting."""

from metrics.estimate import Estimate
from metrics.figure import Definition
from metrics.sketch import quantile
from metrics.sums import Sums

DEFINITION = Definition(
    name="first_response",
    title="First response time, median",
    unit="seconds",
    numerator="seconds from a ticket's arrival to the first reply sent by an agent or a person; the middle ticket's",
    denominator="all tickets received in the period; those without a reply rank as longer than any other",
    window="by arrival; wall clock, not business hours",
    exclusions="spam, tickets merged into another, imported past",
    source="events: ticket.received, delivery.sent (reply), staff.replied",
)
P90 = DEFINITION.model_copy(
    update={
        "name": "first_response_p90",
        "title": "First response time, 90th percentile",
        "numerator": "seconds from a ticket's arrival to the first reply; exceeded by one ticket in ten",
    }
)
BY_AGENTS = DEFINITION.model_copy(
    update={
        "name": "first_response_automated",
        "title": "First response time of tickets answered by agents alone, median",
        "denominator": "tickets received in the period that agents answered with no person involved",
    }
)
RESOLUTION = Definition(
    name="resolution_time",
    title="Time to resolution, median",
    unit="seconds",
    numerator="seconds from a ticket's arrival to the last reply of an agent or a person; the middle ticket's",
    denominator="settled tickets; those left open without a person rank as longer than any other",
    window="by arrival; judged after 7 days; wall clock, not business hours",
    exclusions="spam, tickets merged into another, imported past",
    source="events: ticket.received, delivery.sent (reply), staff.replied",
)
_NONE = "tickets: none in this period"
RUN = Definition(
    name="run_seconds",
    title="Time of one run, median",
    unit="seconds",
    numerator="seconds of work of one run of an agent, from load to proposal; the middle run's",
    denominator="runs on items that arrived in the period",
    window="by arrival of the item",
    exclusions="shadow runs",
    source="events: run.recorded",
)


def estimate(sums: Sums) -> Estimate:
    """Median over all tickets."""
    return quantile(sums.waits["first"], 0.5, missing=_NONE)


def p90(sums: Sums) -> Estimate:
    """90th percentile over all tickets."""
    return quantile(sums.waits["first"], 0.9, missing=_NONE)


def by_agents(sums: Sums) -> Estimate:
    """Median over tickets that agents answered alone."""
    return quantile(sums.waits["first_automated"], 0.5, missing=_NONE)


def resolution(sums: Sums) -> Estimate:
    """Median over settled tickets."""
    found = quantile(sums.waits["resolution"], 0.5, missing="no ticket is 7 days old yet")
    return found.model_copy(update={"pending": sums.pending})


def run_seconds(sums: Sums) -> Estimate:
    """Median over runs."""
    return quantile(sums.waits["run"], 0.5, missing="runs: none in this period")
