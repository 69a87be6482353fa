"""Deliver: decisions go out. Once per delivery key, checked for pause and undo at the last moment."""

from collections.abc import Sequence

from core.db import app_database
from core.errors import NeedsHuman, Rejected
from core.settings import settings
from core.store import deliveries, outbox
from core.store.deliveries import Delivery
from core.store.outbox import Job
from workers.channels.action import CarryOut, Refused
from workers.channels.base import Channel
from workers.channels.mail import OutboxFolder, Smtp
from workers.channels.thread import InDatabase
from workers.jobs import OneByOne, finish

WAIT_SECONDS = 1.0  # until a reply asks again whether its actions are carried out


def channel_of(delivery: Delivery) -> Channel:
    """Choose the way out. A reply is mailed to the ticket's own verified address only, and always in the thread."""
    if delivery.effect == "action":
        return CarryOut()
    if delivery.effect == "reply" and delivery.verified and "@" in delivery.address:
        if settings().smtp_url:
            return Smtp(settings().smtp_url)
        return OutboxFolder(settings().home / "outbox")
    return InDatabase("result" if delivery.effect == "fields" else "thread")


def send(jobs: Sequence[Job]) -> None:
    """Carry out delivery jobs of one tenant, those that the key makes harmless to repeat in one transaction.

    A delivery through a channel that does not deduplicate is done alone, and marked as tried before it acts.
    """
    with app_database().transaction(jobs[0].tenant_id) as connection:
        begun, why_not = deliveries.begin(connection, [job.subject_id for job in jobs])
        channels = [channel_of(delivery) for delivery in begun]
        alone = not all(channel.deduplicates for channel in channels)
        if alone and len(jobs) > 1:
            raise OneByOne
        for delivery_id, why in why_not.items():
            if why in deliveries.STOPPED_BY:
                deliveries.stop(connection, delivery_id, why)
        waiting = [job for job in jobs if why_not.get(job.subject_id) == deliveries.WAITS]
        for job in waiting:
            outbox.put_off(connection, job, WAIT_SECONDS)
        if not alone:
            pairs = zip(begun, channels, strict=True)
            deliveries.sent(connection, [(d._replace(channel=c.name), c.send(d)) for d, c in pairs])
            finish(connection, [job for job in jobs if job not in waiting])
    if alone:
        _send_alone(jobs[0], begun[0], channels[0])


def _send_alone(job: Job, delivery: Delivery, channel: Channel) -> None:
    database = app_database()
    try:
        reference = channel.send(delivery)
    except Refused as error:
        with database.transaction(job.tenant_id) as connection:
            deliveries.refuse(connection, delivery._replace(channel=channel.name), str(error))
            finish(connection, [job])
        return
    except (Rejected, NeedsHuman) as error:
        with database.transaction(job.tenant_id) as connection:
            deliveries.fail(connection, delivery.id, f"{type(error).__name__}: {error}")
        raise
    with database.transaction(job.tenant_id) as connection:
        deliveries.sent(connection, [(delivery._replace(channel=channel.name), reference)])
        finish(connection, [job])
