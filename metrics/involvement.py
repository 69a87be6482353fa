"""Involvement: what part of all tickets an agent tried. Automation share = involvement x resolution."""

from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

DEFINITION = Definition(
    name="involvement",
    title="Involvement",
    unit="share",
    numerator="tickets for which an agent made a draft",
    denominator="all tickets received in the period",
    window="by arrival; the same settled tickets as the automation share, so that the product holds",
    exclusions="spam, tickets merged into another, imported past; shadow runs",
    source="events: ticket.received, run.recorded",
)


def estimate(sums: Sums) -> Estimate:
    """Attempted over received, settled tickets only."""
    counts = sums.tickets
    return share(counts["attempted"], counts["settled"], missing="no ticket is 7 days old yet", pending=sums.pending)
