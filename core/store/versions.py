"""Versions of agents: the text files of each one that was in service, and what its runs did."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.sql import Jsonb, execute_many, maybe_row, rows


class Version(NamedTuple):
    """One version of an agent; `by` is who approved it in the pages, '' where its folder was changed by hand."""

    agent: str
    version: str
    files: Mapping[str, str]
    by: str = ""


def known(connection: Connection) -> set[tuple[str, str]]:
    """Return agent and version of all that are kept."""
    return {(row["agent"], row["version"]) for row in rows(connection, "SELECT agent, version FROM agent_versions")}


def keep(connection: Connection, tenant_id: UUID, found: Iterable[Version]) -> None:
    """Keep versions that are not kept yet; who approved one is known from the first word on."""
    execute_many(
        connection,
        """INSERT INTO agent_versions (id, tenant_id, agent, version, files, by)
           VALUES (:id, :tenant_id, :agent, :version, :files, :by)
           ON CONFLICT (tenant_id, agent, version) DO UPDATE SET by = excluded.by
           WHERE agent_versions.by = '' AND excluded.by <> ''""",
        [
            {
                "id": new_id(),
                "tenant_id": tenant_id,
                "agent": one.agent,
                "version": one.version,
                "files": Jsonb(dict(one.files)),
                "by": one.by,
            }
            for one in found
        ],
    )


def of_agent(connection: Connection, agent: str) -> Sequence[RowMapping]:
    """Return an agent's versions, newest first, each with what its runs did: live, shadow, automated, judged, right,
    cost, mean score, and the time of the last one."""
    return rows(
        connection,
        """WITH found AS (
               SELECT r.agent_version AS version, count(*) FILTER (WHERE NOT r.shadow) AS runs,
                   count(*) FILTER (WHERE r.shadow) AS shadow_runs,
                   count(*) FILTER (WHERE d.action = 'automate') AS automated,
                   count(*) FILTER (WHERE r.kind <> 'abstain') AS answered,
                   count(a.id) FILTER (WHERE a.state = 'judged') AS judged,
                   count(a.id) FILTER (WHERE a.state = 'judged' AND a."right") AS "right",
                   coalesce(sum(r.cost_usd), 0) AS cost_usd, avg(r.score) AS score, max(r.created_at) AS last_run
               FROM runs r LEFT JOIN decisions d ON d.run_id = r.id LEFT JOIN audits a ON a.run_id = r.id
               WHERE r.agent = :agent GROUP BY r.agent_version)
           SELECT coalesce(v.version, f.version) AS version, coalesce(v.by, '') AS by,
               coalesce(v.seen_at, f.last_run) AS seen_at, v.id IS NOT NULL AS kept, f.runs, f.shadow_runs, f.automated,
               f.answered, f.judged, f.right, f.cost_usd, f.score, f.last_run
           FROM (SELECT * FROM agent_versions WHERE agent = :agent) v FULL JOIN found f ON f.version = v.version
           ORDER BY coalesce(v.seen_at, f.last_run) DESC LIMIT 100""",
        agent=agent,
    )


def files_of(connection: Connection, agent: str, version: str) -> Mapping[str, str] | None:
    """Return the text files of a version, None where it is not kept."""
    row = maybe_row(
        connection,
        "SELECT files FROM agent_versions WHERE agent = :agent AND version = :version",
        agent=agent,
        version=version,
    )
    return None if row is None else row["files"]


def side_by_side(connection: Connection, agent: str, first: str, second: str, limit: int) -> Sequence[RowMapping]:
    """Return the newest items on which both versions ran, with both proposals: ticket_id, subject, at, and old_ and
    new_ kind, intent, reply, score, right (what audits or reviewers said, null where nobody looked)."""
    judged = """coalesce(a."right", CASE d.review WHEN 'approved' THEN true WHEN 'edited' THEN false
                    WHEN 'rejected' THEN false WHEN 'taken_over' THEN false END)"""
    newest = f"""SELECT DISTINCT ON (r.work_item_id) r.work_item_id, r.kind, r.intent, r.score, r.shadow,
                     r.proposal ->> 'reply' AS reply, r.proposal -> 'actions' AS actions, {judged} AS "right"
                 FROM runs r LEFT JOIN decisions d ON d.run_id = r.id
                 LEFT JOIN audits a ON a.run_id = r.id AND a.state = 'judged'
                 WHERE r.agent = :agent AND r.agent_version = :{{}}
                 ORDER BY r.work_item_id, r.shadow, r.created_at DESC"""
    return rows(
        connection,
        f"""SELECT w.ticket_id, t.subject, t.received_at AS at, x.kind AS old_kind, x.intent AS old_intent,
                coalesce(x.reply, '') AS old_reply, x.actions AS old_actions, x.score AS old_score,
                x.right AS old_right, y.kind AS new_kind, y.intent AS new_intent, coalesce(y.reply, '') AS new_reply,
                y.actions AS new_actions, y.score AS new_score, y.right AS new_right
            FROM ({newest.format("first")}) x JOIN ({newest.format("second")}) y USING (work_item_id)
            JOIN work_items w ON w.id = x.work_item_id JOIN tickets t ON t.id = w.ticket_id
            ORDER BY t.received_at DESC LIMIT :limit""",
        agent=agent,
        first=first,
        second=second,
        limit=limit,
    )


def newest_items(connection: Connection, agent: str, limit: int) -> list[UUID]:
    """Return the newest first-turn ticket items on which the agent ran live."""
    found = rows(
        connection,
        """SELECT w.id FROM work_items w JOIN runs r ON r.work_item_id = w.id
           WHERE r.agent = :agent AND NOT r.shadow AND w.kind = 'ticket' AND w.turn = 1
           GROUP BY w.id ORDER BY max(r.created_at) DESC LIMIT :limit""",
        agent=agent,
        limit=limit,
    )
    return [row["id"] for row in found]
