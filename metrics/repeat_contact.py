"""Repeat contact: answered by agents alone and left at peace, yet the customer came back with the same matter."""

from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

DEFINITION = Definition(
    name="repeat_contact",
    title="Repeat contact",
    unit="share",
    numerator="of these, tickets whose customer came back with the same intent in another ticket, in any channel, "
    "within 7 days of the last answer",
    denominator="tickets answered by agents alone with nothing left open and not reopened",
    window="by arrival; judged after 7 days; younger tickets are pending",
    exclusions="spam, tickets merged into another, imported past; a merged ticket shows that its customer came back",
    source="events: ticket.received (customer), item.routed (intent), delivery.sent",
)


def estimate(sums: Sums) -> Estimate:
    """Came back over left at peace, settled tickets only."""
    quiet, durable = sums.tickets["quiet"], sums.tickets["durable"]
    missing = "no ticket that agents alone answered is 7 days old"
    return share(quiet - durable, quiet, missing=missing, pending=sums.pending)
