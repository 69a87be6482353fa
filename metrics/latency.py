"""First response time: how long customers wait for the first reply, wall clock. The unanswered count as waiting."""

from collections.abc import Sequence

from metrics.cohort import Cohort
from metrics.estimate import Estimate
from metrics.facts import TicketFacts
from metrics.figure import Definition
from metrics.intervals import quantile

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


def estimate(cohort: Cohort) -> Estimate:
    """Median over all tickets."""
    return _waits(cohort.tickets, 0.5)


def p90(cohort: Cohort) -> Estimate:
    """90th percentile over all tickets."""
    return _waits(cohort.tickets, 0.9)


def by_agents(cohort: Cohort) -> Estimate:
    """Median over tickets that agents answered alone."""
    return _waits([t for t in cohort.tickets if t.answered and not t.touched], 0.5)


def run_seconds(cohort: Cohort) -> Estimate:
    """Median over runs."""
    return quantile([run.seconds for run in cohort.runs], 0.5, missing="runs: none in this period")


def _waits(tickets: Sequence[TicketFacts], q: float) -> Estimate:
    waits = [(t.first_reply_at - t.received_at).total_seconds() for t in tickets if t.first_reply_at is not None]
    absent = len(tickets) - len(waits)
    return quantile(waits, q, missing="tickets: none in this period", absent=absent)
