"""The shell around every job: take its lease, do it, and write down how the attempt ended.

The lease in the database makes a second copy of a message a no-op. The exception's class says what comes next.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection

from core.contracts import Usage
from core.db import app_database
from core.errors import NeedsHuman, Rejected, SaolaError, TryLater
from core.events import Event
from core.settings import settings
from core.store import deliveries, events, items, outbox, records
from core.store.outbox import Job

log = structlog.get_logger()
LONGEST_WAIT = 300.0  # seconds: a model server may ask for a day, and no ticket waits so long for a person


class LeaseLost(Exception):
    """Another worker has taken the job over; this copy's work is rolled back."""


def lease_seconds(queue: str) -> float:
    """Return how long a job of a queue may go without a sign of life."""
    return settings().lease_seconds * {"llm": 4, "bulk": 10}.get(queue, 1)


class OneByOne(Exception):
    """These jobs cannot be done together; each is done alone."""


Handler = Callable[[Sequence[Job]], None]


def do_all(tenant_id: UUID, job_ids: Sequence[UUID], handler: Handler, queue: str) -> None:
    """Take the jobs and do them; a job that is done, dead or held by another worker is passed over."""
    with app_database().transaction(tenant_id) as connection:
        jobs = outbox.take(connection, tenant_id, job_ids, lease_seconds(queue))
    do(jobs, handler)


def do(jobs: Sequence[Job], handler: Handler) -> None:
    """Do leased jobs of one tenant together, and each alone where that fails, so that one cannot spoil the others."""
    if len(jobs) > 1:
        try:
            handler(jobs)
            return
        except (LeaseLost, OneByOne):
            log.debug("jobs.one_by_one", jobs=len(jobs))
        except Exception as error:
            log.info("jobs.one_by_one", jobs=len(jobs), error=f"{type(error).__name__}: {error}"[:300])
    for job in jobs:
        _do_one(job, handler)


def _do_one(job: Job, handler: Handler) -> None:
    """Do one leased job. A failed attempt is recorded in a small transaction of its own, with its back-off."""
    try:
        handler([job])
    except LeaseLost:
        log.info("job.lease_lost", job=str(job.id), task=job.task)
    except (Rejected, NeedsHuman) as error:
        _failed(job, error, retry=False, after=0)
    except TryLater as error:
        after = _back_off(job) if error.after is None else min(LONGEST_WAIT, error.after)
        _failed(job, error, retry=True, after=after)
    except Exception as error:  # a defect must not take the worker down; the row keeps what happened
        log.exception("job.failed", job=str(job.id), task=job.task)
        _failed(job, error, retry=True, after=_back_off(job))


def _back_off(job: Job) -> float:
    """Return seconds to wait before the next attempt: exponential with full jitter, 60 s at most."""
    return min(60.0, 2.0**job.attempts) * random.uniform(0.5, 1.0)


def finish(connection: Connection, jobs: Sequence[Job]) -> None:
    """Mark jobs done in the caller's transaction. Raises LeaseLost, which rolls the transaction back."""
    if jobs and len(outbox.finish(connection, jobs)) < len(jobs):
        raise LeaseLost


def _failed(job: Job, error: Exception, *, retry: bool, after: float) -> None:
    message = f"{type(error).__name__}: {error}"
    data: dict[str, Any] = {"error": message[:500], "attempts": job.attempts, "task": job.task, "job": str(job.id)}
    spent = Usage(**(error.spent or {})) if isinstance(error, SaolaError) else Usage()
    data |= records.calls_of(spent)
    earlier = None
    if spent.model_calls:  # the attempt that succeeds counts it, too; where none does, it stands here
        data |= spent.model_dump(include={"model_calls", "input_tokens", "output_tokens", "cost_usd"})
        # The calls by model are told once, by the event of their own attempt.
        own = spent.model_copy(update={"answered": {}, "failed": {}})
        earlier = own.plus(Usage(**((job.hint or {}).get("spent") or {}))).model_dump()
    with app_database().transaction(job.tenant_id) as connection:
        if earlier is not None:
            outbox.note(connection, job, {"spent": earlier})
        dead = outbox.fail(connection, job, message, max_attempts=settings().max_attempts, retry=retry, after=after)
        subject = items.subject(connection, job.subject_id) if job.task.startswith("item.") else {}
        events.append(
            connection,
            Event(
                kind="item.dead" if dead else "item.failed",
                at=datetime.now(UTC),
                tenant_id=job.tenant_id,
                data=data,
                **subject,
            ),
        )
        if dead and job.task == "item.work":
            items.give_up(connection, job.subject_id)
        if dead and job.task == "delivery.send":
            deliveries.fail(connection, job.subject_id, message, final=False)
