"""What language models were asked: tokens by item, the part that a cache answered, calls and attempts that failed."""

from core.contracts import Frozen
from core.rollups import ANSWERED, FAILED
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
CALLS = TOKENS.model_copy(
    update={
        "name": "provider_errors",
        "title": "Calls of models that failed",
        "unit": "share",
        "numerator": "calls that the model's provider could not answer in time, or refused (key, credit, request), "
        "whether or not a later call or another model of the chain answered",
        "denominator": "all calls of models for the period's tickets and documents, each attempt counted",
        "exclusions": "spam, tickets merged into another, imported past, shadow runs; calls that a model could only "
        "not take (content filter, too long) and those spared while a failing model is left alone",
        "source": "events: run.recorded, item.failed, item.dead (answered, failed)",
    }
)


class Asked(Frozen):
    """One model (provider:name) of the period: calls that its provider answered or failed, and the part that failed."""

    model: str
    provider: str
    calls: int
    errors: Estimate


def provider_errors(sums: Sums) -> Estimate:
    """Failed of all calls."""
    return _failed_of(sum(_of(sums, FAILED).values()), sum(sums.calls.values()))


def by_model(sums: Sums) -> tuple[Asked, ...]:
    """Each model that was asked, most calls first."""
    answered, failed = _of(sums, ANSWERED), _of(sums, FAILED)
    calls = {name: answered.get(name, 0) + failed.get(name, 0) for name in {*answered, *failed}}
    return tuple(
        Asked(
            model=name,
            provider=name.partition(":")[0],
            calls=calls[name],
            errors=_failed_of(failed.get(name, 0), calls[name]),
        )
        for name in sorted(calls, key=lambda name: (-calls[name], name))
    )


def _of(sums: Sums, prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): n for name, n in sums.calls.items() if n and name.startswith(prefix)}


def _failed_of(k: int, n: int) -> Estimate:
    """No interval: failures come in outages, and so are not independent."""
    return Estimate(value=k / n, k=k, n=n) if n else unknown("calls: no model was asked in this period")


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
