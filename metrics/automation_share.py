"""Automation share: what part of all tickets was dealt with by agents alone, and stayed dealt with."""

from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

DEFINITION = Definition(
    name="automation_share",
    title="Automation share (tickets)",
    unit="share",
    numerator="tickets answered by agents with no approval, edit, reply or takeover by a person, nothing left open, "
    "not reopened, and no new ticket of the same customer and intent in any channel within 7 days of the last answer",
    denominator="all tickets received in the period, whether or not an agent tried",
    window="by arrival; judged 7 days after arrival or the agent's last answer; younger tickets are pending",
    exclusions="spam, tickets merged into another, imported past",
    source="events: ticket.*, delivery.sent, review.*, staff.replied",
)


def estimate(sums: Sums) -> Estimate:
    """Durable over received, settled tickets only."""
    counts = sums.tickets
    return share(counts["durable"], counts["settled"], missing="no ticket is 7 days old yet", pending=sums.pending)
