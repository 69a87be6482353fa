"""The relay: publishes due outbox rows to the broker, ids only. Two relays at once are harmless.

The sweeper is built in: what nobody took in time is due again, and when the broker lost its memory (its marker key is
gone) everything that waited in it is due at once.
"""

import signal
import time
from itertools import groupby

import redis
import structlog
from sqlalchemy import RowMapping

from core import logs
from core.db import system_database
from core.ids import new_id
from core.processes import beat_name
from core.settings import settings
from core.store import outbox, tenants
from workers.app import make_app
from workers.broker import redis_url

log = structlog.get_logger()

WINDOW = 2000  # jobs of a queue that may wait in the broker; the rest waits in the database
WINDOWS = {"documents": 240}  # slow ones: what waits in the broker for long is published once more
BATCH = 200
HOLD_SECONDS = 10.0  # how long a claim lasts while its ids are being handed to the broker
AGAIN_SECONDS = 60.0  # how long an id may wait in the broker before it is published again
CHUNKS = {"tickets": 16, "bulk": 8, "documents": 4}  # ids in one message when there are many,
MESSAGES = 8  # but so few that there are as many messages: every worker gets some
MARKER = "saola:marker"


class Relay:
    """One relay process."""

    def __init__(self) -> None:
        self.database = system_database()
        self.celery = make_app(settings().broker_url)
        self.broker = redis.Redis.from_url(redis_url(settings().broker_url), socket_timeout=2, socket_connect_timeout=2)
        self.stopping = False
        self.published = 0

    def run(self) -> None:
        """Publish until told to stop; a broker or database that is away is waited for."""
        last_beat = 0.0
        while not self.stopping:
            try:
                found = self.step()
                if time.monotonic() - last_beat > 2:
                    self.beat()
                    last_beat = time.monotonic()
            except Exception as error:
                log.warning("relay.waits", error=f"{type(error).__name__}: {error}"[:300])
                time.sleep(1.0)
                continue
            if found < BATCH // 4:  # few at a time: looking again at once would cost more than it hastens
                time.sleep(0.02 if found else 0.05)

    def step(self) -> int:
        """Publish what is due once; returns how many ids were published."""
        if self.broker.set(MARKER, str(new_id()), nx=True):
            with self.database.transaction() as connection:
                again = outbox.republish_all(connection)
            log.info("relay.broker_was_empty", republished=again)
        found = 0
        with self.database.transaction() as connection:
            due = outbox.due_queues(connection)
        for queue in due:
            window = WINDOWS.get(queue, WINDOW)
            batch = min(BATCH, window // 4)
            with self.database.transaction() as connection:
                # With less room the broker holds enough. One id after another, as room comes, would go out in messages
                # of one, and each such job costs three times as much as one of sixteen.
                room = window - outbox.in_flight(connection, queue)
                claimed = outbox.claim_for_publishing(connection, queue, batch, HOLD_SECONDS) if room >= batch else []
            if not claimed:
                continue
            self.publish(queue, list(claimed))
            with self.database.transaction() as connection:
                outbox.mark_published(connection, claimed, AGAIN_SECONDS)
            found += len(claimed)
        self.published += found
        return found

    def publish(self, queue: str, claimed: list[RowMapping]) -> None:
        """Hand ids to the broker; raises when it does not take them, and the rows are due again after the hold."""
        size = max(1, min(CHUNKS.get(queue, 1), len(claimed) // MESSAGES))
        claimed.sort(key=lambda row: (str(row["tenant_id"]), row["task"]))
        with self.celery.producer_or_acquire() as producer:
            for (tenant, task), rows in groupby(claimed, key=lambda row: (str(row["tenant_id"]), row["task"])):
                ids = [str(row["id"]) for row in rows]
                for start in range(0, len(ids), size):
                    self.celery.send_task(
                        "jobs.do",
                        args=[task, queue, tenant, ids[start : start + size]],
                        queue=queue,
                        producer=producer,
                        retry=False,
                    )

    def beat(self) -> None:
        """Record progress for health checks."""
        with self.database.transaction() as connection:
            tenants.beat(connection, beat_name("relay"), {"published": self.published})


def main() -> None:
    """Run a relay until SIGTERM or SIGINT."""
    logs.configure()
    relay = Relay()

    def stop(*_: object) -> None:
        relay.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    relay.run()


if __name__ == "__main__":
    main()
