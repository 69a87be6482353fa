"""The outbox is the queue of record: one row per job, with its lease, attempts, back-off and end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.sql import Jsonb, execute, execute_many, rows, scalar

Queue = Literal["tickets", "llm", "documents", "bulk"]
QUEUES: tuple[Queue, ...] = ("tickets", "llm", "documents", "bulk")


class Job(NamedTuple):
    """One leased job. `attempts` counts this one; `token` proves that we still hold the lease. `hint` is what the
    worker that passed it on had found out already; nothing may depend on its being there."""

    id: UUID
    tenant_id: UUID
    task: str
    queue: str
    subject_id: UUID
    generation: int
    attempts: int
    token: UUID
    hint: dict[str, Any] | None = None


def enqueue(
    connection: Connection,
    tenant_id: UUID,
    task: str,
    queue: Queue,
    subject_id: UUID,
    *,
    generation: int = 0,
    delay: float = 0.0,
) -> None:
    """Add a job in the caller's transaction, due after `delay` seconds; the same task, subject and generation is added
    once."""
    enqueue_many(connection, tenant_id, task, queue, [subject_id], generation=generation, delay=delay)


def enqueue_many(
    connection: Connection,
    tenant_id: UUID,
    task: str,
    queue: Queue,
    subject_ids: Sequence[UUID],
    *,
    generation: int = 0,
    delay: float = 0.0,
    lease: float = 0.0,
) -> list[Job]:
    """Add a job for each subject. `lease` in seconds hands the jobs straight to the caller, who must then do them."""
    jobs = [
        Job(new_id(), tenant_id, task, queue, subject_id, generation, 1 if lease else 0, new_id())
        for subject_id in subject_ids
    ]
    execute_many(
        connection,
        """INSERT INTO outbox (id, tenant_id, task, queue, subject_id, generation, run_after, attempts, lease_until,
               lease_token)
           VALUES (:id, :tenant_id, :task, :queue, :subject_id, :generation,
               clock_timestamp() + make_interval(secs => :delay), :attempts,
               CASE WHEN :lease > 0 THEN clock_timestamp() + make_interval(secs => :lease) END,
               CASE WHEN :lease > 0 THEN CAST(:token AS uuid) END)
           ON CONFLICT DO NOTHING""",
        [{**job._asdict(), "delay": delay, "lease": lease} for job in jobs],
    )
    return jobs


def due_queues(connection: Connection) -> list[Queue]:
    """Return the queues that have due jobs which nobody holds: most looks find none, or one."""
    found = rows(
        connection,
        """SELECT queue FROM unnest(CAST(:queues AS text[])) AS asked (queue)
           WHERE EXISTS (SELECT 1 FROM outbox o
                         WHERE o.state = 'ready' AND o.queue = asked.queue AND o.run_after <= clock_timestamp()
                           AND (o.lease_until IS NULL OR o.lease_until < clock_timestamp()))""",
        queues=list(QUEUES),
    )
    return [row["queue"] for row in found]


def claim_for_publishing(connection: Connection, queue: str, limit: int, hold: float) -> Sequence[RowMapping]:
    """Claim due jobs that nobody holds, for `hold` seconds; two relays never get the same row."""
    return rows(
        connection,
        """UPDATE outbox SET run_after = clock_timestamp() + make_interval(secs => :hold), lease_until = NULL
           WHERE id IN (SELECT id FROM outbox
                        WHERE state = 'ready' AND queue = :queue AND run_after <= clock_timestamp()
                          AND (lease_until IS NULL OR lease_until < clock_timestamp())
                        ORDER BY run_after LIMIT :limit FOR UPDATE SKIP LOCKED)
           RETURNING id, tenant_id, task, run_after""",
        queue=queue,
        limit=limit,
        hold=hold,
    )


def mark_published(connection: Connection, claimed: Sequence[RowMapping], again_after: float) -> None:
    """Note that the broker took these claims; if nobody takes one within `again_after` seconds it is published again.

    A job that a worker has meanwhile taken, finished or put off is left as it is: its `run_after` is another. One that
    a worker is touching right now is passed over, so that neither waits for the other.
    """
    execute(
        connection,
        """UPDATE outbox o SET published_at = clock_timestamp(),
               run_after = clock_timestamp() + make_interval(secs => :again_after)
           FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS claimed (id, run_after)
           WHERE o.id = claimed.id AND o.run_after = claimed.run_after AND o.state = 'ready'
             AND o.lease_until IS NULL
             AND o.id IN (SELECT id FROM outbox WHERE id = ANY(:ids) FOR UPDATE SKIP LOCKED)""",
        ids=[row["id"] for row in claimed],
        times=[row["run_after"] for row in claimed],
        again_after=again_after,
    )


def in_flight(connection: Connection, queue: str) -> int:
    """Return how many jobs of the queue wait in the broker, published and not yet taken."""
    return int(
        scalar(
            connection,
            """SELECT count(*) FROM outbox WHERE state = 'ready' AND queue = :queue AND published_at IS NOT NULL
               AND lease_until IS NULL AND run_after > clock_timestamp()""",
            queue=queue,
        )
        or 0
    )


def republish_all(connection: Connection) -> int:
    """Make every job that waits in the broker due again, for when the broker lost its memory. Returns how many."""
    return execute(
        connection,
        """UPDATE outbox SET run_after = clock_timestamp(), published_at = NULL
           WHERE state = 'ready' AND published_at IS NOT NULL AND lease_until IS NULL""",
    )


def take(connection: Connection, tenant_id: UUID, job_ids: Sequence[UUID], lease: float) -> list[Job]:
    """Take jobs for `lease` seconds; those that are done, dead or held by another worker are left out.

    It waits for a row that is locked: the relay may be noting at this moment that it has published the job, and a job
    passed over here would wait for its next publishing.
    """
    token = new_id()
    found = rows(
        connection,
        """UPDATE outbox SET lease_until = clock_timestamp() + make_interval(secs => :lease), lease_token = :token,
               attempts = attempts + 1
           WHERE id IN (SELECT id FROM outbox WHERE id = ANY(:ids) AND state = 'ready'
                            AND (lease_until IS NULL OR lease_until < clock_timestamp())
                        ORDER BY id FOR UPDATE)
           RETURNING id, task, queue, subject_id, generation, attempts, hint""",
        ids=list(job_ids),
        lease=lease,
        token=token,
    )
    return sorted((Job(tenant_id=tenant_id, token=token, **row) for row in found), key=lambda job: job.id)


def extend(connection: Connection, job: Job, lease: float) -> bool:
    """Hold the job for `lease` more seconds; False when the lease was lost."""
    return bool(
        execute(
            connection,
            """UPDATE outbox SET lease_until = clock_timestamp() + make_interval(secs => :lease)
               WHERE id = :id AND lease_token = :token AND state = 'ready'""",
            id=job.id,
            token=job.token,
            lease=lease,
        )
    )


def finish(connection: Connection, jobs: Sequence[Job]) -> set[UUID]:
    """Mark jobs done in the caller's transaction; returns those whose lease we still held. The others are not ours."""
    found = rows(
        connection,
        """UPDATE outbox o SET state = 'done', finished_at = clock_timestamp(), error = '', lease_until = NULL
           FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS uuid[])) AS held (id, token)
           WHERE o.id = held.id AND o.lease_token = held.token AND o.state = 'ready' RETURNING o.id""",
        ids=[job.id for job in jobs],
        tokens=[job.token for job in jobs],
    )
    return {row["id"] for row in found}


