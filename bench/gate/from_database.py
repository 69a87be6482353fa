"""What a look at every agent costs from the rows up: evidence read from PostgreSQL, certificates written to it.

A tenant's agents have 1,000 judged audits each. `first` is the round in which all of them earn their certificate;
`again` one in which each has one more; `quiet` one after an hour in which nothing was judged; `anew` one in which all
are certified anew from all their rows, since their owners ask for another target. The worker's own function is called,
in one process, against embedded servers.
"""

import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from cli.embedded.temporary import Database, Servers, temporary_servers
from core.db import app_database, migrate, system_database
from core.ids import new_id
from core.settings import point_to
from core.store import outbox, policies, tenants
from workers.certify import renew_certificates
from workers.resources import settle, workshop

AGENT = """name: {name}
kind: agent
summary: Answers questions for a benchmark.
owner: bench@example.com
engine: answers
tier: automated
target: 0.95
languages: [en]
version: 1.0.0
"""
# Scores from 0 to 1 in no order. What scores above 0.3 goes out and is right; the rest is held, and two in three are.
# The agents' rows lie between each other in the order of time, with ids that grow with it, as a line writes them.
_ID = "(lpad(to_hex(1700000000000 + n * 600000), 12, '0') || '7%s' || substr(md5(n || a.name), 1, 16))::uuid"
FILL = (
    f"""CREATE TEMP TABLE filled AS
       SELECT agent, fingerprint, n, run, item, audit, decision, judgement, score, at, said.action, said."right"
       FROM (SELECT a.name AS agent, a.fingerprint, n, {_ID % "000"} AS run, {_ID % "001"} AS item,
               {_ID % "002"} AS audit, {_ID % "003"} AS decision, {_ID % "004"} AS judgement,
               ('x' || substr(md5(a.name || n), 1, 6))::bit(24)::int / 16777216.0 AS score,
               now() - interval '20 days' + n * interval '10 minutes' AS at
           FROM unnest(CAST(%(names)s AS text[]), CAST(%(fingerprints)s AS text[])) AS a (name, fingerprint),
               generate_series(1, %(each)s) n) f
       CROSS JOIN LATERAL (SELECT CASE WHEN f.score > 0.3 THEN 'automate' ELSE 'hold' END AS action,
               f.score > 0.3 OR f.n %% 3 > 0 AS "right") said
       ORDER BY n""",
    """INSERT INTO work_items (id, tenant_id, kind, state) SELECT item, %(tenant)s, 'ticket', 'done' FROM filled""",
    """INSERT INTO runs (id, tenant_id, work_item_id, agent, agent_version, fingerprint, intent, language, kind, score,
           proposal, created_at)
       SELECT run, %(tenant)s, item, agent, '1', fingerprint, 'opening_hours', 'en', 'reply', score,
           '{"kind": "reply", "reply": "From 9 to 18."}', at FROM filled""",
    """INSERT INTO decisions (id, tenant_id, run_id, work_item_id, action, tier, score, audit_probability, audited,
           audit_smallest, created_at)
       SELECT decision, %(tenant)s, run, item, action, 'automated', score, 0.15, true, 0.15, at FROM filled""",
    """INSERT INTO audits (id, tenant_id, run_id, work_item_id, agent, fingerprint, intent, language, probability,
           smallest, score, action, state, "right", critical, judged_by, drawn_at, due_at, judged_at)
       SELECT audit, %(tenant)s, run, item, agent, fingerprint, 'opening_hours', 'en', 0.15, 0.15, score, action,
           CASE WHEN n < %(each)s THEN 'judged' ELSE 'open' END, "right", false, 'mai', at,
           at + interval '40 days', at + interval '1 hour' FROM filled""",
    """INSERT INTO judgements (id, tenant_id, audit_id, "right", critical, by, at)
       SELECT judgement, %(tenant)s, audit, "right", false, 'mai', at + interval '1 hour'
       FROM filled WHERE n < %(each)s""",
)
TABLES = ("work_items", "runs", "decisions", "audits", "judgements")
INDEXES = """SELECT indexname, indexdef FROM pg_indexes i WHERE tablename = ANY(%(tables)s) AND NOT EXISTS (
    SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"""  # made again after the rows: a tenth of the time
