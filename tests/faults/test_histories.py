"""Ten thousand generated histories against the slow, obvious reference; a thousand of them through the roll-ups."""

import pytest
from hypothesis import HealthCheck, given, settings

from cli.embedded.temporary import Database
from core.db import Database as Connections
from core.events import Event
from tests.metrics import test_fold, test_rolled
from tests.metrics.histories import logs
from tests.workers import test_rollup

pytestmark = pytest.mark.faults
LONG = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=10_000, **LONG)  # type: ignore[arg-type]  # two options of one call
@given(log=logs())
def test_ten_thousand_histories_equal_the_reference(log: list[Event]) -> None:
    test_fold.test_every_fact_is_what_the_definition_says.hypothesis.inner_test(log)  # type: ignore[attr-defined]  # made by given


def test_ten_thousand_histories_add_the_same_in_both_folds() -> None:
    log = test_rolled.generated(10_000)
    for days, zone in ((10, "UTC"), (25, "Asia/Ho_Chi_Minh"), (400, "America/New_York")):
        assert test_rolled.both_folds_agree(log, days, zone) > 10_000


@pytest.mark.timeout(3600)
@settings(max_examples=1_000, **LONG)  # type: ignore[arg-type]  # two options of one call
@given(**test_rollup.HISTORIES)
def test_a_thousand_histories_roll_up_to_the_sums_of_the_log(
    module_database: Database, log: list[Event], cuts: list[int], days: int, zone: str, anew: bool
) -> None:
    connections = Connections(module_database.app_url)
    try:
        inner = test_rollup.test_any_order_of_any_history_ends_at_the_sums_of_the_log
        inner.hypothesis.inner_test(connections, log, cuts, days, zone, anew)  # type: ignore[attr-defined]  # made by given
    finally:
        connections.close()
