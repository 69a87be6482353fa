"""Business gauges for Prometheus, from the roll-ups at each scrape: figures of 30 days with their intervals."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from prometheus_client.core import GaugeMetricFamily, Metric

from api.figures import Wanted, period, report_of
from core.db import app_database
from core.store import rollups

SHOWN = (
    *("automation_share", "workload_share", "accuracy", "containment", "resolution", "repeat_contact"),
    *("straight_through", "document_accuracy", "first_response", "resolution_time", "run_seconds"),
    *(
        "cost_per_item",
        "cost_per_resolution",
        "hours_saved",
        "documents_a_year",
        "agents_in_service",
        "failed_items",
        "provider_errors",
    ),
)


def gauges(tenant_id: UUID) -> Iterator[Metric]:
    """Yield the figures. One that is not known has no sample: never 0 instead."""
    report = report_of(Wanted(tenant_id, *period(None, None), None, None))
    value = GaugeMetricFamily("saola_figure", "A figure of the last 30 days.", labels=["figure"])
    low = GaugeMetricFamily("saola_figure_low", "Lower end of its 95 % interval.", labels=["figure"])
    high = GaugeMetricFamily("saola_figure_high", "Upper end of its 95 % interval.", labels=["figure"])
    count = GaugeMetricFamily("saola_figure_n", "How many items it rests on.", labels=["figure"])
    for name in SHOWN:
        estimate = report.figure(name)
        ends = ((value, estimate.value), (low, estimate.low), (high, estimate.high))
        for family, number in ends:
            if number is not None:
                family.add_metric([name], number)
        count.add_metric([name], estimate.n)
    stages = GaugeMetricFamily("saola_waterfall_tickets", "Settled tickets that reach a stage.", labels=["stage"])
    for stage in report.waterfall:
        if stage.count is not None:
            stages.add_metric([stage.name], stage.count)
    calls = GaugeMetricFamily(
        "saola_model_calls", "Calls of models in the last 30 days.", labels=["provider", "model", "ended"]
    )
    for one in report.calls:
        calls.add_metric([one.provider, one.model, "failed"], one.errors.k or 0)
        calls.add_metric([one.provider, one.model, "answered"], one.calls - (one.errors.k or 0))
    yield from (value, low, high, count, stages, calls)
    with app_database().transaction(tenant_id) as connection:
        standing = rollups.standing(connection)
    if standing is not None:
        age = (datetime.now(UTC) - standing.as_of).total_seconds()
        yield GaugeMetricFamily("saola_rollup_age_seconds", "Since figures were brought up to date.", value=age)
