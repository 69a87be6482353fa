"""Behind each figure stand exactly the items that it counts, whatever happened to them."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.figures import Wanted, added, behind_figure
from core.db import Database as Connections
from core.events import Event
from core.store.rollup_items import Asked, Which
from metrics.behind import BEHIND
from metrics.report import DEFINITIONS
from tests.metrics.histories import START, logs
from tests.workers.test_rollup import UNTIL, connections, make_tenant, write
from workers.rollup import catch_up

__all__ = ["connections"]
# Items of these add no more than one; an item may have several audits, and costs what it costs.
ONE_EACH = {name: one for name, one in BEHIND.items() if one.item == "ticket" and not one.of.startswith("csat")}
WHICH: tuple[Which, ...] = ("all", "hit", "missed")


def found(connections: Connections, tenant: Any, asked: Asked) -> list[Any]:
    with connections.transaction(tenant) as connection:
        return list(behind_figure(connection, Wanted(tenant, START, UNTIL, None, None), asked, None, 500))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=logs(), days=st.integers(1, 60))
def test_there_are_as_many_as_the_figure_says(connections: Connections, log: list[Event], days: int) -> None:
    tenant = make_tenant(connections)
    write(connections, tenant, log)
    catch_up(tenant, database=connections, now=START + timedelta(days=days))
    with connections.transaction(tenant) as connection:
        counts = added(connection, Wanted(tenant, START, UNTIL, None, None)).whole.tickets
    for name, one in ONE_EACH.items():
        every = {which: found(connections, tenant, Asked(one.item, one.of, one.hit, which)) for which in WHICH}
        assert len(every["all"]) == counts[one.of], name
        if name != "handoffs":  # a person may take over what triage gave to nobody
            assert len(every["hit"]) == counts[one.hit], name
        assert {row["id"] for row in every["all"]} == {row["id"] for row in every["hit"] + every["missed"]}, name
        assert all(row["hit"] for row in every["hit"]) and not any(row["hit"] for row in every["missed"])


def test_every_figure_but_the_agents_has_items() -> None:
    measured = {"first_response", "first_response_automated", "first_response_p90", "resolution_time", "waterfall"}
    assert set(DEFINITIONS) - set(BEHIND) == {"agents_in_service", *measured}
    assert {name for name in BEHIND if not name.startswith("stage_")} <= set(DEFINITIONS)