def fail(connection: Connection, job: Job, error: str, *, max_attempts: int, retry: bool, after: float) -> bool:
    """Record a failed attempt; the row comes back `after` seconds from now, or is dead. Returns whether it is dead."""
    dead = not retry or job.attempts >= max_attempts
    execute(
        connection,
        """UPDATE outbox SET state = :state, error = :error, lease_until = NULL, lease_token = NULL,
               published_at = NULL, run_after = clock_timestamp() + make_interval(secs => :after),
               finished_at = CASE WHEN :state = 'dead' THEN clock_timestamp() END
           WHERE id = :id AND lease_token = :token""",
        id=job.id,
        token=job.token,
        state="dead" if dead else "ready",
        error=error[:2000],
        after=after,
    )
    return dead


def note(connection: Connection, job: Job, hint: dict[str, Any]) -> None:
    """Add to what the job's next attempt need not find out again, or must not forget."""
    execute(
        connection,
        "UPDATE outbox SET hint = coalesce(hint, '{}') || :hint WHERE id = :id AND lease_token = :token",
        id=job.id,
        token=job.token,
        hint=Jsonb(hint),
    )


def dead_letters(connection: Connection, limit: int = 200) -> Sequence[RowMapping]:
    """Return the tenant's dead letters, newest first."""
    return rows(
        connection,
        """SELECT id, task, queue, subject_id, attempts, error, created_at, finished_at FROM outbox
           WHERE state = 'dead' ORDER BY finished_at DESC LIMIT :limit""",
        limit=limit,
    )


