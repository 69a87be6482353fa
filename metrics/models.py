"""What language models were asked: tokens by item, the part that a cache answered, attempts that failed."""

from metrics.estimate import Estimate, share, unknown
from metrics.figure import Definition
from metrics.sums import Sums

TOKENS = Definition(
    name="tokens_per_item",
    title="Tokens per item",
    unit="count",
    numerator="tokens read and written by the models of all runs",
    denominator="all tickets and documents received in the period",
    window="by arrival",
    exclusions="spam, tickets merged into another, imported past, shadow runs",
    source="events: run.recorded (input_tokens, output_tokens)",
)
CACHED = TOKENS.model_copy(
    update={
        "name": "cached_tokens",
        "title": "Tokens that a cache answered",
        "unit": "share",
        "numerator": "tokens that the provider's cache answered",
        "denominator": "tokens read and written by the models of all runs",
        "source": "events: run.recorded (cached_tokens, input_tokens, output_tokens)",
    }
)
FAILURES = TOKENS.model_copy(
    update={
        "name": "failed_items",
        "title": "Items with a failed attempt",
        "unit": "share",
        "numerator": "items of which an attempt failed (a model's provider, a tool, a delivery), also where a later "
        "one went well",
        "exclusions": "spam, tickets merged into another, imported past",
        "source": "events: item.failed, item.dead",
    }
)


def tokens(sums: Sums) -> Estimate:
    """Mean over items."""
    n = sums.both("items")
    if n == 0:
        return unknown("items: none in this period")
    return Estimate(value=sums.both("tokens") / n, n=n)


def cached(sums: Sums) -> Estimate:
    """Cached of all tokens; no interval, for tokens of one run are not independent."""
    n, k = sums.both("tokens"), sums.both("cached_tokens")
    if n == 0:
        return unknown("tokens: no model was asked in this period")
    return Estimate(value=k / n, k=k, n=n)


def failures(sums: Sums) -> Estimate:
    """Items with a failure of all items."""
    return share(sums.both("failed"), sums.both("items"), missing="items: none in this period")
