"""Containment: of the tickets that an agent tried, those that ended without a person. Says nothing of quality."""

from metrics.cohort import Cohort
from metrics.estimate import Estimate, share
from metrics.figure import Definition

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


def estimate(cohort: Cohort) -> Estimate:
    """Contained over attempted, settled tickets only."""
    tried = [t for t in cohort.settled if t.attempted]
    contained = sum(t.contained for t in tried)
    return share(contained, len(tried), missing="no ticket that an agent tried is 7 days old", pending=cohort.pending)