def replay_dead(connection: Connection, job_id: UUID | None = None) -> int:
    """Give dead letters (one, or all of the tenant) a fresh set of attempts. Returns how many."""
    return execute(
        connection,
        """UPDATE outbox SET state = 'ready', attempts = 0, error = '', run_after = clock_timestamp(),
               published_at = NULL, finished_at = NULL, lease_until = NULL
           WHERE state = 'dead' AND (CAST(:id AS uuid) IS NULL OR id = :id)""",
        id=job_id,
    )


def ready(connection: Connection, tasks: Sequence[str]) -> int:
    """Return how many of the tenant's jobs of these tasks are still to be done."""
    return int(
        scalar(
            connection,
            "SELECT count(*) FROM outbox WHERE state = 'ready' AND task = ANY(:tasks)",
            tasks=list(tasks),
        )
        or 0
    )


def expected(connection: Connection, task: str) -> bool:
    """Return whether a job of this task of the tenant is still to be done, or none has been there yet."""
    return bool(
        scalar(connection, "SELECT coalesce(bool_or(state = 'ready'), true) FROM outbox WHERE task = :task", task=task)
    )


def depth(connection: Connection) -> Sequence[RowMapping]:
    """Return for each queue: ready and dead jobs, and the age in seconds of the oldest that is due."""
    return rows(
        connection,
        """SELECT queue, count(*) FILTER (WHERE state = 'ready') AS ready,
               count(*) FILTER (WHERE state = 'dead') AS dead,
               coalesce(extract(epoch FROM clock_timestamp() - min(created_at)
                   FILTER (WHERE state = 'ready' AND run_after <= clock_timestamp() + interval '5 minutes')), 0)::float
                   AS oldest_seconds
           FROM outbox WHERE state <> 'done' GROUP BY queue""",
    )


def finished_since(connection: Connection, since: datetime) -> int:
    """Return how many jobs ended since a moment: progress, for health checks."""
    return int(scalar(connection, "SELECT count(*) FROM outbox WHERE finished_at > :since", since=since) or 0)


def put_off(connection: Connection, job: Job, after: float) -> None:
    """Give the job back without counting an attempt, to wait `after` seconds."""
    execute(
        connection,
        """UPDATE outbox SET lease_until = NULL, lease_token = NULL, published_at = NULL, attempts = attempts - 1,
               run_after = clock_timestamp() + make_interval(secs => :after)
           WHERE id = :id AND lease_token = :token""",
        id=job.id,
        token=job.token,
        after=after,
    )


def pass_on(connection: Connection, jobs: Sequence[tuple[Job, dict[str, Any]]], queue: Queue) -> None:
    """Give jobs to another queue without counting an attempt, each with a hint for who takes it there."""
    execute_many(
        connection,
        """UPDATE outbox SET lease_until = NULL, lease_token = NULL, published_at = NULL, attempts = attempts - 1,
               queue = :queue, hint = :hint, run_after = clock_timestamp()
           WHERE id = :id AND lease_token = :token""",
        [{"id": job.id, "token": job.token, "queue": queue, "hint": Jsonb(hint)} for job, hint in jobs],
    )
