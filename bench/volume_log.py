"""A generated event log for `bench.volume`: a year of tickets in order of arrival, about six events each."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from core.db import Database
from core.store import tenants

DAYS = 365
AGENTS, INTENTS = 12, 60
A_FILE = 250_000  # tickets
COLUMNS = "id, tenant_id, kind, at, ticket_id, run_id, data, written_at"

# Each ticket's coins, drawn once; `u` are numbers of [0, 1) out of one hash each.
TICKETS = """
CREATE OR REPLACE TABLE tickets AS
WITH coins AS (
    SELECT number, {start} + CAST({days} * 86400000000 * (number / {tickets}) AS BIGINT) AS born,
        [(hash(number * 31 + place + {seed} * 1000003) >> 11) / 9007199254740992.0 for place in range(12)] AS u
    FROM range({first}, {last}) AS numbers(number)
)
SELECT number, born, u, CAST(floor({intents} * u[1] * u[1]) AS INTEGER) AS intent,
    ['en', 'vi', 'de'][1 + CAST(floor(3 * u[2] * u[2]) AS INTEGER)] AS language,
    ['email', 'chat', 'web'][1 + CAST(floor(3 * u[3]) AS INTEGER)] AS channel,
    'c' || CAST(floor({tickets} * u[4] / 3) AS BIGINT) AS customer,
    round(60 * 10 ** (2 * u[5]), 2) AS seconds, u[6] < 0.2 AS abstains, u[6] < 0.2 OR u[7] < 0.2 AS to_person,
    u[8] < 0.02 AS drawn, u[9] AS after, round(0.0004 + 0.002 * u[10], 7) AS cost, 1 + 6 * u[11] AS hours
FROM coins
"""
EVENTS = """
SELECT 0 AS step, 'ticket.received' AS kind, 0.0 AS hours, format('{{"channel": "{}", "language": "", "customer": "{}",
    "origin": "live"}}', channel, customer) AS data FROM tickets
UNION ALL
SELECT 1, 'item.routed', 0.001, format('{{"agent": "agent{}", "intent": "agent{}/intent{}", "score": 0.9,
    "language": "{}", "reason": ""}}', intent % {agents}, intent % {agents}, intent, language) FROM tickets
UNION ALL
SELECT 2, 'run.recorded', 0.002, format('{{"agent": "agent{}", "version": "1", "model": "m", "proposal": "{}",
    "score": 0.9, "shadow": false, "fingerprint": "f1", "intent": "agent{}/intent{}", "cost_usd": {:.7f},
    "seconds": {:.4f}}}', intent % {agents}, CASE WHEN abstains THEN 'abstain' ELSE 'reply' END, intent % {agents},
    intent, cost, 1 + cost) FROM tickets
UNION ALL
SELECT 3, 'decision.recorded', 0.002, CASE
    WHEN abstains THEN '{"action": "decline", "reasons": ["no_draft"], "audit_probability": 0.02, "audited": false}'
    WHEN to_person
    THEN '{"action": "hold", "reasons": ["score_below_threshold"], "audit_probability": 0.02, "audited": false}'
    ELSE format('{{"action": "automate", "reasons": ["certified"], "audit_probability": 0.02, "audited": {}}}', drawn)
    END FROM tickets
UNION ALL
SELECT 4, CASE WHEN abstains THEN 'staff.replied' ELSE 'review.edited' END, hours,
    format('{{"by": "an", "seconds": {}}}', seconds) FROM tickets WHERE to_person
UNION ALL
SELECT 5, 'outcome.recorded', 7.0, '{"outcome": "handed_off", "by": "an"}' FROM tickets WHERE to_person
UNION ALL
SELECT 4, 'delivery.sent', 0.01, format('{{"effect": "reply", "by": "agent", "channel": "{}"}}', channel)
FROM tickets WHERE NOT to_person
UNION ALL
SELECT 5, 'audit.judged', 30.0, format('{{"right": {}, "critical": false, "simulated": false}}', u[12] < 0.96)
FROM tickets WHERE NOT to_person AND drawn
UNION ALL
SELECT 6, 'message.received', 20.0, '{"turn": 2}' FROM tickets WHERE NOT to_person AND after < 0.08
UNION ALL
SELECT 7, 'staff.replied', 24.0, format('{{"by": "an", "seconds": {}}}', seconds)
FROM tickets WHERE NOT to_person AND after < 0.08
UNION ALL
SELECT 6, 'csat.answered', 3.0, format('{{"rating": {}}}', 3 + CAST(floor(10 * after) AS INTEGER))
FROM tickets WHERE NOT to_person AND after BETWEEN 0.08 AND 0.2999
UNION ALL
SELECT 8, 'ticket.closed', 120.0, format('{{"by": "{}"}}', CASE WHEN after > 0.2 THEN 'silence' ELSE 'customer' END)
FROM tickets WHERE NOT to_person
"""
# A UUIDv7 of a moment: what the product makes, and what keeps a ticket's rows near each other.
V7 = """CREATE OR REPLACE MACRO v7(us, what, number) AS CAST(printf('%012x7%03x8%015x', us // 1000,
    CAST(hash(what, number, {seed}) & 4095 AS BIGINT), CAST(hash(number, what, {seed}) >> 4 AS BIGINT)) AS UUID)"""
ROWS = """
SELECT v7(t.born + CAST(e.hours * 3600000000 AS BIGINT), 'e' || e.step, t.number) AS id,
    '{tenant}' AS tenant_id, e.kind,
    strftime(make_timestamp(t.born + CAST(e.hours * 3600000000 AS BIGINT)), '%Y-%m-%d %H:%M:%S.%f+00') AS happened_at,
    v7(t.born, 't', t.number) AS ticket_id,
    CASE WHEN regexp_matches(e.kind, '^(item|run|decision|audit)') THEN v7(t.born, 'r', t.number) END AS run_id,
    replace(e.data, chr(10), ' ') AS data
