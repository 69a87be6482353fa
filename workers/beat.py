"""A worker's heartbeat: every few seconds its main loop, the one that takes messages, writes down how far it is.

Health checks read it (`saola health worker`). A loop that hangs, or that has lost the broker or the database, is
silent. The pool's stuck jobs are another matter: Celery's time limits and the leases end those.
"""

import socket

import structlog
from celery import bootsteps
from celery.worker import state

from core.db import Database
from core.settings import settings
from core.store import tenants

log = structlog.get_logger()

SECONDS = 5.0


def beat_name(process: str) -> str:
    """Return under which name a process of this machine or container beats: `relay@host`, `tickets@host`."""
    return f"{process}@{socket.gethostname()}"


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
