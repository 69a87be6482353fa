"""Answers to requests for a rating: who answers decides how much satisfaction says of the rest."""

from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

AUTOMATED = Definition(
    name="csat_answered_automated",
    title="Ratings given when asked, answered by agents alone",
    unit="share",
    numerator="tickets whose customers gave a rating",
    denominator="tickets that agents dealt with alone and whose customers were asked for a rating, or gave one unasked",
    window="by arrival",
    exclusions="spam, tickets merged into another, imported past",
    source="events: csat.asked, csat.answered",
)
ASSISTED = AUTOMATED.model_copy(
    update={
        "name": "csat_answered_assisted",
        "title": "Ratings given when asked, drafted by agents and sent by people",
        "denominator": "tickets whose drafts people approved or edited and whose customers were asked for a rating, or "
        "gave one unasked",
    }
)
HUMAN = AUTOMATED.model_copy(
    update={
        "name": "csat_answered_human",
        "title": "Ratings given when asked, answered by people",
        "denominator": "tickets that people answered and whose customers were asked for a rating, or gave one unasked",
    }
)


def automated(sums: Sums) -> Estimate:
    """Rated of asked, agents alone."""
    return _of(sums, "automated")


def assisted(sums: Sums) -> Estimate:
    """Rated of asked, drafts sent by people."""
    return _of(sums, "assisted")


def human(sums: Sums) -> Estimate:
    """Rated of asked, people."""
    return _of(sums, "human")


def _of(sums: Sums, kind: str) -> Estimate:
    counts = sums.tickets
    return share(counts[f"csat_{kind}"], counts[f"csat_{kind}_asked"], missing="requests for a rating: none")
