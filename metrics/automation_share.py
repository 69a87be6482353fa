"""Automation share: what part of all tickets was dealt with by agents alone, and stayed dealt with."""

from metrics.cohort import Cohort
from metrics.estimate import Estimate, share
from metrics.figure import Definition

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


def estimate(cohort: Cohort) -> Estimate:
    """Durable over received, settled tickets only."""
    settled = cohort.settled
    durable = sum(t.durable for t in settled)
    return share(durable, len(settled), missing="no ticket is 7 days old yet", pending=cohort.pending)
