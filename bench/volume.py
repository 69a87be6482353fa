"""Figures at size: roll-ups against plain SQL over the raw log and against DuckDB, on one generated year of tickets.

python -m bench.volume --metrics [--tickets 200000] [--seed 1]

Starts PostgreSQL embedded in a temporary folder and loads the year (six events a ticket). Then it measures: making the
roll-ups anew from the whole log; keeping up with the last events as they come, one process; each query of the
control room over 7 to 365 days, whole and by each group, figures and intervals and all; and, as peers, one of these
queries (automation share by intent over 30 and 365 days, without repeat contacts) as plain SQL over the raw rows, in
PostgreSQL as its superuser without row-level security and in DuckDB over a Parquet file of the same rows.
"""

import argparse
import contextlib
import functools
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import numpy as np
import psutil

from api.figures import Wanted, make
from bench.volume_log import DAYS, Log, load, load_first, make_tenant
from cli.embedded.temporary import Servers, temporary_servers
from core.db import Database, migrate
from core.ids import new_id
from metrics.cohort import GROUPS, GroupBy
from workers.rollup import catch_up
from workers.rollup_whole import rebuild

Asked = tuple[int, GroupBy | None, int]  # days, group, round
WINDOWS = (7, 30, 90, 365)
GOAL_EVENTS = 30_000_000
ROUNDS = 3
# What a dashboard without roll-ups would ask: automated for good, of settled tickets, by intent.
PLAIN = """
WITH received AS (
    SELECT ticket_id FROM events WHERE kind = 'ticket.received' AND "at" >= {since} AND "at" < {until}
), told AS (
    SELECT r.ticket_id, max(CASE WHEN e.kind = 'item.routed' THEN {intent} END) AS intent,
        max(CASE WHEN e.kind = 'delivery.sent' AND {by} = 'agent' THEN e."at" END) AS answered_at,
        max(CASE WHEN e.kind IN ('message.received', 'ticket.reopened') THEN e."at" END) AS wrote_at,
        max(CASE WHEN e.kind LIKE 'review.%' OR e.kind = 'staff.replied' THEN 1 ELSE 0 END) AS touched
    FROM received r JOIN events e ON e.ticket_id = r.ticket_id GROUP BY r.ticket_id)
SELECT intent, count(*) AS n,
    sum(CASE WHEN touched = 0 AND answered_at > coalesce(wrote_at, {since}) THEN 1 ELSE 0 END) AS k
FROM told GROUP BY intent
"""


def main() -> None:
    """Load, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.volume", description=__doc__)
    parser.add_argument("--metrics", action="store_true", help="the only part there is: figures at size")
    parser.add_argument("--tickets", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin = time.monotonic()
    with temporary_servers() as servers:
        base = servers.database()
        migrate(base.owner_url)
        figures, yardstick, events = measure(servers, options.tickets, options.seed)
    for name, value in {**figures, **{f"yardstick {name}": value for name, value in yardstick.items()}}.items():
        print(f"{name:44} {value:>14,.3f}")
    line = {"bench": "volume", "data": f"a generated year, {events} events", "n": options.tickets}
    seconds = round(time.monotonic() - begin, 1)
    print(json.dumps({**line, "seconds": seconds, "figures": figures, "yardstick": yardstick}))


def measure(servers: Servers, tickets: int, seed: int) -> tuple[dict[str, float], dict[str, float], int]:
    """All of it. Returns our figures, the peers' and how many events there were."""
    tenant, database = new_id(), Database(servers.database().app_url)
    log, now = Log(tickets, seed), datetime.now(UTC)
    late_ones = min(5_000, tickets // 10)  # tickets whose events come at the end
    clock = Clock(servers.postgres.process.pid)
    make_tenant(servers.database().app_url, tenant)
    with servers.postgres.postgres.connect(servers.database().name) as owner:

        def first() -> int:
            return load_first(owner, log.files(tenant, servers.home, 0, tickets - late_ones), clock.tell("loaded"))

        written, loaded = clock.timed(first)
        print(f"{written:,} events made and loaded: {loaded}", flush=True)
        items, made = clock.timed(lambda: rebuild(tenant, now=now, database=database))
        rate = written / made.seconds
        print(f"{items:,} items rolled up anew: {made}, {rate:,.0f} events a second", flush=True)
        late = load(owner, log.files(tenant, servers.home, tickets - late_ones, tickets))
        taken, rolled = clock.timed(lambda: catch_up(tenant, now=now, database=database))
        assert taken >= late, "not every event was taken in"
        print(f"{late:,} events rolled up as they came: {rolled}", flush=True)
        for table in ("rollups", "rollup_waits", "rollup_items"):
            owner.execute(f"VACUUM ANALYZE {table}")
        asked = _dashboard(clock, database, tenant, log.start + timedelta(days=DAYS))
        events = written + late
        figures = {
            "query_p50_ms": _percentile(asked, 50),
            "query_p95_ms": _percentile(asked, 95),
            "query_slowest_ms": _percentile(asked, 100),
            "query_p95_cpu_ms": round(1000 * float(np.percentile([one.cpu for one in asked.values()], 95)), 1),
            "rolled_up_events_per_second": round(late / rolled.seconds),
            "rolled_up_events_per_cpu_second": round(late / rolled.cpu),
            "rebuild_seconds": round(made.seconds, 1),
            "rebuild_cpu_seconds": round(made.cpu, 1),
            "rebuild_events_per_second": round(rate),
            "rebuild_seconds_for_30_million": round(GOAL_EVENTS / rate),
        }
        print(f"queries: {figures['query_p95_ms']} ms p95, {figures['query_slowest_ms']} ms at most", flush=True)
        yardstick = _peers(clock, owner, log, servers.home, asked)
    database.close()
    yardstick["rebuild_ratio_to_duckdb"] = round(made.seconds / yardstick["duckdb_whole_log_seconds"], 1)
    return figures, yardstick, events


@dataclass(frozen=True)
class Spent:
    """What something took: seconds by the clock, and of CPU by this process and PostgreSQL's."""

    seconds: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.seconds:,.0f} s ({self.cpu:,.0f} s of CPU)"


