"""Trials: an agent run for a developer on a text of theirs. Nothing of it is sent, counted or audited."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.outbox import Queue, enqueue
from core.store.sql import Jsonb, execute, maybe_row, rows

KEPT_DAYS = 30


def add(
    connection: Connection, tenant_id: UUID, *, agent: str, given: Mapping[str, Any], by: str, queue: Queue
) -> UUID:
    """Ask for a trial; a worker does it. Trials of more than 30 days ago are forgotten. Returns its id."""
    trial_id = new_id()
    execute(
        connection, "DELETE FROM trials WHERE created_at < clock_timestamp() - make_interval(days => :d)", d=KEPT_DAYS
    )
    execute(
        connection,
        """INSERT INTO trials (id, tenant_id, agent, by, given) VALUES (:id, :tenant_id, :agent, :by, :given)""",
        id=trial_id,
        tenant_id=tenant_id,
        agent=agent,
        by=by,
        given=Jsonb(dict(given)),
    )
    enqueue(connection, tenant_id, "agent.try", queue, trial_id)
    return trial_id


def find(connection: Connection, trial_id: UUID) -> RowMapping | None:
    """Return a trial, or None; `error` is what its last failed attempt said."""
    return maybe_row(
        connection,
        """SELECT t.id, t.agent, t.by, t.given, t.state, t.result, t.created_at, t.finished_at,
               coalesce(o.error, '') AS error, coalesce(o.state = 'dead', false) AS dead
           FROM trials t LEFT JOIN outbox o ON o.subject_id = t.id AND o.task = 'agent.try' WHERE t.id = :id""",
        id=trial_id,
    )


def newest(connection: Connection, limit: int = 20) -> Sequence[RowMapping]:
    """Return the newest trials."""
    return rows(
        connection, "SELECT id, agent, by, given, state, created_at FROM trials ORDER BY id DESC LIMIT :n", n=limit
    )


def finish(connection: Connection, trial_id: UUID, result: Mapping[str, Any]) -> None:
    """Write down what a trial gave."""
    execute(
        connection,
        "UPDATE trials SET state = 'done', result = :result, finished_at = clock_timestamp() WHERE id = :id",
        id=trial_id,
        result=Jsonb(dict(result)),
    )
