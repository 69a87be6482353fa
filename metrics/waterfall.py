"""The waterfall: received > eligible > attempted > automated > contained > durable > audited right."""

from core.contracts import Frozen
from metrics import accuracy
from metrics.cohort import Cohort
from metrics.estimate import Estimate, share, unknown
from metrics.facts import TicketFacts
from metrics.figure import Definition
from metrics.intervals import weighted_share
from metrics.workload import baseline

DEFINITION = Definition(
    name="waterfall",
    title="Waterfall",
    unit="share",
    numerator="tickets that reach each stage: received; eligible (triage found an agent); attempted (the agent made a "
    "draft); automated (an answer or action went out unseen); contained (no person touched it, nothing left open); "
    "durable (not reopened, no repeat contact within 7 days); audited right (durable x the accuracy that audits of "
    "the durable ones show)",
    denominator="all tickets received in the period",
    window="by arrival; judged after 7 days; younger tickets are pending",
    exclusions="spam, tickets merged into another, imported past; shadow runs",
    source="events: all of ticket.*, item.routed, run.recorded, delivery.sent, review.*, staff.replied, audit.judged",
)


class Stage(Frozen):
    """One stage: how many settled tickets reach it, as a share of those received, and by workload."""

    name: str
    title: str
    count: int | None
    share: Estimate
    workload: Estimate


_STAGES = (
    ("received", "Received"),
    ("eligible", "Eligible"),
    ("attempted", "Attempted"),
    ("automated", "Automated"),
    ("contained", "Contained"),
    ("durable", "Durable"),
)


def depth(ticket: TicketFacts) -> int:
    """How many of the six stages a ticket reaches; each stage needs the one before."""
    reached = (True, ticket.routed, ticket.attempted, ticket.answered, ticket.contained, ticket.durable)
    return next((i for i, there in enumerate(reached) if not there), len(reached))


def stages(cohort: Cohort) -> tuple[Stage, ...]:
    """The seven stages over settled tickets, largest first."""
    settled, pending = cohort.settled, cohort.pending
    depths = [depth(t) for t in settled]
    minutes = baseline(cohort)
    weights = [minutes.seconds(t) for t in settled] if minutes else []
    missing = "no ticket is 7 days old yet"
    made = []
    for number, (name, title) in enumerate(_STAGES, start=1):
        hits = [d >= number for d in depths]
        weighed = (
            weighted_share(hits, weights, missing=missing)
            if weights and sum(weights) > 0
            else unknown("handling times of tickets that people answered")
        )
        counted = share(sum(hits), len(settled), missing=missing, pending=pending)
        made.append(Stage(name=name, title=title, count=sum(hits), share=counted, workload=weighed))
    return (*made, _audited_right(cohort, made[-1]))


def _audited_right(cohort: Cohort, durable: Stage) -> Stage:
    runs = [run for t in cohort.settled if t.durable for run in t.runs]
    right = accuracy.of_runs(runs)
    return Stage(
        name="audited_right",
        title="Audited right",
        count=None if right.value is None else round((durable.count or 0) * right.value),
        share=_times(durable.share, right),
        workload=_times(durable.workload, right),
    )


def _times(part: Estimate, right: Estimate) -> Estimate:
    """A share times an accuracy; the interval multiplies the ends, which is wider than needed."""
    if part.value is None:
        return part
    if right.value is None or right.low is None or right.high is None or part.low is None or part.high is None:
        return unknown(right.missing or part.missing or "an interval", n=part.n, pending=part.pending)
    return Estimate(
        value=part.value * right.value,
        low=part.low * right.low,
        high=part.high * right.high,
        n=part.n,
        pending=part.pending,
        simulated=right.simulated,
    )
