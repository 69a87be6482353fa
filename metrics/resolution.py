"""Resolution: of the tickets that an agent tried, those it resolved for good. Involvement x resolution = automation."""

from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

DEFINITION = Definition(
    name="resolution",
    title="Resolution",
    unit="share",
    numerator="tickets answered by agents alone, not reopened, and no repeat contact within 7 days",
    denominator="tickets for which an agent made a draft",
    window="by arrival; judged after 7 days; younger tickets are pending",
    exclusions="spam, tickets merged into another, imported past; silence counts as resolved here, and the part that "
    "customers confirmed is shown beside it",
    source="events: run.recorded, delivery.sent, review.*, staff.replied, ticket.reopened",
)
CONFIRMED = DEFINITION.model_copy(
    update={
        "name": "resolution_confirmed",
        "title": "Resolution, confirmed by the customer",
        "numerator": "tickets resolved as above which the customer confirmed or closed",
        "source": "events as above; ticket.confirmed, ticket.closed by the customer",
    }
)
_MISSING = "no ticket that an agent tried is 7 days old"


def estimate(sums: Sums) -> Estimate:
    """Durable over attempted, settled tickets only."""
    return share(sums.tickets["durable"], sums.tickets["attempted"], missing=_MISSING, pending=sums.pending)


def confirmed(sums: Sums) -> Estimate:
    """Durable and confirmed over attempted, settled tickets only."""
    return share(sums.tickets["confirmed"], sums.tickets["attempted"], missing=_MISSING, pending=sums.pending)
