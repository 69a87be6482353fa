"""The Celery tasks: ids in, one call, nothing else. A task is the function, a job is one launch of it."""

from collections.abc import Callable
from uuid import UUID

from core.store.outbox import Job
from workers import certify, deliver, learn, pipeline, replay, tidy
from workers.app import app
from workers.jobs import do_all

HANDLERS: dict[str, tuple[str, Callable[[Job], None]]] = {
    "item.work": ("tickets", pipeline.work),
    "item.replay": ("bulk", replay.replay),
    "delivery.send": ("tickets", deliver.send),
    "triage.train": ("bulk", learn.train_triage),
    "certificates.renew": ("bulk", certify.renew_certificates),
    "tickets.close_silent": ("bulk", tidy.close_silent),
}


@app.task(name="jobs.do")  # type: ignore[untyped-decorator] # celery publishes no types
def do_jobs(task: str, queue: str, tenant: str, ids: list[str]) -> None:
    """Do the outbox jobs of one tenant that the relay published together."""
    _, handler = HANDLERS[task]
    do_all(UUID(tenant), [UUID(job_id) for job_id in ids], handler, queue)
