"""Straight-through share: documents that went on with no human touch, of all. Not an accuracy: see field accuracy."""

from metrics.cohort import Cohort
from metrics.estimate import Estimate, share
from metrics.facts import WINDOW
from metrics.figure import Definition

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


def estimate(cohort: Cohort) -> Estimate:
    """Untouched over received."""
    judged = [d for d in cohort.documents if d.finished or d.received_at + WINDOW <= cohort.now]
    pending = len(cohort.documents) - len(judged)
    through = sum(d.straight_through for d in judged)
    return share(through, len(judged), missing="documents: none has been finished yet", pending=pending)
