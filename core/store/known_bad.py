"""Answers known to be bad, put among the audits: how many of them do reviewers catch?

Each is the question of a ticket whose own reply people found right, with a reply to another intent's question. It lies
in a table of its own: it has no run, is never sent, and nothing that rests on audits can count it.
"""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import is_simulated
from core.ids import new_id
from core.store.audits import IN_TIME
from core.store.sql import execute, maybe_row, one_row, rows, scalar
from core.store.tenants import current, set_setting

AT_ONCE = 5
DAYS = 90  # of replies that they are made of, and of judgements that the figure is about


class KnownBadSetting(NamedTuple):
    """How many are put among the audits, as a part of those drawn since; 0 for none."""

    share: float = 0.0
    since: datetime | None = None


def setting(connection: Connection) -> KnownBadSetting:
    """Return the tenant's setting; none are put in by default: it looks at how people work, so people decide on it."""
    found = current(connection)["settings"].get("known_bad", {})
    since = found.get("since")
    return KnownBadSetting(found.get("share", 0.0), datetime.fromisoformat(since) if since else None)


def set_share(connection: Connection, share: float) -> None:
    """Put so many in from now on. With 0, those that wait are taken out again."""
    set_setting(connection, "known_bad", {"share": share, "since": datetime.now(UTC).isoformat()})
    if not share:
        execute(connection, "DELETE FROM known_bad WHERE judged_at IS NULL")


def put_in(connection: Connection, tenant_id: UUID, chosen: KnownBadSetting) -> int:
    """Put in what the share asks for, as far as there are replies to make them of; returns how many. What nobody judged
    in the time of an audit is taken out: it says nothing of attention."""
    execute(
        connection,
        f"DELETE FROM known_bad WHERE judged_at IS NULL AND drawn_at < clock_timestamp() - {IN_TIME}",
    )
    wanted = scalar(
        connection,
        """SELECT floor(:share * (SELECT count(*) FROM audits WHERE drawn_at >= :since AND twin_of IS NULL))
               - (SELECT count(*) FROM known_bad WHERE drawn_at >= :since)""",
        share=chosen.share,
        since=chosen.since,
    )
    count = min(AT_ONCE, int(wanted or 0))
    made = rows(connection, _MADE, count=count, days=DAYS) if count > 0 else []
    for row in made:
        execute(
            connection,
            """INSERT INTO known_bad (id, tenant_id, work_item_id, answer_run_id)
               VALUES (:id, :tenant_id, :item, :answer) ON CONFLICT (work_item_id) DO NOTHING""",
            id=new_id(),
            tenant_id=tenant_id,
            item=row["work_item_id"],
            answer=row["answer"],
        )
    return len(made)


# Both the question's own reply and the other one were found right by people, so that neither intent is in doubt. A day
# lies between, so that few remember the ticket.
_MADE = """WITH found AS MATERIALIZED (
        SELECT r.id, r.work_item_id, r.agent, r.language, r.intent, r.proposal ->> 'reply' AS reply
        FROM runs r JOIN decisions d ON d.run_id = r.id LEFT JOIN audits a ON a.run_id = r.id
        WHERE r.kind = 'reply' AND NOT r.shadow AND r.intent <> ''
          AND CASE WHEN a.state = 'judged' THEN a."right" ELSE d.review = 'approved' END
          AND r.created_at > clock_timestamp() - make_interval(days => :days)
          AND r.created_at < clock_timestamp() - interval '1 day')
    SELECT q.work_item_id, other.id AS answer
    FROM (SELECT * FROM found f WHERE NOT EXISTS (SELECT 1 FROM known_bad k WHERE k.work_item_id = f.work_item_id)
          AND NOT EXISTS (SELECT 1 FROM audits a WHERE a.work_item_id = f.work_item_id AND a.state = 'open')
          ORDER BY random()) q
    CROSS JOIN LATERAL (SELECT o.id FROM found o WHERE o.agent = q.agent AND o.language = q.language
          AND o.intent <> q.intent AND o.reply <> q.reply ORDER BY random() LIMIT 1) other
    LIMIT :count"""


class Answered(NamedTuple):
    """Whose answer one was, and the first reviewer's word on it."""

    agent: str
    right: bool


def judge(connection: Connection, known_bad_id: UUID, *, right: bool, by: str) -> Answered | None:
    """Keep a reviewer's word on one; the first counts, since every later one knows. None where the id is no such."""
    execute(
        connection,
        """UPDATE known_bad SET "right" = :right, judged_by = :by, simulated = :simulated,
               judged_at = clock_timestamp() WHERE id = :id AND judged_at IS NULL""",
        id=known_bad_id,
        right=right,
        by=by,
        simulated=is_simulated(by),
    )
    row = maybe_row(
        connection,
        """SELECT r.agent, k."right" FROM known_bad k JOIN runs r ON r.id = k.answer_run_id WHERE k.id = :id""",
        id=known_bad_id,
    )
    return None if row is None else Answered(row["agent"], row["right"])


def caught(connection: Connection) -> RowMapping:
    """Return how many were judged in the last 90 days, how many of them were caught, and whether a simulated reviewer
    judged any: of all reviewers together, never of one."""
    return one_row(
        connection,
        """SELECT count(*) AS judged, count(*) FILTER (WHERE NOT "right") AS caught,
               coalesce(bool_or(simulated), false) AS simulated
           FROM known_bad WHERE judged_at > clock_timestamp() - make_interval(days => :days)""",
        days=DAYS,
    )
