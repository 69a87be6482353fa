"""The schedule: puts periodic work into the outbox. Two schedules at once are harmless, because each piece of work is
unique by its task, tenant and period."""

import hashlib
import signal
import time
from collections.abc import Set
from uuid import UUID

import structlog
from sqlalchemy import Connection

from agents.catalog import open_catalog
from core import logs
from core.db import app_database, system_database
from core.processes import beat_name
from core.settings import settings
from core.store import judge, known_bad, learning, outbox, tenants, triage_versions, versions
from core.store.versions import Version

log = structlog.get_logger()

EVERY: dict[str, float] = {  # seconds
    "certificates.renew": 10.0,
    "gate.watch": 60.0,
    "tickets.close_silent": 30.0,
    "desk.notify": 30.0,
    "confidence.train": 600.0,
    "triage.learn": 600.0,
    "metrics.roll_up": 5.0,
}
KNOWN_BAD_SECONDS = 300  # where an operator wants answers known to be bad among the audits
JUDGE_SECONDS = 60  # where a model is chosen as judge: its calls wait where other models' do
LOOK_SECONDS = 2.0
KEPT_A_ROUND = 50  # versions of agents whose files are stored in one look
ROUNDS_AN_HOUR = int(3600 / LOOK_SECONDS)


class Schedule:
    """One schedule process."""

    def __init__(self) -> None:
        self.catalog = open_catalog(settings().agent_path, library=settings().library, home=settings().home)
        self.stopping = False
        self.rounds = 0
        self.kept: dict[UUID, set[tuple[str, str]]] = {}  # by tenant: agents and versions that are stored

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
                if self.rounds == 1:  # after an upgrade triage may have to be trained before tickets go on
                    outbox.enqueue(connection, tenant, "triage.learn", "bulk", tenant, generation=int(now))
                for task, seconds in EVERY.items():
                    outbox.enqueue(connection, tenant, task, "bulk", tenant, generation=int(now // seconds))
                if judge.setting(connection).model:
                    generation = int(now // JUDGE_SECONDS)
                    outbox.enqueue(connection, tenant, "gate.judge", "llm", tenant, generation=generation)
                unused = learning.unused_agents(connection)
                if known_bad.setting(connection).share:
                    generation = int(now // KNOWN_BAD_SECONDS)
                    outbox.enqueue(connection, tenant, "gate.known_bad", "bulk", tenant, generation=generation)
                self._train_when_agents_changed(connection, tenant, unused)
                self._index_when_knowledge_changed(connection, tenant, unused)
                self._keep_versions(connection, tenant, unused)

    def _train_when_agents_changed(self, connection: Connection, tenant: UUID, unused: Set[str]) -> None:
        """Train where no classifier knows the agents as they are now; the generation keeps it to one job."""
        newest = triage_versions.newest(connection)
        wanted = self.catalog.fingerprint_without(unused)
        if newest is None or newest["figures"].get("catalog") != wanted:
            generation = _generation(wanted, *([str(newest["id"])] if newest else []))
            outbox.enqueue(connection, tenant, "triage.train", "bulk", tenant, generation=generation)

    def _index_when_knowledge_changed(self, connection: Connection, tenant: UUID, unused: Set[str]) -> None:
        """Index where a knowledge folder is not the one stored, or is gone; the generation keeps it to one job."""
        there = {name: one.knowledge for name, one in self.catalog.entries.items() if one.knowledge}
        wanted = {name: knowledge for name, knowledge in there.items() if name not in unused}
        served = learning.knowledge_served(connection)
        has = {name: (row["fingerprint"], str(row["id"])) for name, row in served.items()}
        behind = sorted(name for name, knowledge in wanted.items() if has.get(name, ("", ""))[0] != knowledge)
        gone = self.catalog.without_knowledge(has)
        if behind or gone:
            told = [part for name in behind for part in (name, wanted[name], has.get(name, ("", ""))[1])]
            told += [part for name in gone for part in (name, "", has[name][1])]
            outbox.enqueue(connection, tenant, "knowledge.index", "bulk", tenant, generation=_generation(*told))

    def _keep_versions(self, connection: Connection, tenant: UUID, unused: Set[str]) -> None:
        """Store the files of versions that were never in service before: what people compare, and can go back to."""
        if tenant not in self.kept:
            self.kept[tenant] = versions.known(connection)
        wanted = {(name, one.version) for name, one in self.catalog.entries.items() if name not in unused}
        new = sorted(wanted - self.kept[tenant])[:KEPT_A_ROUND]
        if new:
            found = [Version(name, version, self.catalog.entries[name].files) for name, version in new]
            versions.keep(connection, tenant, found)
            self.kept[tenant] |= set(new)


def _generation(*parts: str) -> int:
    """Return a number for what is to be learnt and what there is already: it changes when either does, so that going
    back to an earlier state is work of its own."""
    return int(hashlib.sha256("|".join(parts).encode()).hexdigest()[:7], 16)


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
