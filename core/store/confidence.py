"""What reviewers said of runs whose score was made from signals: what an agent's confidence model learns from."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store import journal, policies
from core.store.sql import execute, maybe_row, rows

MOST = 5000  # judgements of one agent, the newest


def judged(connection: Connection) -> Sequence[RowMapping]:
    """Return each agent's judged runs whose score was made from signals, a reply's or a document's (agent, signals,
    right, probability), oldest first."""
    return rows(
        connection,
        """SELECT agent, signals, "right", probability FROM (
               SELECT r.agent, r.proposal -> 'signals' AS signals, a."right", a.probability, a.judged_at, a.id,
                   row_number() OVER (PARTITION BY r.agent ORDER BY a.judged_at DESC, a.id DESC) AS place
               FROM audits a JOIN runs r ON r.id = a.run_id
               WHERE a.state = 'judged' AND a."right" IS NOT NULL AND a.twin_of IS NULL
                 AND jsonb_exists_any(r.proposal -> 'signals', ARRAY['self_report', 'document'])) AS found
           WHERE place <= :most ORDER BY agent, judged_at, id""",
        most=MOST,
    )


def newest(connection: Connection, kind: str) -> RowMapping | None:
    """Return the newest stored model of a kind (id, state, figures, blob), or None."""
    return maybe_row(
        connection,
        "SELECT id, state, figures, blob FROM classifiers WHERE kind = :kind ORDER BY id DESC LIMIT 1",
        kind=kind,
    )


def settle(connection: Connection, tenant_id: UUID, model_id: UUID, kind: str, *, serve: bool, reason: str) -> None:
    """Put a model in service, or let it run in shadow; candidates of its kind before it are given up. The journal says
    why."""
    execute(
        connection,
        "UPDATE classifiers SET state = 'retired' WHERE kind = :kind AND state = 'candidate' AND id <> :id",
        kind=kind,
        id=model_id,
    )
    if serve:
        policies.serve_classifier(connection, model_id)
    action = "confidence.served" if serve else "confidence.candidate"
    journal.write(connection, tenant_id, actor="saola", action=action, object=kind, data={"reason": reason})
