"""The waterfall: received > eligible > attempted > automated > contained > durable > audited right."""

from core.contracts import Frozen
from metrics import accuracy
from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.intervals import product
from metrics.sums import Sums
from metrics.workload_share import of_stage

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
    ("settled", "received", "Received"),
    ("eligible", "eligible", "Eligible"),
    ("attempted", "attempted", "Attempted"),
    ("automated", "automated", "Automated"),
    ("contained", "contained", "Contained"),
    ("durable", "durable", "Durable"),
)


def stages(sums: Sums) -> tuple[Stage, ...]:
    """The seven stages over settled tickets, largest first; each stage needs the one before."""
    counts, missing = sums.tickets, "no ticket is 7 days old yet"
    made = [
        Stage(
            name=name,
            title=title,
            count=counts[counter],
            share=share(counts[counter], counts["settled"], missing=missing, pending=sums.pending),
            workload=of_stage(sums, counter),
        )
        for counter, name, title in _STAGES
    ]
    return (*made, _audited_right(sums, made[-1]))


def _audited_right(sums: Sums, durable: Stage) -> Stage:
    right = accuracy.of_audits(sums.tickets, "kept")
    return Stage(
        name="audited_right",
        title="Audited right",
        count=None if right.value is None else round((durable.count or 0) * right.value),
        share=product(durable.share, right),
        workload=product(durable.workload, right),
    )
