"""Satisfaction (CSAT): ratings of 4 or 5 among all ratings, split by who dealt with the ticket."""

from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

AUTOMATED = Definition(
    name="csat_automated",
    title="Satisfaction, answered by agents alone",
    unit="share",
    numerator="ratings of 4 or 5",
    denominator="ratings of tickets that agents dealt with alone; who does not rate is not counted",
    window="by arrival",
    exclusions="spam, tickets merged into another, imported past; compare only within an intent and a channel",
    source="events: csat.answered",
)
ASSISTED = AUTOMATED.model_copy(
    update={
        "name": "csat_assisted",
        "title": "Satisfaction, drafted by agents and sent by people",
        "denominator": "ratings of tickets whose drafts people approved or edited; who does not rate is not counted",
    }
)
HUMAN = AUTOMATED.model_copy(
    update={
        "name": "csat_human",
        "title": "Satisfaction, answered by people",
        "denominator": "ratings of tickets that people answered; who does not rate is not counted",
    }
)


def automated(sums: Sums) -> Estimate:
    """Good of all ratings, agents alone."""
    return _of(sums, "automated")


def assisted(sums: Sums) -> Estimate:
    """Good of all ratings, drafts sent by people."""
    return _of(sums, "assisted")


def human(sums: Sums) -> Estimate:
    """Good of all ratings, people."""
    return _of(sums, "human")


def _of(sums: Sums, kind: str) -> Estimate:
    counts = sums.tickets
    return share(counts[f"csat_{kind}_good"], counts[f"csat_{kind}"], missing="ratings: none in this period")
