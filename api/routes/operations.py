"""For operations: dead letters, the journal, health, and gauges for Prometheus computed when they are asked for."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from api.business_gauges import gauges
from api.decided import decided
from api.problems import problem
from api.security import Caller, Observer, Ops
from core.db import app_database, system_database
from core.errors import Rejected
from core.events import Event
from core.store import dead, desk, events, health, journal, outbox, tenants

router = APIRouter(tags=["operations"])
LATE_SECONDS = 30.0  # a process that has not progressed for so long counts as stopped
NEEDED = ("relay", "schedule")


@router.get("/v1/dead-letters", operation_id="list_dead_letters", summary="Jobs that failed for good, newest first")
def list_dead_letters(caller: Observer) -> dict[str, list[dict[str, Any]]]:
    with app_database().transaction(caller.tenant_id) as connection:
        return {"dead_letters": [dict(row) for row in dead.letters(connection)]}


@router.post("/v1/dead-letters/replay", operation_id="replay_all", summary="Give all dead letters fresh attempts")
def replay_all(caller: Ops) -> dict[str, int]:
    with app_database().transaction(caller.tenant_id) as connection:
        return {"replayed": replay(connection, caller, None)}


@router.post("/v1/dead-letters/{job_id}/replay", operation_id="replay_one", summary="Give a dead letter fresh attempts")
def replay_one(job_id: UUID, caller: Ops) -> dict[str, int]:
    with app_database().transaction(caller.tenant_id) as connection:
        found = replay(connection, caller, job_id)
    if not found:
        raise Rejected("there is no such dead letter", code="not_found", hint="List them: GET /v1/dead-letters")
    return {"replayed": found}


def replay(connection: Connection, caller: Caller, job_id: UUID | None) -> int:
    """Replay one dead letter, or all, with the journal entry. Returns how many."""
    found = outbox.replay_dead(connection, job_id)
    if found:
        data = {"jobs": found}
        name = str(job_id or "all")
        journal.write(connection, caller.tenant_id, actor=caller.name, action="dead.replayed", object=name, data=data)
        now = datetime.now().astimezone()
        told = {"job": name, "by": caller.name, "jobs": found}
        events.append(connection, Event(kind="item.replayed", at=now, tenant_id=caller.tenant_id, data=told))
    return found


@router.get("/v1/journal", operation_id="read_journal", summary="Who changed what, newest first")
def read_journal(caller: Ops) -> dict[str, Any]:
    """`whole` says whether the chain of hashes is unbroken; else `broken_at` is the first entry that was changed."""
    with app_database().transaction(caller.tenant_id) as connection:
        rows = journal.read(connection)
        broken = journal.first_broken(connection)
    entries = [{name: row[name] for name in row if name != "tenant_id"} for row in rows]
    return {"entries": entries, "whole": broken is None, "broken_at": broken}


@router.get("/healthz", operation_id="healthz", summary="The process is up")
def healthz() -> dict[str, str]:
    return {"status": "up"}


@router.get("/readyz", operation_id="readyz", summary="The database answers, and relay and schedule make progress")
def readyz() -> Response:
    try:
        with system_database().transaction() as connection:
            beats = {row["name"]: row["age"] for row in tenants.beats(connection)}
    except Exception as error:
        return problem(503, "not_ready", f"the database does not answer: {type(error).__name__}", instance="/readyz")
    late = [name for name in NEEDED if beats.get(name, LATE_SECONDS + 1) > LATE_SECONDS]
    if late:
        told = f"no progress from {', '.join(late)} in the last {LATE_SECONDS:.0f} seconds"
        hint = "Tickets are accepted and kept. Start them: `saola up`, or see `saola status`."
        return problem(503, "not_ready", told, next=hint, instance="/readyz", beats=beats)
    return Response('{"status": "ready"}', media_type="application/json")


@router.get(
    "/metrics",
    operation_id="prometheus",
    response_class=PlainTextResponse,
    summary="Gauges of the caller's tenant for Prometheus",
)
def prometheus(caller: Observer) -> Response:
    """Computed from the database at each scrape, so that they are right after any restart."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gauges(caller))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Gauges(Collector):
    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        with app_database().transaction(self.caller.tenant_id) as connection:
            depth, states = outbox.depth(connection), desk.states(connection)
            actions = decided(connection, self.caller.tenant_id, datetime.now(UTC))
            paused = tenants.current(connection)["paused"]
            beats, people = tenants.beats(connection), health.waiting(connection)
        ready = GaugeMetricFamily("saola_queue_ready", "Jobs ready or in work.", labels=["queue"])
        oldest = GaugeMetricFamily("saola_queue_oldest_seconds", "Age of the oldest job.", labels=["queue"])
        lost = GaugeMetricFamily("saola_dead_letters", "Jobs that failed for good.", labels=["queue"])
        for row in depth:
            ready.add_metric([row["queue"]], row["ready"])
            oldest.add_metric([row["queue"]], row["oldest_seconds"])
            lost.add_metric([row["queue"]], row["dead"])
        tickets = GaugeMetricFamily("saola_tickets", "Tickets.", labels=["state", "attention"])
        for row in states:
            tickets.add_metric([row["state"], row["attention"]], row["tickets"])
        longest = GaugeMetricFamily("saola_waiting_oldest_seconds", "Age of what waits for a person.", labels=["queue"])
        for row in people:
            longest.add_metric([row["queue"]], row["oldest_seconds"])
        made = GaugeMetricFamily("saola_decisions", "Decisions of the gate.", labels=["action"])
        for action, count in actions.items():
            made.add_metric([action], count)
        ages = GaugeMetricFamily("saola_heartbeat_age_seconds", "Since a process made progress.", labels=["process"])
        for row in beats:
            ages.add_metric([row["name"]], row["age"])
        stopped = GaugeMetricFamily("saola_paused", "1 while automation is paused.", value=float(paused))
        return [ready, oldest, lost, tickets, longest, made, ages, stopped, *gauges(self.caller.tenant_id)]
