"""The Celery tasks: ids in, one call, nothing else. A task is the function, a job is one launch of it."""

from uuid import UUID

from workers import certify, deliver, learn, pipeline, replay, tidy
from workers.app import app
from workers.jobs import Handler, do_all

HANDLERS: dict[str, Handler] = {
    "item.work": pipeline.work,
    "item.replay": replay.replay,
    "delivery.send": deliver.send,
    "triage.train": learn.train_triage,
    "certificates.renew": certify.renew_certificates,
    "tickets.close_silent": tidy.close_silent,
}


@app.task(name="jobs.do")  # type: ignore[untyped-decorator] # celery publishes no types
def do_jobs(task: str, queue: str, tenant: str, ids: list[str]) -> None:
    """Do the outbox jobs of one tenant that the relay published together."""
    do_all(UUID(tenant), [UUID(job_id) for job_id in ids], HANDLERS[task], queue)
