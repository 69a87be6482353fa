"""Behind each figure stand exactly the items that it counts, whatever happened to them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import figures
from api.figures import Made, Wanted, added, behind_figure, made_of
from core.db import Database as Connections
from core.events import Event
from core.ids import new_id
from core.store.rollup_items import Asked, Which
from metrics.behind import BEHIND
from metrics.report import DEFINITIONS, report_on
from metrics.sums import Sums
from tests.api.conftest import Desk
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


def test_a_tenants_report_does_not_wait_for_another_tenants(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    slow, quick = (Wanted(tenant, START, UNTIL, None, None) for tenant in (new_id(), desk.tenant_id))
    begun, finish = threading.Event(), threading.Event()
    made = Made(report_on(Sums(since=START, until=UNTIL, now=UNTIL)), [])
    calls: list[Wanted] = []

    def make(_connection: Any, wanted: Wanted) -> Made:
        calls.append(wanted)
        if wanted is slow:
            begun.set()
            assert finish.wait(30)
        return made

    monkeypatch.setattr(figures, "make", make)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(made_of, slow)
        assert begun.wait(30)
        again = pool.submit(made_of, slow)
        assert made_of(quick) is made and not first.done()
        finish.set()
        assert first.result(30) is again.result(30)
    assert calls == [slow, quick]