"""


class Log:
    """`tickets` tickets that arrive evenly over a year that ended two weeks ago."""

    def __init__(self, tickets: int, seed: int) -> None:
        self.tickets, self.seed = tickets, seed
        self.start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS + 14)

    def files(self, tenant: UUID, folder: Path, first: int, last: int) -> Iterator[Path]:
        """Yield files of the events of the tickets from first to last in the order in which they happen, as COPY reads
        them; the same rows stay in `folder` as Parquet files, for the peers."""
        events = EVENTS.replace("{agents}", str(AGENTS)).replace("FROM tickets", ", number FROM tickets")
        rows = ROWS.replace("{tenant}", str(tenant))
        with duckdb.connect(config={"threads": 1, "memory_limit": "2GB", "temp_directory": str(folder)}) as duck:
            duck.execute(V7.replace("{seed}", str(self.seed)))
            for begin in range(first, last, A_FILE):
                values = {"start": int(self.start.timestamp()) * 1_000_000, "days": DAYS, "tickets": self.tickets}
                values |= {"seed": self.seed, "intents": INTENTS, "first": begin, "last": min(begin + A_FILE, last)}
                duck.execute(TICKETS.format(**values))
                duck.execute(
                    f"""CREATE OR REPLACE TEMP TABLE made AS
                        SELECT * FROM ({rows} FROM ({events}) e JOIN tickets t USING (number))
                        ORDER BY happened_at, id"""
                )
                file = folder / "events.csv"
                as_csv = "(FORMAT csv, HEADER false, NULLSTR '')"
                duck.execute(f"COPY (SELECT *, happened_at FROM made) TO '{file}' {as_csv}")
                columns = 'kind, CAST(happened_at AS TIMESTAMPTZ) AS "at", ticket_id, CAST(data AS JSON) AS data'
                duck.execute(f"COPY (SELECT {columns} FROM made) TO '{folder}/log{begin:09}.parquet' (FORMAT parquet)")
                yield file
                file.unlink()


def make_tenant(url: str, tenant_id: UUID) -> None:
    """Make the tenant whose log it is."""
    database = Database(url)
    with database.transaction(tenant_id) as connection:
        tenants.make(connection, tenant_id, "Volume")
    database.close()


def load(owner: Any, files: Iterator[Path], told: Callable[[int], object] = lambda done: None) -> int:
    """Write events by COPY in one transaction, as the superuser connection `owner`. Returns how many."""
    done = 0
    with owner.transaction(), owner.cursor() as cursor:
        for file in files:
            with cursor.copy(f"COPY events ({COLUMNS}) FROM STDIN (FORMAT csv)") as copy, file.open("rb") as lines:
                while block := lines.read(1 << 20):
                    copy.write(block)
            done += cursor.rowcount
            told(done)
    return done


def load_first(owner: Any, files: Iterator[Path], told: Callable[[int], object] = lambda done: None) -> int:
    """Write the first events of an empty log as a restored dump would: rows first, then indexes. Returns how many."""
    key = owner.execute(
        """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE conrelid = 'events'::regclass AND contype = 'p'"""
    ).fetchone()
    indexes = owner.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'events' AND indexname <> %s", (key[0],)
    ).fetchall()
    with owner.transaction():
        owner.execute("TRUNCATE events")  # in this transaction, so that nothing of it is written to the log twice
        owner.execute(f"ALTER TABLE events DROP CONSTRAINT {key[0]}")
        for name, _ in indexes:
            owner.execute(f"DROP INDEX {name}")
        done = load(owner, files, told)
        owner.execute("SET LOCAL maintenance_work_mem = '512MB'")
        owner.execute(f"ALTER TABLE events ADD CONSTRAINT {key[0]} {key[1]}")
        for _, definition in indexes:
            owner.execute(definition)
    owner.execute("VACUUM ANALYZE events")
    return done
