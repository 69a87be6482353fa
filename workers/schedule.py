"""The schedule: puts periodic work into the outbox. Two schedules at once are harmless, because each piece of work is
unique by its task, tenant and period."""

import signal
import time
from uuid import UUID

import structlog
from sqlalchemy import Connection

from agents.catalog import open_catalog
from core import logs
from core.db import app_database, system_database
from core.processes import beat_name
from core.settings import settings
from core.store import learning, outbox, policies, tenants

log = structlog.get_logger()

EVERY: dict[str, float] = {  # seconds
    "certificates.renew": 10.0,
    "gate.watch": 60.0,
    "tickets.close_silent": 30.0,
    "metrics.roll_up": 5.0,
}
LOOK_SECONDS = 2.0
ROUNDS_AN_HOUR = int(3600 / LOOK_SECONDS)


class Schedule:
    """One schedule process."""

    def __init__(self) -> None:
        self.catalog = open_catalog(settings().agents, library=settings().library)
        self.stopping = False
        self.rounds = 0

    def run(self) -> None:
        """Look every two seconds until told to stop; a database that is away is waited for."""
        while not self.stopping:
            try:
                self.step(time.time())
            except Exception as error:
                log.warning("schedule.waits", error=f"{type(error).__name__}: {error}"[:300])
            time.sleep(LOOK_SECONDS)

    def step(self, now: float) -> None:
        """Put what is due into the outbox, once per tenant and period."""
        self.catalog.refresh()
        self.rounds += 1
        with system_database().transaction() as connection:
            everyone = [UUID(str(row["id"])) for row in tenants.everyone(connection)]
            tenants.beat(
                connection, beat_name("schedule"), {"rounds": self.rounds, "agents": len(self.catalog.entries)}
            )
        for tenant in everyone:
            with app_database().transaction(tenant) as connection:
                for task, seconds in EVERY.items():
                    outbox.enqueue(connection, tenant, task, "bulk", tenant, generation=int(now // seconds))
                self._train_when_agents_changed(connection, tenant)

    def _train_when_agents_changed(self, connection: Connection, tenant: UUID) -> None:
        """Train where no classifier knows the agents as they are now; the generation keeps it to one job."""
        newest = next(iter(policies.list_classifiers(connection)), None)
        wanted = self.catalog.fingerprint_without(learning.unused_agents(connection))
        if newest is None or newest["figures"].get("catalog") != wanted:
            generation = int(wanted[:7], 16)
            outbox.enqueue(connection, tenant, "triage.train", "bulk", tenant, generation=generation)


def main() -> None:
    """Run a schedule until SIGTERM or SIGINT."""
    logs.configure()
    schedule = Schedule()

    def stop(*_: object) -> None:
        schedule.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    schedule.run()


if __name__ == "__main__":
    main()
