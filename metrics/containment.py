"""Containment: of the tickets that an agent tried, those that ended without a person. Says nothing of quality."""

from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

DEFINITION = Definition(
    name="containment",
    title="Containment",
    unit="share",
    numerator="tickets answered by agents alone with nothing left open (the customer may have come back later)",
    denominator="tickets for which an agent made a draft",
    window="by arrival; judged after 7 days; younger tickets are pending",
    exclusions="spam, tickets merged into another, imported past; shadow runs",
    source="events: run.recorded, delivery.sent, review.*, staff.replied",
)


def estimate(sums: Sums) -> Estimate:
    """Contained over attempted, settled tickets only."""
    counts, missing = sums.tickets, "no ticket that an agent tried is 7 days old"
    return share(counts["contained"], counts["attempted"], missing=missing, pending=sums.pending)
