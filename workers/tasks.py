"""The Celery tasks: ids in, one call, nothing else. A task is the function, a job is one launch of it."""

from collections.abc import Sequence
from uuid import UUID

from core.store.outbox import Job
from workers import deliver, known_bad, notice, notify, pipeline, replay, shadow, tidy, trial
from workers.app import app
from workers.jobs import Handler, do_all


def _train_triage(jobs: Sequence[Job]) -> None:
    """Train a tenant's triage on the agents' examples and on what people decided."""
    from workers.learn import train_triage  # seconds of imports that a worker of tickets seldom needs

    train_triage(jobs)


def _learn_triage(jobs: Sequence[Job]) -> None:
    """Train a new version of triage where enough labelled tickets came in; it must beat the one in service."""
    from workers.learn import learn_triage  # the same

    learn_triage(jobs)


def _index_knowledge(jobs: Sequence[Job]) -> None:
    """Make the knowledge folders of a tenant's agents searchable, file by file where one has changed."""
    from workers.knowledge import index_knowledge  # the same

    index_knowledge(jobs)


def _renew_certificates(jobs: Sequence[Job]) -> None:
    """Listen for alarms, then issue, replace or revoke what the audits allow, for each agent and family."""
    from workers.certify import renew_certificates  # the same

    renew_certificates(jobs)


def _ask_judge(jobs: Sequence[Job]) -> None:
    """Ask the model that helps as a judge, where one is chosen, about replies that went out."""
    from workers.judge import ask_judge  # the same

    ask_judge(jobs)


def _watch_signs(jobs: Sequence[Job]) -> None:
    """Compare what came back after automated replies with what usually does; where it is more, audit half for a day."""
    from workers.alarms import watch_signs  # the same

    watch_signs(jobs)


def _learn_documents(jobs: Sequence[Job]) -> None:
    """Note what settled documents teach about their senders, and fill in the held documents of the same senders."""
    from workers.senders import learn  # the same

    learn(jobs)


def _train_confidence(jobs: Sequence[Job]) -> None:
    """Learn from judged runs what each llm agent's signals are worth."""
    from workers.confidence import train_confidence  # the same

    train_confidence(jobs)


def _roll_up(jobs: Sequence[Job]) -> None:
    """Add what has happened since the last time to the roll-ups that the figures are read from."""
    from workers.rollup import roll_up  # the same

    roll_up(jobs)


def _translate(jobs: Sequence[Job]) -> None:
    """Translate a message or a draft for a reviewer, by the configured model."""
    from workers.translate import translate  # the same

    translate(jobs)


def _run_cases(jobs: Sequence[Job]) -> None:
    """Run an agent's own cases and write down how each went."""
    from workers.cases import run_cases  # the same

    run_cases(jobs)


HANDLERS: dict[str, Handler] = {
    "item.work": pipeline.work,
    "item.replay": replay.replay,
    "item.shadow": shadow.work_beside,
    "delivery.send": deliver.send,
    "documents.learn": _learn_documents,
    "triage.train": _train_triage,
    "triage.learn": _learn_triage,
    "confidence.train": _train_confidence,
    "knowledge.index": _index_knowledge,
    "certificates.renew": _renew_certificates,
    "gate.judge": _ask_judge,
    "gate.known_bad": known_bad.put_in,
    "gate.watch": _watch_signs,
    "agent.try": trial.try_out,
    "agent.cases": _run_cases,
    "text.translate": _translate,
    "gate.notify": notice.tell_owners,
    "desk.notify": notify.tell_staff,
    "tickets.close_silent": tidy.close_silent,
    "metrics.roll_up": _roll_up,
}


@app.task(name="jobs.do")  # type: ignore[untyped-decorator] # celery publishes no types
def do_jobs(task: str, queue: str, tenant: str, ids: list[str]) -> None:
    """Do the outbox jobs of one tenant that the relay published together."""
    do_all(UUID(tenant), [UUID(job_id) for job_id in ids], HANDLERS[task], queue)
