"""Roll-ups end at the sums that the whole log gives, in whatever order, and however late, its events come."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.figures import Added, Wanted, added
from cli.embedded.temporary import Database
from core.db import Database as Connections
from core.events import Event
from core.ids import new_id
from core.store import events, rollups, tenants
from core.store.sql import scalar
from metrics.cohort import GROUPS, GroupBy, cohort
from metrics.fold import fold
from metrics.sums import Sums, split_sums, sums_of
from tests.metrics.histories import START, logs, received
from tests.metrics.test_pitfalls import automated
from tests.metrics.test_report import READ, document
from workers import rollup_whole
from workers.rollup import catch_up
from workers.rollup_whole import rebuild

UNTIL = START + timedelta(days=60)


@pytest.fixture(scope="module")
def connections(module_database: Database) -> Iterator[Connections]:
    made = Connections(module_database.app_url)
    yield made
    made.close()


def make_tenant(connections: Connections, zone: str = "UTC") -> UUID:
    tenant_id = new_id()
    with connections.transaction(tenant_id) as connection:
        tenants.make(connection, tenant_id, str(tenant_id), zone)
    return tenant_id


def write(connections: Connections, tenant_id: UUID, log: list[Event]) -> None:
    with connections.transaction(tenant_id) as connection:
        events.append(connection, *(e.model_copy(update={"tenant_id": tenant_id}) for e in log))


def read(connections: Connections, tenant_id: UUID, by: GroupBy | None = None) -> Added:
    with connections.transaction(tenant_id) as connection:
        return added(connection, Wanted(tenant_id, START, UNTIL, by, None))


def plain(sums: Sums) -> dict[str, Any]:
    """Sums without their zeros, to compare."""
    return {
        "tickets": {k: v for k, v in sums.tickets.items() if v},
        "documents": {k: v for k, v in sums.documents.items() if v},
        "by_intent": {i: {k: v for k, v in c.items() if v} for i, c in sums.by_intent.items() if any(c.values())},
        "held": {k: v for k, v in sums.held.items() if v},
        "calls": {k: v for k, v in sums.calls.items() if v},
        "waits": {w: {k: v for k, v in c.items() if v} for w, c in sums.waits.items() if any(c.values())},
        "minutes": sums.minutes,
        "agents": sums.agents,
    }


def check(
    connections: Connections,
    tenant_id: UUID,
    log: list[Event],
    now: datetime,
    zone: str,
    groups: Sequence[GroupBy] = ("agent", "intent"),
) -> None:
    """Compare whole and parts with the sums over the whole log."""
    since, last = (
        datetime.combine(at.astimezone(ZoneInfo(zone)).date(), time(), ZoneInfo(zone))
        for at in (START, UNTIL - timedelta(microseconds=1))
    )
    whole = cohort(fold(log), since=since, until=last + timedelta(days=1), now=now)
    assert plain(read(connections, tenant_id).whole) == plain(sums_of(whole))
    for by in groups:
        parts = read(connections, tenant_id, by).parts
        truth = split_sums(whole, by)
        assert {v: part.both("items") for v, part in parts.items()} == {v: s.both("items") for v, s in truth.items()}
        for value, part in parts.items():
            found, wanted = plain(part), plain(truth[value])
            # What cannot be in a cohort (spam, merged) is counted in the slice to which it would have belonged.
            for one in (found, wanted):
                one["tickets"] = {k: v for k, v in one["tickets"].items() if k not in ("spam", "merged")}
                one["held"] = one["calls"] = {}
            assert found == wanted


HISTORIES: dict[str, st.SearchStrategy[Any]] = {
    "log": logs(),
    "cuts": st.lists(st.integers(0, 40), max_size=3),
    "days": st.integers(0, 60),
    "zone": st.sampled_from(["UTC", "Asia/Ho_Chi_Minh", "America/New_York"]),
    "anew": st.booleans(),
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**HISTORIES)
def test_any_order_of_any_history_ends_at_the_sums_of_the_log(
    connections: Connections, log: list[Event], cuts: list[int], days: int, zone: str, anew: bool
) -> None:
    tenant_id = make_tenant(connections, zone)
    now = START + timedelta(days=days)
    at = [0, *sorted(min(cut, len(log)) for cut in cuts), len(log)]
    for number, (first, last) in enumerate(pairwise(at)):
        write(connections, tenant_id, log[first:last])
        early = START + timedelta(days=days * (number + 1) / len(at))
        catch_up(tenant_id, now=early, database=connections)
    catch_up(tenant_id, now=now, database=connections)
    check(connections, tenant_id, log, now, zone)
    if anew:
        rebuild(tenant_id, now=now, database=connections)
        check(connections, tenant_id, log, now, zone)


def test_documents_and_tickets_are_rolled_up_beside_each_other(connections: Connections) -> None:
    tenant_id = make_tenant(connections)
    log = [*automated(1), *document(1, *READ), *document(2)]
    write(connections, tenant_id, log)
    catch_up(tenant_id, now=UNTIL, database=connections)
    check(connections, tenant_id, log, UNTIL, "UTC", GROUPS)
    assert read(connections, tenant_id).whole.documents["through"] == 1
    assert read(connections, tenant_id, "type").parts["invoice"].documents["through"] == 1
    rebuild(tenant_id, now=UNTIL, database=connections)
    check(connections, tenant_id, log, UNTIL, "UTC", GROUPS)


def test_a_name_with_what_parts_a_file_of_rows_is_one_name(connections: Connections) -> None:
    tenant_id = make_tenant(connections)
    log = [received(0, 1, customer="an\nbinh\x1fchi\x01"), *automated(2)]
    write(connections, tenant_id, log)
    assert rebuild(tenant_id, now=UNTIL, database=connections) == 2
    check(connections, tenant_id, log, UNTIL, "UTC", GROUPS)


def test_silence_alone_settles_a_ticket(connections: Connections) -> None:
    tenant_id = make_tenant(connections)
    write(connections, tenant_id, automated(1))
    catch_up(tenant_id, now=START + timedelta(days=6), database=connections)
    assert read(connections, tenant_id).whole.tickets["settled"] == 0
    catch_up(tenant_id, now=START + timedelta(days=8), database=connections)
    assert read(connections, tenant_id).whole.tickets["durable"] == 1


def test_a_customer_who_comes_back_undoes_a_figure_of_last_week(connections: Connections) -> None:
    tenant_id = make_tenant(connections)
    write(connections, tenant_id, automated(1, customer="an"))
    catch_up(tenant_id, now=UNTIL, database=connections)
    assert read(connections, tenant_id).whole.tickets["durable"] == 1
    again = automated(2, 48, customer="an")
    write(connections, tenant_id, again)
    catch_up(tenant_id, now=UNTIL, database=connections)
    assert read(connections, tenant_id).whole.tickets["durable"] == 1  # the second one
    assert read(connections, tenant_id).whole.tickets["contained"] == 2
    spam = [received(2).model_copy(update={"kind": "ticket.marked_spam"})]
    write(connections, tenant_id, spam)
    catch_up(tenant_id, now=UNTIL, database=connections)
    sums = read(connections, tenant_id).whole
    assert Counter(sums.tickets)["durable"] == 1 and sums.tickets["spam"] == 1
    check(connections, tenant_id, [*automated(1, customer="an"), *again, *spam], UNTIL, "UTC")


def test_another_time_zone_makes_the_days_anew(connections: Connections, module_database: Database) -> None:
    tenant_id = make_tenant(connections)
    log = [e for i in range(5) for e in automated(i, 20.0 + i)]
    write(connections, tenant_id, log)
    catch_up(tenant_id, now=UNTIL, database=connections)
    with connections.transaction(tenant_id) as connection:
        tenants.set_timezone(connection, "Asia/Ho_Chi_Minh")
    catch_up(tenant_id, now=UNTIL, database=connections)
    check(connections, tenant_id, log, UNTIL, "Asia/Ho_Chi_Minh")


def test_what_another_pass_is_at_is_left_alone(connections: Connections) -> None:
    tenant_id = make_tenant(connections)
    write(connections, tenant_id, automated(1))
    catch_up(tenant_id, now=START, database=connections)
    write(connections, tenant_id, automated(2))
    with connections.transaction(tenant_id) as connection:
        assert rollups.standing(connection, lock=True)
        assert catch_up(tenant_id, now=UNTIL, database=connections) == 0


def test_one_at_a_time_makes_the_roll_ups_anew(connections: Connections) -> None:
    tenant_id = make_tenant(connections)
    write(connections, tenant_id, automated(1))
    catch_up(tenant_id, now=UNTIL, database=connections)
    with connections.transaction(tenant_id) as holding:
        assert rollups.rebuild_alone(holding, tenant_id)
        assert rebuild(tenant_id, now=UNTIL, database=connections) is None
    assert rebuild(tenant_id, now=UNTIL, database=connections) == 1
    assert read(connections, tenant_id).whole.tickets["durable"] == 1


def test_parts_that_are_folded_beside_each_other_add_up_to_the_whole(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Customers come back in other parts than they first wrote in."""
    monkeypatch.setattr(rollup_whole, "EVENTS_A_PART", 20)
    tenant_id = make_tenant(connections)
    log = [e for i in range(40) for e in automated(i, 5 * i, customer=f"customer {i % 11}")]
    log += [e for i in range(20) for e in document(i, *READ)]
    write(connections, tenant_id, log)
    assert rebuild(tenant_id, now=UNTIL, database=connections) == 60
    check(connections, tenant_id, log, UNTIL, "UTC", GROUPS)
    assert 0 < read(connections, tenant_id).whole.tickets["durable"] < 40


