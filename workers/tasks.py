"""The Celery tasks: ids in, one call, nothing else. A task is the function, a job is one launch of it."""

from collections.abc import Sequence
from uuid import UUID

from core.store.outbox import Job
from workers import deliver, pipeline, replay, tidy
from workers.app import app
from workers.jobs import Handler, do_all


def _train_triage(jobs: Sequence[Job]) -> None:
    """Train a tenant's triage on the agents' examples and on what people decided."""
    from workers.learn import train_triage  # seconds of imports that a worker of tickets seldom needs

    train_triage(jobs)


def _renew_certificates(jobs: Sequence[Job]) -> None:
    """Compute certificates from the audits anew, and issue, replace or revoke them."""
    from workers.certify import renew_certificates  # the same

    renew_certificates(jobs)


HANDLERS: dict[str, Handler] = {
    "item.work": pipeline.work,
    "item.replay": replay.replay,
    "delivery.send": deliver.send,
    "triage.train": _train_triage,
    "certificates.renew": _renew_certificates,
    "tickets.close_silent": tidy.close_silent,
}


@app.task(name="jobs.do")  # type: ignore[untyped-decorator] # celery publishes no types
def do_jobs(task: str, queue: str, tenant: str, ids: list[str]) -> None:
    """Do the outbox jobs of one tenant that the relay published together."""
    do_all(UUID(tenant), [UUID(job_id) for job_id in ids], HANDLERS[task], queue)
