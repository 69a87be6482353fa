"""Figures at size: roll-ups against plain SQL over the raw log and against DuckDB, on one generated year of tickets.

python -m bench.volume --metrics [--tickets 200000] [--seed 1]

Starts PostgreSQL embedded in a temporary folder and loads the year (six events a ticket). Then it measures: making the
roll-ups anew from the whole log; keeping up with the last events as they come, one process; each query of the
control room over 7 to 365 days, whole and by each group, figures and intervals and all; and, as peers, one of these
queries (automation share by intent over 30 and 365 days, without repeat contacts) as plain SQL over the raw rows, in
PostgreSQL as its superuser without row-level security and in DuckDB over a Parquet file of the same rows.
"""

import argparse
import functools
import itertools
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import numpy as np

from api.figures import Wanted, make
from bench.volume_log import DAYS, Log, load, make_tenant
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
    make_tenant(servers.database().app_url, tenant)
    with servers.postgres.postgres.connect(servers.database().name) as owner:
        owner.autocommit = False
        files = log.files(tenant, servers.home, 0, tickets - late_ones)
        written, load_seconds = _timed(lambda: load(owner, files))
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE events")
        print(f"{written:,} events loaded in {load_seconds:.0f} s", flush=True)
        items, rebuild_seconds = _timed(lambda: rebuild(tenant, now=now, database=database))
        rate = written / rebuild_seconds
        print(f"{items:,} items rolled up anew in {rebuild_seconds:.0f} s: {rate:,.0f} events a second", flush=True)
        owner.autocommit = False
        late = load(owner, log.files(tenant, servers.home, tickets - late_ones, tickets))
        taken, roll_seconds = _timed(lambda: catch_up(tenant, now=now, database=database))
        assert taken >= late, "not every event was taken in"
        owner.autocommit = True
        for table in ("rollups", "rollup_waits", "rollup_items"):
            owner.execute(f"VACUUM ANALYZE {table}")
        asked = _dashboard(database, tenant, log.start + timedelta(days=DAYS))
        events = written + late
        figures = {
            "query_p50_ms": round(float(np.percentile(list(asked.values()), 50)), 1),
            "query_p95_ms": round(float(np.percentile(list(asked.values()), 95)), 1),
            "query_slowest_ms": round(max(asked.values()), 1),
            "rolled_up_events_per_second": round(late / roll_seconds),
            "rebuild_seconds": round(rebuild_seconds, 1),
            "rebuild_events_per_second": round(rate),
            "rebuild_seconds_for_30_million": round(GOAL_EVENTS / rate),
        }
        yardstick = _peers(owner, log, servers.home, asked)
    database.close()
    yardstick["rebuild_ratio_to_duckdb"] = round(rebuild_seconds / yardstick["duckdb_whole_log_seconds"], 1)
    return figures, yardstick, events


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    begin = time.perf_counter()
    return act(), time.perf_counter() - begin


def _dashboard(database: Database, tenant: UUID, end: datetime) -> dict[Asked, float]:
    """Every query of the control room, several times over different days: milliseconds by days, group and round."""
    asked: dict[Asked, float] = {}
    for days, by, number in itertools.product(WINDOWS, (None, *GROUPS), range(ROUNDS)):
        until = end - timedelta(days=3 * number)
        since = max(until - timedelta(days=days), end - timedelta(days=DAYS))
        wanted = Wanted(tenant, since, until, by, None)
        with database.transaction(tenant) as connection:
            made, seconds = _timed(functools.partial(make, connection, wanted))
        assert made.report.tickets > 0
        asked[days, by, number] = 1000 * seconds
    return asked


def _peers(owner: Any, log: Log, home: Path, asked: dict[Asked, float]) -> dict[str, float]:
    """The same question as plain SQL, in PostgreSQL and in DuckDB."""
    end = log.start + timedelta(days=DAYS)
    file = home / "events.parquet"
    found: dict[str, float] = {}
    with duckdb.connect() as duck:
        _, found["duckdb_load_seconds"] = _timed(lambda: _to_parquet(owner, duck, file))
        duck.execute(f"CREATE VIEW events AS SELECT * FROM '{file}'")
        for days in (30, DAYS):
            since, until = (f"TIMESTAMPTZ '{at.isoformat()}'" for at in (end - timedelta(days=days), end))
            ours = float(np.median([asked[days, "intent", number] for number in range(ROUNDS)]))
            sql = PLAIN.format(since=since, until=until, intent="e.data ->> 'intent'", by="e.data ->> 'by'")
            answer, seconds = _timed(functools.partial(_rows, owner, sql))
            other, duck_seconds = _timed(functools.partial(_rows, duck, sql))
            assert sorted(map(tuple, answer)) == sorted(map(tuple, other)), "the peers answered differently"
            found[f"plain_sql_{days}_days_ms"] = round(1000 * seconds, 1)
            found[f"plain_sql_{days}_days_ratio"] = round(1000 * seconds / ours, 1)
            found[f"duckdb_{days}_days_ms"] = round(1000 * duck_seconds, 1)
            found[f"duckdb_{days}_days_ratio"] = round(1000 * duck_seconds / ours, 1)
    found["duckdb_whole_log_seconds"] = round(found[f"duckdb_{DAYS}_days_ms"] / 1000, 3)
    found["duckdb_load_seconds"] = round(found["duckdb_load_seconds"], 1)
    return found


def _rows(peer: Any, sql: str) -> list[Any]:
    return list(peer.execute(sql).fetchall())


def _to_parquet(owner: Any, duck: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Copy the raw rows out of PostgreSQL into a Parquet file."""
    text = file.with_suffix(".csv")
    with (
        text.open("wb") as out,
        owner.cursor().copy("COPY (SELECT kind, at, ticket_id, data FROM events) TO STDOUT (FORMAT csv)") as copy,
    ):
        for block in copy:
            out.write(block)
    columns = "{'kind': 'VARCHAR', 'at': 'TIMESTAMPTZ', 'ticket_id': 'UUID', 'data': 'JSON'}"
    duck.execute(f"COPY (SELECT * FROM read_csv('{text}', columns={columns})) TO '{file}' (FORMAT parquet)")
    text.unlink()


if __name__ == "__main__":
    main()
