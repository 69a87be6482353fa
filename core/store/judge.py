"""What a model that helps as a judge says of automated runs. Its words are kept apart: they are never labels."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.sql import execute, rows
from core.store.tenants import current, set_setting

DAYS = 30  # of runs that are judged, and that the estimate is about


class JudgeSetting(NamedTuple):
    """Which model judges (provider:name, '' for none), and the part of automated runs that it is asked about."""

    model: str = ""
    share: float = 1.0


def setting(connection: Connection) -> JudgeSetting:
    """Return the tenant's setting; nobody judges by default."""
    return JudgeSetting(**current(connection)["settings"].get("judge", {}))


def set_judge(connection: Connection, chosen: JudgeSetting) -> None:
    """Choose who judges, or nobody."""
    set_setting(connection, "judge", chosen._asdict())


# A draw of its own by the run's random bits, so that it is independent of the audit's coin (an HMAC of the same id).
_DRAWN = "abs(hashtextextended(r.id::text, 5)) % 10000 < :share * 10000"


def to_judge(connection: Connection, chosen: JudgeSetting, most: int) -> Sequence[RowMapping]:
    """Return automated replies of the last days that the judge is to be asked about, oldest first: run_id, agent,
    question (all that the customer wrote until then), reply, actions and sources."""
    return rows(
        connection,
        f"""SELECT r.id AS run_id, r.agent, r.proposal ->> 'reply' AS reply, r.proposal -> 'actions' AS actions,
                r.proposal -> 'sources' AS sources,
                (SELECT string_agg(m.body, E'\n\n' ORDER BY m.id) FROM messages m
                 WHERE m.ticket_id = w.ticket_id AND m.turn <= w.turn AND m.author = 'customer') AS question
            FROM decisions d JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
            WHERE d.action = 'automate' AND NOT r.shadow AND r.kind = 'reply' AND {_DRAWN}
              AND d.created_at > clock_timestamp() - make_interval(days => :days)
              AND NOT EXISTS (SELECT 1 FROM judge_words j WHERE j.run_id = r.id AND j.model = :model)
            ORDER BY d.id LIMIT :most""",
        share=chosen.share,
        model=chosen.model,
        days=DAYS,
        most=most,
    )


def add_word(
    connection: Connection,
    tenant_id: UUID,
    run_id: UUID,
    *,
    model: str,
    right: bool | None,
    reason: str,
    cost: float,
) -> None:
    """Keep what the judge said of a run; None where it could not be read."""
    execute(
        connection,
        """INSERT INTO judge_words (id, tenant_id, run_id, model, "right", reason, cost_usd)
           VALUES (:id, :tenant_id, :run_id, :model, :right, :reason, :cost) ON CONFLICT DO NOTHING""",
        id=new_id(),
        tenant_id=tenant_id,
        run_id=run_id,
        model=model,
        right=right,
        reason=reason[:1000],
        cost=cost,
    )


def words(connection: Connection, model: str, arrived: tuple[datetime, datetime] | None = None) -> Sequence[RowMapping]:
    """Return the judge's word on each automated run of the last days, or on tickets that `arrived` in a period, by
    agent: agent, says, cost_usd, and, where a person judged an audit of that run, right and the audit's probability
    (else None)."""
    since, until = arrived or (None, None)
    of_tickets = """EXISTS (SELECT 1 FROM work_items w JOIN tickets t ON t.id = w.ticket_id
        WHERE w.id = r.work_item_id AND t.received_at >= :since AND t.received_at < :until)"""
    of_days = "r.created_at > clock_timestamp() - make_interval(days => :days)"
    return rows(
        connection,
        f"""SELECT r.agent, j."right" AS says, j.cost_usd, a."right", a.probability,
               coalesce(a.simulated, false) AS simulated
           FROM judge_words j JOIN runs r ON r.id = j.run_id
           LEFT JOIN audits a ON a.run_id = r.id AND a.state = 'judged'
           WHERE j.model = :model AND {of_tickets if arrived else of_days}
           ORDER BY r.agent, j.run_id""",
        model=model,
        days=DAYS,
        since=since,
        until=until,
    )
