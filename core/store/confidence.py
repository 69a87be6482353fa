"""What reviewers said of runs whose score was made from signals: what an agent's confidence model learns from."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping

from core.store.sql import maybe_row, rows

MOST = 5000  # judgements of one agent, the newest


def judged(connection: Connection) -> Sequence[RowMapping]:
    """Return each agent's judged runs with a self-report (agent, signals, right, probability), oldest first."""
    return rows(
        connection,
        """SELECT agent, signals, "right", probability FROM (
               SELECT r.agent, r.proposal -> 'signals' AS signals, a."right", a.probability, a.judged_at, a.id,
                   row_number() OVER (PARTITION BY r.agent ORDER BY a.judged_at DESC, a.id DESC) AS place
               FROM audits a JOIN runs r ON r.id = a.run_id
               WHERE a.state = 'judged' AND a."right" IS NOT NULL
                 AND jsonb_exists(r.proposal -> 'signals', 'self_report')) AS found
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
