"""Cost: what models were paid, by item and by resolution. People's minutes and servers are not in it."""

from metrics.cohort import Cohort
from metrics.estimate import Estimate
from metrics.figure import Definition
from metrics.intervals import ratio

DEFINITION = Definition(
    name="cost_per_item",
    title="Model cost per item",
    unit="usd",
    numerator="US dollars that runs on the period's tickets and documents cost at their models' list prices",
    denominator="all tickets and documents received in the period",
    window="by arrival",
    exclusions="spam, tickets merged into another, imported past, shadow runs; people's minutes and servers",
    source="events: run.recorded (cost_usd)",
)
PER_RESOLUTION = DEFINITION.model_copy(
    update={
        "name": "cost_per_resolution",
        "title": "Model cost per resolved ticket",
        "numerator": "US dollars that all runs on the period's settled tickets cost, also of those that failed",
        "denominator": "tickets resolved by agents alone and for good (numerator of the automation share)",
        "window": "by arrival; judged after 7 days",
    }
)


def estimate(cohort: Cohort) -> Estimate:
    """Mean over items."""
    spent = [sum(run.cost_usd for run in runs) for runs in cohort.runs_by_item]
    return ratio(spent, [1.0] * len(spent), missing="items: none in this period")


def per_resolution(cohort: Cohort) -> Estimate:
    """All that was spent on settled tickets over the durable ones."""
    settled = cohort.settled
    spent = [sum(run.cost_usd for run in t.runs if not run.shadow) for t in settled]
    found = ratio(spent, [float(t.durable) for t in settled], missing="resolved tickets: none is 7 days old")
    return found.model_copy(update={"pending": cohort.pending})
