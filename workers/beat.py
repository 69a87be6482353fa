"""A worker's heartbeat: every few seconds its main loop, the one that takes messages, writes down how far it is.

Health checks read it (`saola health worker`). A loop that hangs, or that has lost the broker or the database, is
silent. The pool's stuck jobs are another matter: Celery's time limits and the leases end those.
"""

from typing import Any

import structlog
from celery import bootsteps
from celery.worker import state

from agents.llm.breaker import resting
from core.db import Database
from core.settings import settings
from core.store import tenants

log = structlog.get_logger()

SECONDS = 5.0


def beat(name: str, progress: dict[str, object]) -> None:
    """Write one heartbeat. The connection is closed again, so that no child that is forked later inherits it."""
    database = Database(settings().database_url, pool_size=1)
    try:
        with database.transaction() as connection:
            tenants.beat(connection, name, progress)
    except Exception as error:  # the health check tells of it; the worker itself may still recover
        log.warning("worker.no_beat", error=f"{type(error).__name__}: {error}"[:300])
    finally:
        database.close()


class BeatStep(bootsteps.StartStopStep):  # type: ignore[misc] # celery publishes no types
    """Beats from the timer of the worker's main loop, while it is connected to the broker."""

    requires = {"celery.worker.consumer.tasks:Tasks"}  # noqa: RUF012 - celery reads it from the class

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.entry: Any = None

    def start(self, consumer: Any) -> None:
        """Begin to beat: once at each connection to the broker."""
        self.beat(consumer.hostname)
        self.entry = consumer.timer.call_repeatedly(SECONDS, self.beat, (consumer.hostname,))

    def beat(self, node: str) -> None:
        """Write how many messages were taken since the start, how many are in work now, and which models are left alone
        (known where models are asked: in the threads of this process)."""
        taken, in_work = sum(state.total_count.values()), len(state.active_requests)
        beat(node, {"taken": taken, "in_work": in_work, "resting": resting()})

    def stop(self, consumer: Any) -> None:  # noqa: ARG002 - celery's signature
        """Stop beating: the connection is lost, or the worker ends."""
        if self.entry is not None:
            self.entry.cancel()
            self.entry = None

    shutdown = stop
