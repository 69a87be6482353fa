"""A tenant's generated year for `bench.pages`: the log of bench.volume_log, and the tickets that pages show of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.volume_log import Log, load
from cli.embedded.temporary import Servers
from core.db import app_database
from workers.rollup_whole import rebuild

WORDS = ("parcel", "refund", "order", "card", "voucher17", "lamp4711", "invoice90210", "warranty31337")
# Each ticket's number of [0, 1000), out of its id, decides what it is about and who waits for it.
FILL = (
    """CREATE TEMP TABLE filled AS
       SELECT r.ticket_id AS id, r.tenant_id, r.at, r.data ->> 'customer' AS customer, t.data ->> 'agent' AS agent,
           t.data ->> 'intent' AS intent, t.data ->> 'language' AS language,
           ('x' || right(r.ticket_id::text, 6))::bit(24)::int AS number, gen_random_uuid() AS item,
           gen_random_uuid() AS run
       FROM events r JOIN events t ON t.ticket_id = r.ticket_id AND t.kind = 'item.routed'
       WHERE r.kind = 'ticket.received'""",
    "ANALYZE filled",
    """INSERT INTO customers (id, tenant_id, address, name)
       SELECT gen_random_uuid(), tenant_id, customer || '@mail.example', 'Customer ' || customer
       FROM filled GROUP BY tenant_id, customer""",
    """INSERT INTO tickets (id, tenant_id, customer_id, channel, subject, language, intent, agent, priority, state,
           attention, outcome, received_at, closed_at, folded, assigned_to)
       SELECT f.id, f.tenant_id, c.id, 'email', 'About my ' || w.word, f.language, f.intent, f.agent,
           CASE WHEN f.number % 20 = 0 THEN 'high' ELSE 'normal' END,
           CASE WHEN f.number % 10 < 2 THEN 'open' ELSE 'closed' END,
           (ARRAY['review', 'handoff', '', '', '', '', '', '', '', ''])[1 + f.number % 10],
           CASE WHEN f.number % 10 >= 2 THEN 'automated' END, f.at, CASE WHEN f.number % 10 >= 2 THEN f.at END,
           lower('about my ' || w.word || ' hello where is it ' || c.name || ' ' || replace(c.name, ' c', '')),
           CASE WHEN f.number % 50 = 0 THEN 'mai@example.com' END
       FROM filled f JOIN customers c ON c.address = f.customer || '@mail.example'
       CROSS JOIN LATERAL (SELECT CASE WHEN f.number % 5000 < 4 THEN (%(rare)s::text[])[1 + f.number % 4]
                                  ELSE (%(common)s::text[])[1 + f.number % 4] END AS word) w""",
    """INSERT INTO messages (id, tenant_id, ticket_id, turn, author, body, at)
       SELECT gen_random_uuid(), tenant_id, id, 1, 'customer', 'Hello, where is it? ' || repeat('Please tell me. ', 10),
           at FROM filled""",
    """INSERT INTO work_items (id, tenant_id, kind, ticket_id, state)
       SELECT item, tenant_id, 'ticket', id, CASE WHEN number % 10 = 0 THEN 'held' ELSE 'done' END FROM filled""",
    """INSERT INTO runs (id, tenant_id, work_item_id, agent, agent_version, fingerprint, intent, language, kind, score,
           proposal, created_at)
       SELECT run, tenant_id, item, agent, '1', 'f1', intent, language, 'reply', 0.9,
           jsonb_build_object('kind', 'reply', 'reply', 'It is on its way.', 'sources', '[]'::jsonb,
               'actions', '[]'::jsonb, 'signals', '{}'::jsonb, 'reason', '', 'fields', '[]'::jsonb), at FROM filled""",
    """INSERT INTO decisions (id, tenant_id, run_id, work_item_id, action, score, audit_probability, audited, review,
           created_at)
       SELECT gen_random_uuid(), tenant_id, run, item, CASE WHEN number % 10 = 0 THEN 'hold' ELSE 'automate' END, 0.9,
           0.1, false, CASE WHEN number % 10 = 0 THEN 'open' ELSE '' END, at FROM filled""",
)
TABLES = ("customers", "tickets", "messages", "work_items", "runs", "decisions", "events", "rollups", "rollup_items")


def fill(servers: Servers, name: str, tenant: UUID, tickets: int, seed: int) -> None:
    """Fill the tenant in the database of this name, as its superuser, and make its roll-ups."""
    log = Log(tickets, seed)
    with servers.postgres.postgres.connect(name) as owner:
        owner.autocommit = False
        load(owner, log.files(tenant, servers.home, 0, tickets))
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE events")
        _insert(owner)
        rebuild(tenant, now=datetime.now(UTC), database=app_database())
        for table in TABLES:
            owner.execute(f"VACUUM ANALYZE {table}")


def _insert(owner: Any) -> None:
    for statement in FILL:
        words = {"common": list(WORDS[:4]), "rare": list(WORDS[4:])} if "%(rare)s" in statement else None
        owner.execute(statement.replace("% ", "%% ") if words else statement, words)


def fill_agents(servers: Servers, name: str, tenant: UUID, folder: Path, count: int) -> None:
    """Write so many agents into the folder; the runs are theirs from now on, and where each stands is known."""
    for number in range(count):
        home = folder / f"agent_{number:04d}"
        home.mkdir(parents=True)
        told = f"name: {home.name}\nsummary: Answers what is asked about matter {number}.\nowner: bench\n"
        (home / "agent.yaml").write_text(f"{told}engine: answers\ntier: automated\nlanguages: [en]\n")
        example, answer = f"- [en] What about matter {number}?", f"This is about matter {number}."
        (home / "answers.md").write_text(
            f"# Matter\n\n## matter_{number}\n\n### examples\n{example}\n\n### answer en\n{answer}\n"
        )
        (home / "cases.yaml").write_text("- {name: any, ticket: {text: anything}, expect: {}}\n")
    asked: dict[str, Any] = {
        "target": 0.95,
        "confidence": 0.95,
        "critical_target": None,
        "threshold": None,
        "share": None,
        "inputs": {},
    }
    known = {"k": 9, "n": 10, "audits": 10, "log_e": 0.0, "drift": 0.1, "missing": "", "audits_missing": 40}
    alarm = {"alarm": {"value": 1.0, "level": 300.0}, "simulated": False, "since": datetime.now(UTC).isoformat()}
    with servers.postgres.postgres.connect(name) as owner:
        owner.autocommit = True
        owner.execute(
            """UPDATE runs SET agent = 'agent_' || n, fingerprint = 'f' || n FROM (
                   SELECT id AS run, lpad((('x' || right(id::text, 6))::bit(24)::int %% %s)::text, 4, '0') AS n
                   FROM runs
               ) AS drawn WHERE drawn.run = id""",
            (count,),
        )
        owner.execute(
            """INSERT INTO standings (tenant_id, agent, fingerprint, stamp, data)
               SELECT %s, 'agent_' || lpad(n::text, 4, '0'), 'f' || lpad(n::text, 4, '0'), '1', %s
               FROM generate_series(0, %s - 1) n""",
            (tenant, json.dumps({**asked, **known, **alarm}), count),
        )
        owner.execute("VACUUM ANALYZE runs")