class Clock:
    """Times what this process and a PostgreSQL server do together."""

    def __init__(self, postmaster: int) -> None:
        self._server = psutil.Process(postmaster)
        self._told = time.monotonic()

    def timed(self, act: Callable[[], Any]) -> tuple[Any, Spent]:
        """Do it. Returns what it returns and what it took."""
        cpu, begin = self._cpu(), time.perf_counter()
        found = act()
        seconds = time.perf_counter() - begin
        return found, Spent(seconds, self._cpu() - cpu)

    def tell(self, what: str) -> Callable[[int], None]:
        """Return a printer of progress that speaks every 20 seconds at most."""

        def told(done: int) -> None:
            if time.monotonic() - self._told > 20:
                self._told = time.monotonic()
                print(f"  {done:,} events {what}", flush=True)

        return told

    def _cpu(self) -> float:
        own, spent = self._server.cpu_times(), time.process_time()
        spent += own.user + own.system + own.children_user + own.children_system
        for child in self._server.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                spent += times.user + times.system
        return spent


def _percentile(asked: dict[Asked, Spent], percent: int) -> float:
    return round(1000 * float(np.percentile([one.seconds for one in asked.values()], percent)), 1)


def _dashboard(clock: Clock, database: Database, tenant: UUID, end: datetime) -> dict[Asked, Spent]:
    """Every query of the control room, several times over different days, by days, group and round."""
    asked: dict[Asked, Spent] = {}
    for days, by, number in itertools.product(WINDOWS, (None, *GROUPS), range(ROUNDS)):
        until = end - timedelta(days=3 * number)
        since = max(until - timedelta(days=days), end - timedelta(days=DAYS))
        wanted = Wanted(tenant, since, until, by, None)
        with database.transaction(tenant, snapshot=True) as connection:
            made, asked[days, by, number] = clock.timed(functools.partial(make, connection, wanted))
        assert made.report.tickets > 0
    return asked


def _peers(clock: Clock, owner: Any, log: Log, home: Path, asked: dict[Asked, Spent]) -> dict[str, float]:
    """The same question as plain SQL, in PostgreSQL and in DuckDB."""
    end = log.start + timedelta(days=DAYS)
    found: dict[str, float] = {}
    with duckdb.connect(config={"memory_limit": "2GB", "temp_directory": str(home)}) as duck:
        duck.execute(f"CREATE VIEW events AS FROM '{home}/log*.parquet'")
        for days in (30, DAYS):
            since, until = (f"TIMESTAMPTZ '{at.isoformat()}'" for at in (end - timedelta(days=days), end))
            ours = float(np.median([asked[days, "intent", number].seconds for number in range(ROUNDS)]))
            sql = PLAIN.format(since=since, until=until, intent="e.data ->> 'intent'", by="e.data ->> 'by'")
            answer, plain = clock.timed(functools.partial(_rows, owner, sql))
            other, duck_spent = clock.timed(functools.partial(_rows, duck, sql))
            assert sorted(map(tuple, answer)) == sorted(map(tuple, other)), "the peers answered differently"
            print(f"{days} days as plain SQL: PostgreSQL {plain}, DuckDB {duck_spent}", flush=True)
            found[f"ours_{days}_days_ms"] = round(1000 * ours, 1)
            for name, spent in (("plain_sql", plain), ("duckdb", duck_spent)):
                found[f"{name}_{days}_days_ms"] = round(1000 * spent.seconds, 1)
                found[f"{name}_{days}_days_ratio"] = round(spent.seconds / ours, 1)
    found["duckdb_whole_log_seconds"] = round(found[f"duckdb_{DAYS}_days_ms"] / 1000, 3)
    return found


def _rows(peer: Any, sql: str) -> list[Any]:
    return list(peer.execute(sql).fetchall())


if __name__ == "__main__":
    main()
