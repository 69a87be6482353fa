"""How the models and other systems that the line leans on did in the last hour. Read only."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping

from core.store.sql import rows

_HOUR = "at > now() - interval '1 hour'"


def models(connection: Connection) -> Sequence[RowMapping]:
    """Return the models that answered, with how many runs asked them and the median seconds of a run."""
    return rows(
        connection,
        f"""SELECT data ->> 'model' AS model, count(*) AS runs,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY (data ->> 'seconds')::float) AS seconds
            FROM events WHERE kind = 'run.recorded' AND {_HOUR} AND data ->> 'model' <> ''
            GROUP BY 1 ORDER BY 2 DESC LIMIT 20""",
    )


def failures(connection: Connection) -> Sequence[RowMapping]:
    """Return what failed most often: attempts by what they said, cut short, and when the last one was."""
    return rows(
        connection,
        f"""SELECT left(data ->> 'error', 120) AS error, count(*) AS n, max(at) AS last FROM events
            WHERE kind IN ('item.failed', 'item.dead', 'delivery.failed') AND {_HOUR}
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5""",
    )


def waiting(connection: Connection) -> Sequence[RowMapping]:
    """Return for what waits for a person now (queue: review, handoff, failed; document, audit) how many there are, and
    their ages in seconds since they came: the oldest, the middle one's, and that which one in ten exceeds."""
    return rows(
        connection,
        """SELECT queue, count(*) AS waiting, max(age) AS oldest_seconds,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS median_seconds,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY age) AS p90_seconds
           FROM (SELECT attention AS queue,
                     extract(epoch FROM clock_timestamp() - received_at)::float - shift_seconds AS age
                 FROM tickets WHERE attention IN ('review', 'handoff', 'failed')
                 UNION ALL
                 SELECT 'document', extract(epoch FROM clock_timestamp() - received_at)::float - shift_seconds
                 FROM documents WHERE attention = 'review' AND ticket_id IS NULL
                 UNION ALL
                 SELECT 'audit', extract(epoch FROM clock_timestamp() - drawn_at)::float
                 FROM audits WHERE state = 'open' AND twin_of IS NULL) AS one
           GROUP BY queue ORDER BY queue""",
    )
