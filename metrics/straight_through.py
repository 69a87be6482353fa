"""Straight-through share: documents that went on with no human touch, of all. Not an accuracy: see field accuracy."""

from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

DEFINITION = Definition(
    name="straight_through",
    title="Straight-through share (documents)",
    unit="share",
    numerator="documents whose fields were delivered by an agent and that no person touched",
    denominator="all documents received in the period that are finished, or older than 7 days",
    window="by arrival; unfinished documents younger than 7 days are pending",
    exclusions="imported past",
    source="events: document.received, delivery.sent, review.*, outcome.recorded",
)


def estimate(sums: Sums) -> Estimate:
    """Untouched over received."""
    counts = sums.documents
    pending = counts["items"] - counts["settled"]
    return share(counts["through"], counts["settled"], missing="documents: none has been finished yet", pending=pending)
