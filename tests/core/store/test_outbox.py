"""The outbox as the queue of record: claims, leases, attempts, back-off, dead letters."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from cli.embedded.temporary import Database as Urls
from core.db import Database
from core.ids import new_id
from core.store import outbox, tenants
from core.store.outbox import Job


@pytest.fixture
def system(database: Urls) -> Iterator[Database]:
    made = Database(database.system_url)
    yield made
    made.close()


def add(app: Database, tenant: UUID, subject: UUID | None = None) -> Job:
    with app.transaction(tenant) as connection:
        return outbox.enqueue_many(connection, tenant, "item.work", "tickets", [subject or new_id()])[0]


def claim(system: Database, limit: int = 10, hold: float = 10.0) -> list[UUID]:
    with system.transaction() as connection:
        return [row["id"] for row in outbox.claim_for_publishing(connection, "tickets", limit, hold)]


def take(app: Database, tenant: UUID, job: Job, lease: float = 30.0) -> Job | None:
    with app.transaction(tenant) as connection:
        return next(iter(outbox.take(connection, tenant, [job.id], lease)), None)


def test_only_queues_with_something_due_are_named_and_a_note_reaches_the_next_attempt(
    app: Database, system: Database, tenant: UUID
) -> None:
    def due() -> list[str]:
        with system.transaction() as connection:
            return [str(name) for name in outbox.due_queues(connection)]

    assert due() == []
    job = add(app, tenant)
    assert due() == ["tickets"]
    taken = take(app, tenant, job)
    assert taken is not None and taken.hint is None
    assert due() == []
    with app.transaction(tenant) as connection:
        outbox.note(connection, taken, {"spent": {"model_calls": 2}})
        outbox.fail(connection, taken, "busy", max_attempts=5, retry=True, after=0)
    again = take(app, tenant, job)
    assert again is not None and again.hint == {"spent": {"model_calls": 2}}


def test_two_relays_at_once_never_claim_the_same_row(app: Database, system: Database, tenant: UUID) -> None:
    for _ in range(40):
        add(app, tenant)
    with ThreadPoolExecutor(4) as threads:
        claims = list(threads.map(lambda _: claim(system, 15), range(4)))
    ids = [job_id for claimed in claims for job_id in claimed]
    assert len(ids) == len(set(ids)) == 40


def test_a_claim_that_was_never_published_is_due_again(app: Database, system: Database, tenant: UUID) -> None:
    job = add(app, tenant)
    assert claim(system, hold=0.0) == [job.id]
    assert claim(system) == [job.id]


def test_the_same_task_subject_and_generation_is_added_once(app: Database, system: Database, tenant: UUID) -> None:
    subject = new_id()
    add(app, tenant, subject)
    add(app, tenant, subject)
    assert len(claim(system)) == 1


def test_of_two_workers_with_the_same_message_one_gets_the_lease(app: Database, tenant: UUID) -> None:
    job = add(app, tenant)
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: take(app, tenant, job), range(4)))
    assert sum(one is not None for one in taken) == 1


def test_a_leased_job_is_not_published_until_its_lease_ends(app: Database, system: Database, tenant: UUID) -> None:
    job = add(app, tenant)
    taken = take(app, tenant, job, lease=30.0)
    assert taken is not None
    assert claim(system) == []
    other = add(app, tenant)
    assert take(app, tenant, other, lease=0.0) is not None
    assert claim(system) == [other.id]


def test_a_worker_that_lost_its_lease_cannot_finish(app: Database, tenant: UUID) -> None:
    job = add(app, tenant)
    slow, quick = take(app, tenant, job, lease=0.0), take(app, tenant, job)
    assert slow is not None and quick is not None
    with app.transaction(tenant) as connection:
        assert outbox.finish(connection, [slow]) == set()
        assert outbox.finish(connection, [quick]) == {quick.id}
    assert take(app, tenant, job) is None


def test_the_third_failure_makes_a_dead_letter_and_replay_revives_it(
    app: Database, system: Database, tenant: UUID
) -> None:
    job = add(app, tenant)
    for attempt in (1, 2, 3):
        taken = take(app, tenant, job)
        assert taken is not None and taken.attempts == attempt
        with app.transaction(tenant) as connection:
            dead = outbox.fail(connection, taken, f"boom {attempt}", max_attempts=3, retry=True, after=0.0)
        assert dead is (attempt == 3)
    assert take(app, tenant, job) is None
    assert claim(system) == []
    with app.transaction(tenant) as connection:
        assert [(row["id"], row["error"]) for row in outbox.dead_letters(connection)] == [(job.id, "boom 3")]
        assert outbox.replay_dead(connection, job.id) == 1
    assert claim(system) == [job.id]
    again = take(app, tenant, job)
    assert again is not None and again.attempts == 1


def test_back_off_keeps_a_failed_job_from_the_relay(app: Database, system: Database, tenant: UUID) -> None:
    job = add(app, tenant)
    taken = take(app, tenant, job)
    assert taken is not None
    with app.transaction(tenant) as connection:
        outbox.fail(connection, taken, "later", max_attempts=3, retry=True, after=60.0)
    assert claim(system) == []


def test_passing_on_to_another_queue_costs_no_attempt_and_takes_a_hint_along(
    app: Database, system: Database, tenant: UUID
) -> None:
    job = add(app, tenant)
    taken = take(app, tenant, job)
    assert taken is not None
    with app.transaction(tenant) as connection:
        outbox.pass_on(connection, [(taken, {"route": {"agent": "orders"}})], "llm")
    assert claim(system) == []
    again = take(app, tenant, job)
    assert again is not None and (again.queue, again.attempts) == ("llm", 1)
    assert again.hint == {"route": {"agent": "orders"}}


def test_a_job_put_off_while_it_was_being_published_keeps_its_own_time(
    app: Database, system: Database, tenant: UUID
) -> None:
    job = add(app, tenant)
    with system.transaction() as connection:
        claimed = outbox.claim_for_publishing(connection, "tickets", 10, 10.0)
    taken = take(app, tenant, job)  # a worker was quicker than the relay's note
    assert taken is not None
    with app.transaction(tenant) as connection:
        outbox.put_off(connection, taken, 0.0)
    with system.transaction() as connection:
        outbox.mark_published(connection, claimed, 60.0)
    assert claim(system) == [job.id]


def test_when_the_broker_lost_its_memory_everything_in_it_is_due(app: Database, system: Database, tenant: UUID) -> None:
    jobs = [add(app, tenant) for _ in range(3)]
    with system.transaction() as connection:
        claimed = outbox.claim_for_publishing(connection, "tickets", 10, 10.0)
        outbox.mark_published(connection, claimed, 60.0)
    assert claim(system) == []
    assert take(app, tenant, jobs[0]) is not None
    with system.transaction() as connection:
        assert outbox.in_flight(connection, "tickets") == 2
        assert outbox.republish_all(connection) == 2
    assert sorted(claim(system)) == sorted(job.id for job in jobs[1:])


def test_another_tenant_sees_and_takes_nothing(app: Database, tenant: UUID) -> None:
    job = add(app, tenant)
    stranger = new_id()
    with app.transaction() as connection:
        tenants.make(connection, stranger, "Stranger")
    assert take(app, stranger, job) is None
    with app.transaction(stranger) as connection:
        assert outbox.replay_dead(connection) == 0
        assert list(outbox.depth(connection)) == []
    with app.transaction() as connection:  # no tenant at all: no rows at all
        assert list(outbox.depth(connection)) == []


def test_a_worker_that_is_quicker_than_the_relays_note_still_gets_the_job(
    app: Database, system: Database, tenant: UUID
) -> None:
    job = add(app, tenant)
    with system.transaction() as connection:
        claimed = outbox.claim_for_publishing(connection, "tickets", 10, 10.0)
    with ThreadPoolExecutor(1) as threads:
        with system.transaction() as connection:
            outbox.mark_published(connection, claimed, 60.0)
            taking = threads.submit(take, app, tenant, job)
            assert not taking.done()
            time.sleep(0.2)  # the worker is at the row while the relay's transaction is open
        assert taking.result(5) is not None


def test_the_relay_passes_over_a_job_that_a_worker_is_taking(app: Database, system: Database, tenant: UUID) -> None:
    job = add(app, tenant)
    with system.transaction() as connection:
        claimed = outbox.claim_for_publishing(connection, "tickets", 10, 10.0)
    with app.transaction(tenant) as connection:
        assert outbox.take(connection, tenant, [job.id], 30.0)
        with system.transaction() as other:
            outbox.mark_published(other, claimed, 60.0)  # it does not wait for the worker
