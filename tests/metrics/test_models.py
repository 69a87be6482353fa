"""Tokens, those read from a provider's cache and calls that failed, of all items and by model; time to resolution."""

from typing import Any

import pytest

from metrics import cost, latency, models
from metrics.sums import split_sums
from tests.metrics.histories import event, received
from tests.metrics.test_pitfalls import automated, cut, whole

RUN: dict[str, Any] = {"agent": "cards", "proposal": "reply", "seconds": 2.0}
CHEAP: dict[str, Any] = {
    "model": "a:small",
    "cost_usd": 0.01,
    "input_tokens": 80,
    "cached_tokens": 60,
    "output_tokens": 20,
}
DEAR: dict[str, Any] = {"model": "b:large", "cost_usd": 0.09, "input_tokens": 250, "output_tokens": 50}


def test_tokens_and_cache_hits_are_of_all_items() -> None:
    found = whole(
        received(1),
        event("run.recorded", 0.1, 1, **RUN, **CHEAP),
        received(2),
        event("run.recorded", 0.1, 2, **RUN, **DEAR),
        received(3),
    )
    assert models.tokens(found).value == pytest.approx(400 / 3)
    assert (models.cached(found).k, models.cached(found).n) == (60, 400)
    assert models.cached(whole(received(1))).missing == "tokens: no model was asked in this period"


def test_cost_of_an_item_and_of_a_resolution_is_told_by_model() -> None:
    log = [
        *(e for e in automated(1) if e.kind != "run.recorded"),
        event("run.recorded", 0.02, 1, **RUN, **CHEAP),
        *(e for e in automated(2) if e.kind != "run.recorded"),
        event("run.recorded", 0.02, 2, **RUN, **DEAR),
        *(e for e in automated(3) if e.kind != "run.recorded"),
        event("run.recorded", 0.02, 3, **RUN, **DEAR),
        event("staff.replied", 5, 3, by="an"),
    ]
    parts = split_sums(cut(*log), "model")
    assert {name: cost.estimate(part).value for name, part in parts.items()} == pytest.approx(
        {"b:large": 0.09, "a:small": 0.01}
    )
    resolved = {name: cost.per_resolution(part).value for name, part in parts.items()}
    assert resolved == pytest.approx({"b:large": 0.18, "a:small": 0.01}), "one of two was not resolved: both are paid"


def test_an_open_ticket_makes_the_median_time_to_resolution_longer() -> None:
    done = [e for i in range(1, 4) for e in (received(i), event("staff.replied", 2, i, by="an"))]
    assert latency.resolution(whole(*done)).value == pytest.approx(7_200, rel=0.02)
    more = [e for i in (4, 5) for e in (received(i), event("staff.replied", 50, i, by="an"))]
    left = [received(i) for i in (6, 7)]
    assert latency.resolution(whole(*done, *more, *left)).value == pytest.approx(180_000, rel=0.02)
