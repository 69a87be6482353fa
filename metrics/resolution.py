"""Resolution: of the tickets that an agent tried, those it resolved for good. Involvement x resolution = automation."""

from metrics.cohort import Cohort
from metrics.estimate import Estimate, share
from metrics.figure import Definition

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


def estimate(cohort: Cohort) -> Estimate:
    """Durable over attempted, settled tickets only."""
    tried = [t for t in cohort.settled if t.attempted]
    return share(sum(t.durable for t in tried), len(tried), missing=_MISSING, pending=cohort.pending)


def confirmed(cohort: Cohort) -> Estimate:
    """Durable and confirmed over attempted, settled tickets only."""
    tried = [t for t in cohort.settled if t.attempted]
    sure = sum(t.durable and t.confirmed for t in tried)
    return share(sure, len(tried), missing=_MISSING, pending=cohort.pending)