JUDGED = """WITH those AS (SELECT id FROM audits WHERE state = 'open' ),
    said AS (INSERT INTO judgements (id, tenant_id, audit_id, "right", by)
             SELECT gen_random_uuid(), %(tenant)s, id, true, 'mai' FROM those)
    UPDATE audits SET state = 'judged', "right" = true, judged_by = 'mai', judged_at = clock_timestamp()
    WHERE id IN (SELECT id FROM those)"""


def rounds(agents: int = 1_500, audits: int = 1_000, told: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Seconds of wall clock and of this process's processor for each kind of round, and the part that is certified."""
    with temporary_servers() as servers:
        database = servers.create_database("recertify")
        migrate(database.owner_url)
        tenant, names = _tenant(servers, database, agents)
        _fill(servers, database.name, tenant, names, audits)
        told(f"{agents:,} agents with {audits:,} audits each are filled in")
        settle()  # as a worker does after its first item
        found: dict[str, Any] = {"agents": agents, "audits": audits, "first": _round(tenant)}
        told(f"first round {found['first']['seconds']:.1f} s")
        with servers.postgres.postgres.connect(database.name) as owner:
            owner.execute(JUDGED, {"tenant": tenant})
        found["again"] = _round(tenant)
        with servers.postgres.postgres.connect(database.name) as owner:
            owner.execute("UPDATE standings SET again_at = clock_timestamp()")
        found["quiet"] = _round(tenant)
        with app_database().transaction(tenant) as connection:
            for name in names:
                policies.set_agent(connection, tenant, name, target=0.93)
        told("all are certified anew, for another target")
        found["anew"] = _round(tenant)
        with app_database().transaction(tenant) as connection:
            live = policies.live_certificates(connection)
            found["certified"] = sum(one.target == 0.93 for one in live) / agents
        app_database().close()
        system_database().close()
    return found


def _tenant(servers: Servers, database: Database, agents: int) -> tuple[UUID, Sequence[str]]:
    """Point this process to a tenant with so many agents."""
    folder = servers.home / "agents"
    names = [f"agent_{number}" for number in range(agents)]
    for name in names:
        _write(folder / name, name)
    values = {**servers.environment(database), "SAOLA_AGENTS": str(folder), "SAOLA_LIBRARY": "false"}
    point_to({**values, "SAOLA_SECRET": "a-secret-for-a-benchmark-only"})
    for cached in (app_database, system_database, workshop):
        cached.cache_clear()
    tenant = new_id()
    with app_database().transaction(tenant) as connection:
        tenants.make(connection, tenant, "bench")
    return tenant, names


def _write(target: Path, name: str) -> None:
    target.mkdir(parents=True)
    answers = f"# {name}\n\n## opening_hours\n\n### examples\n- [en] When do you open?\n- [en] Open today?\n"
    (target / "answers.md").write_text(answers + "\n### answer en\nFrom 9 to 18.\n")
    (target / "cases.yaml").write_text(
        "- name: first\n  ticket: {text: When do you open?, language: en}\n  expect: {}\n"
    )
    (target / "agent.yaml").write_text(AGENT.format(name=name))


def _fill(servers: Servers, database: str, tenant: UUID, names: Sequence[str], each: int) -> None:
    shop = workshop()
    values: dict[str, Any] = {
        "tenant": tenant,
        "names": list(names),
        "fingerprints": [shop.agent(name, "none").fingerprint for name in names],
        "each": each,
    }
    with servers.postgres.postgres.connect(database) as owner:
        owner.execute("SET session_replication_role = replica")  # the rows refer to each other as they should
        owner.execute("SET maintenance_work_mem = '256MB'")
        found = owner.execute(INDEXES, {"tables": list(TABLES)}).fetchall()
        indexes = {str(name): str(made) for name, made in found}
        for name in indexes:
            owner.execute(f"DROP INDEX {name}")
        for statement in FILL:
            owner.execute(statement, values)
        for made in indexes.values():
            owner.execute(made)
        for table in TABLES:
            owner.execute(f"VACUUM ANALYZE {table}")


def _round(tenant: UUID) -> dict[str, float]:
    with app_database().transaction(tenant) as connection:
        generation = time.time_ns() % 2_000_000_000
        jobs = outbox.enqueue_many(
            connection, tenant, "certificates.renew", "bulk", [tenant], generation=generation, lease=600
        )
    before = resource.getrusage(resource.RUSAGE_SELF)
    begin = time.perf_counter()
    renew_certificates(jobs)
    seconds = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "worker_cpu_seconds": used}
