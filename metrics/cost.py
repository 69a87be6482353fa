"""Cost: what models were paid, by item and by resolution. People's minutes and servers are not in it."""

from core.rollups import MICRO
from metrics.estimate import Estimate
from metrics.figure import Definition
from metrics.intervals import Pairs, ratio_of
from metrics.sums import Sums

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


def estimate(sums: Sums) -> Estimate:
    """Mean over items."""
    n, spent, squares = sums.both("items"), sums.both("cost") / MICRO, sums.both("cost_2") / MICRO**2
    return ratio_of(Pairs(n, spent, n, squares, spent, n), missing="items: none in this period")


def per_resolution(sums: Sums) -> Estimate:
    """All that was spent on settled tickets over the durable ones."""
    counts = sums.tickets
    spent, squares = counts["settled_cost"] / MICRO, counts["settled_cost_2"] / MICRO**2
    durable = counts["durable"]
    pairs = Pairs(counts["settled"], spent, durable, squares, counts["durable_cost"] / MICRO, durable)
    found = ratio_of(pairs, missing="resolved tickets: none is 7 days old")
    return found.model_copy(update={"pending": sums.pending})
