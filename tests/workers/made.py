"""Runs, audits and judgements of one tenant, made through the store as the line makes them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection

from cli.embedded.temporary import Database, Servers
from core.contracts import Action, Decision, FieldValue, Proposal, Reason, Route, WorkItem
from core.db import app_database, system_database
from core.ids import new_id
from core.settings import settings
from core.store import audits, outbox, tenants
from core.store.intake import NewTicket, add_tickets
from core.store.outbox import Job
from core.store.records import Record, save
from core.store.sql import execute, rows
from tests.journeys.line import write_agent
from workers.jobs import Handler
from workers.resources import workshop


@contextmanager
def open_shop(database: Database, servers: Servers, folder: Path) -> Iterator["Shop"]:
    """Point this process to a tenant whose agents `shop` and `desk` are of one family; nothing has run yet."""
    questions = {"opening_hours": (["When do you open?", "Are you open on Sunday?"], "From 9 to 18.")}
    write_agent(folder / "agents", "shop", questions)
    write_agent(folder / "agents", "desk", questions)
    write_processor(folder / "agents" / "bills")
    values = {
        **servers.environment(database),
        "SAOLA_HOME": str(folder),
        "SAOLA_AGENTS": str(folder / "agents"),
        "SAOLA_LIBRARY": "false",
        "SAOLA_SECRET": "a-secret-for-tests-only",
    }
    cached = (settings, app_database, system_database, workshop)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        for one in cached:
            one.cache_clear()
        tenant = new_id()
        with app_database().transaction(tenant) as connection:
            tenants.make(connection, tenant, "Test")
        yield Shop(tenant)
        app_database().close()
        system_database().close()
        for one in cached:
            one.cache_clear()


def write_processor(target: Path) -> None:
    """Write a processor of documents with two fields."""
    target.mkdir()
    (target / "fields.yaml").write_text(
        "document_types: [bill]\nfields:\n"
        "  - {name: total, type: money, labels: {en: [Total]}, required: true}\n"
        "  - {name: address, type: text, labels: {en: [Address]}}\n"
    )
    (target / "cases.yaml").write_text("[]\n")
    (target / "agent.yaml").write_text(
        "name: bills\nkind: processor\nsummary: Reads bills for tests\nowner: tests@example.com\n"
        "engine: extract\naccepts: {document_types: [bill]}\nlanguages: [en]\n"
    )


class Shop:
    """A tenant whose agents have run: what `run` makes is judged at once where a verdict is given."""

    def __init__(self, tenant: UUID) -> None:
        self.tenant = tenant
        self.generation = 0

    def run(
        self,
        scores: Sequence[float],
        right: Sequence[bool | None] | None = None,
        *,
        agent: str = "shop",
        action: Action = "hold",
        probability: float = 1.0,
        shadow: bool = False,
        critical: Sequence[bool] | None = None,
        by: str = "mai",
        intent: str = "opening_hours",
        fields: Sequence[Mapping[str, float | None]] = (),
    ) -> list[UUID]:
        """Record runs with these scores, all audited where verdicts are given (None: not judged yet); returns the
        audits' ids, or the decisions' where there are none. With `fields`, a score for each (None: no value), documents
        are read instead of tickets answered."""
        loaded = workshop().agent(agent, "none")
        now = datetime.now(UTC)
        with app_database().transaction(self.tenant) as connection:
            tickets = add_tickets(connection, self.tenant, [NewTicket(text="?", received_at=now) for _ in scores])
            written = []
            for place, (ticket, score) in enumerate(zip(tickets, scores, strict=True)):
                assert ticket is not None
                item = _item(connection, self.tenant, ticket)
                proposal = Proposal(
                    agent=agent,
                    agent_version=loaded.version,
                    fingerprint=loaded.fingerprint,
                    kind="fields" if fields else "reply",
                    intent=intent,
                    reply="" if fields else "From 9 to 18.",
                    fields=tuple(_value(*one) for one in fields[place].items()) if fields else (),
                    score=score,
                )
                decision = Decision(
                    action=action,
                    reasons=(Reason(code="certified"),),
                    tier="automated",
                    score=score,
                    audit_probability=probability,
                    audit_smallest=probability,
                    audited=right is not None,
                )
                family = workshop().family_fingerprint("tests", "none")
                route = Route(agent=agent, intent=intent)
                written.append(
                    Record(new_id(), new_id(), item, route, proposal, decision, "tests", family, shadow, now)
                )
            save(connection, self.tenant, written)
            if right is None:
                return [record.decision_id for record in written]
            found = {row["run_id"]: row["id"] for row in rows(connection, "SELECT id, run_id FROM audits")}
            ids = [found[record.run_id] for record in written]
            _judge_at_once(connection, ids, right, critical or [False] * len(ids), by)
        return ids

    def judge_fields(self, audit: UUID, wrong: Sequence[str] | None, by: str = "mai") -> None:
        """Judge one audit of a document, naming the fields that are wrong; None: wrong, and nobody says where."""
        with app_database().transaction(self.tenant) as connection:
            right = wrong is not None and not wrong
            now = datetime.now(UTC)
            audits.judge(connection, self.tenant, audit, right=right, wrong_fields=wrong, by=by, at=now)

    def judge(
        self,
        ids: Sequence[UUID],
        right: Sequence[bool | None],
        *,
        critical: Sequence[bool] | None = None,
        by: str = "mai",
    ) -> None:
        """Judge audits in this order, as the API does."""
        bad = critical or [False] * len(ids)
        with app_database().transaction(self.tenant) as connection:
            for audit, verdict, harm in zip(ids, right, bad, strict=True):
                if verdict is not None:
                    at = datetime.now(UTC)
                    audits.judge(connection, self.tenant, audit, right=verdict, critical=harm, by=by, at=at)

    def do(self, handler: Handler, task: str) -> None:
        """Do one background job of the tenant, as a worker does."""
        self.generation += 1
        with app_database().transaction(self.tenant) as connection:
            outbox.enqueue(connection, self.tenant, task, "bulk", self.tenant, generation=self.generation)
        handler(self.jobs(task))

    def do_waiting(self, handler: Handler, task: str) -> int:
        """Do the jobs of a task that others have put into the outbox; returns how many."""
        jobs = self.jobs(task)
        if jobs:
            handler(jobs)
        return len(jobs)

    def sql(self, statement: str, **values: object) -> None:
        """Change rows as time or an intruder would."""
        with app_database().transaction(self.tenant) as connection:
            execute(connection, statement, **values)

    def jobs(self, task: str) -> list[Job]:
        """Take the jobs of a task that wait."""
        with app_database().transaction(self.tenant) as connection:
            ready = rows(connection, "SELECT id FROM outbox WHERE task = :task AND state = 'ready'", task=task)
            return outbox.take(connection, self.tenant, [row["id"] for row in ready], 60)


def _value(name: str, score: float | None) -> FieldValue:
    value = None if score is None else "12"
    return FieldValue(name=name, type="text", value=value, normalised=value, score=score or 0.0)


def _judge_at_once(
    connection: Connection, ids: Sequence[UUID], right: Sequence[bool | None], critical: Sequence[bool], by: str
) -> None:
    """What `audits.judge` writes of hundreds of judgements, without their events: in a second less."""
    done = [(audit, ok, bad) for audit, ok, bad in zip(ids, right, critical, strict=True) if ok is not None]
    values = {"ids": [one[0] for one in done], "right": [one[1] for one in done], "bad": [one[2] for one in done]}
    given = """unnest(CAST(:ids AS uuid[]), CAST(:right AS bool[]), CAST(:bad AS bool[])) AS g (id, "right", bad)"""
    execute(
        connection,
        f"""UPDATE audits a SET state = 'judged', "right" = g."right", critical = g.bad, judged_by = :by,
                judged_at = clock_timestamp() FROM {given} WHERE a.id = g.id""",
        by=by,
        **values,
    )
    execute(
        connection,
        f"""INSERT INTO judgements (id, tenant_id, audit_id, "right", critical, by)
            SELECT gen_random_uuid(), a.tenant_id, a.id, g."right", g.bad, :by
            FROM {given} JOIN audits a ON a.id = g.id""",
        by=by,
        **values,
    )


def _item(connection: Connection, tenant: UUID, ticket: UUID) -> WorkItem:
    (row,) = rows(connection, "SELECT id FROM work_items WHERE ticket_id = :id", id=ticket)
    return WorkItem(id=row["id"], tenant_id=tenant, kind="ticket", ticket_id=ticket, received_at=datetime.now(UTC))