KILLED = """
import os, signal, sys
from uuid import UUID
from core.db import Database
from metrics import rolled_up
from workers.rollup_whole import rebuild
rolled_up.add_up = lambda rolling: os.kill(os.getpid(), signal.SIGKILL)  # items are loaded by then, sums are not
rebuild(UUID(sys.argv[1]), database=Database(sys.argv[2]))
"""


def test_a_kill_while_roll_ups_are_made_anew_leaves_those_in_service(connections: Connections, tmp_path: Path) -> None:
    tenant_id = make_tenant(connections)
    log = [e for i in range(3) for e in automated(i)]
    write(connections, tenant_id, log)
    catch_up(tenant_id, now=UNTIL, database=connections)
    words = [sys.executable, "-c", KILLED, str(tenant_id), connections.url]
    done = subprocess.run(words, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert builds(connections, tenant_id) == 2
    check(connections, tenant_id, log, UNTIL, "UTC")
    assert rebuild(tenant_id, now=UNTIL, database=connections) == 3
    assert builds(connections, tenant_id) == 1
    check(connections, tenant_id, log, UNTIL, "UTC")


def builds(connections: Connections, tenant_id: UUID) -> int:
    with connections.transaction(tenant_id) as connection:
        return int(scalar(connection, "SELECT count(DISTINCT build) FROM rollup_items"))
