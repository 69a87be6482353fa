"""Deliver: the decision goes out. Once per delivery key, checked for pause and undo at the last moment."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from core.db import app_database
from core.errors import NeedsHuman, Rejected
from core.settings import settings
from core.store import deliveries
from core.store.deliveries import Delivery
from core.store.outbox import Job
from workers.channels.action import CarryOut
from workers.channels.base import Channel
from workers.channels.mail import OutboxFolder, Smtp
from workers.channels.thread import InDatabase
from workers.jobs import do, finish


def channel_of(delivery: Delivery) -> Channel:
    """Choose the way out. A reply is mailed to the ticket's own verified address only, and always in the thread."""
    if delivery.effect == "action":
        return CarryOut()
    if delivery.effect == "reply" and delivery.verified and "@" in delivery.address:
        if settings().smtp_url:
            return Smtp(settings().smtp_url)
        return OutboxFolder(settings().home / "outbox")
    return InDatabase("result" if delivery.effect == "fields" else "thread")


def send(job: Job) -> None:
    """Carry out one delivery job. A channel that does not deduplicate is marked as tried before it acts."""
    database = app_database()
    with database.transaction(job.tenant_id) as connection:
        delivery = begin(connection, job)
        if delivery is None:
            return
        channel = channel_of(delivery)
        if channel.deduplicates:
            complete(connection, job, delivery, channel)
            return
    try:
        reference = channel.send(delivery)
    except (Rejected, NeedsHuman) as error:
        with database.transaction(job.tenant_id) as connection:
            deliveries.fail(connection, delivery, f"{type(error).__name__}: {error}", _at(delivery))
        raise
    with database.transaction(job.tenant_id) as connection:
        deliveries.sent(connection, delivery._replace(channel=channel.name), reference, _at(delivery))
        finish(connection, job)


def begin(connection: Connection, job: Job) -> Delivery | None:
    """Claim the delivery, or end the job where there is nothing left to do."""
    delivery, why_not = deliveries.begin(connection, job.subject_id)
    if delivery is None:
        if why_not in ("paused", "taken"):
            deliveries.stop(connection, job.subject_id, why_not)
        finish(connection, job)
    return delivery


def complete(connection: Connection, job: Job, delivery: Delivery, channel: Channel) -> None:
    """Send through a channel for which the key makes a repeat harmless, all in one transaction."""
    reference = channel.send(delivery)
    deliveries.sent(connection, delivery._replace(channel=channel.name), reference, _at(delivery))
    finish(connection, job)


def send_now(jobs: list[Job]) -> None:
    """Do deliveries that were leased to this worker when their decision was recorded; the relay has the rest."""
    for job in jobs:
        do(job, send)


def _at(delivery: Delivery) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=delivery.shift_seconds)
