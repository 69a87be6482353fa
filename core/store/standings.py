"""Where each owner (an agent or family at one fingerprint) stands, and who has evidence that is new."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import INHERITED
from core.store.sql import Jsonb, execute_many, rows

_ACTIVE = """WITH changed AS (
        SELECT agent, fingerprint, family, family_fingerprint FROM audits WHERE judged_at > :since
        UNION SELECT agent, fingerprint, family, family_fingerprint FROM audits
        WHERE state = 'open' AND (drawn_at > :since OR (due_at > :since AND due_at < clock_timestamp()))
        UNION SELECT r.agent, r.fingerprint, r.family, r.family_fingerprint FROM decisions d
        JOIN runs r ON r.id = d.run_id WHERE d.reviewed_at > CAST(:since AS timestamptz) - interval '1 minute'),
    active AS MATERIALIZED (
        SELECT agent AS owner, fingerprint FROM changed
        UNION SELECT 'family:' || family, family_fingerprint FROM changed WHERE family <> '')"""


def owners(connection: Connection, since: datetime | None = None) -> Sequence[RowMapping]:
    """Return every owner that has audits: agent, fingerprint, and a stamp that changes when its evidence does.

    With `since` only those of which something was drawn, judged, overdue or decided since then; the rows of all others
    are not read."""
    part = """SELECT {owner} AS agent, {fingerprint} AS fingerprint,
                  concat_ws('|', sum(judged), max(judged_at), sum(overdue)) AS stamp
              FROM (SELECT a.agent, a.fingerprint, a.family, a.family_fingerprint,
                        count(*) FILTER (WHERE a.state = 'judged') AS judged, max(a.judged_at) AS judged_at,
                        count(*) FILTER (WHERE a.state = 'open' AND a.due_at < clock_timestamp()) AS overdue
                    FROM audits a WHERE {audits}
                    GROUP BY a.agent, a.fingerprint, a.family, a.family_fingerprint
                    UNION ALL
                    SELECT r.agent, r.fingerprint, r.family, r.family_fingerprint, count(*), max(d.reviewed_at), 0
                    FROM decisions d JOIN runs r ON r.id = d.run_id
                    WHERE d.review IN ('approved', 'edited', 'rejected', 'taken_over')
                      AND d.audit_smallest IS NOT NULL AND d.reviewed_at < clock_timestamp() - interval '1 minute'
                      AND d.created_at > clock_timestamp() - interval '90 days' AND {runs}
                    GROUP BY r.agent, r.fingerprint, r.family, r.family_fingerprint) seen
              WHERE {where} GROUP BY {by}"""

    def of(owner: str, name: str, column: str, prefix: str, where: str) -> str:
        same = f"o.owner = {prefix}{{row}}.{name} AND o.fingerprint = {{row}}.{column}"
        only = f"EXISTS (SELECT 1 FROM active o WHERE {same})"
        audits, runs = ("true", "true") if since is None else (only.format(row="a"), only.format(row="r"))
        by = f"{name}, {column}"
        return part.format(owner=owner, fingerprint=column, audits=audits, runs=runs, where=where, by=by)

    own = of("agent", "agent", "fingerprint", "", "true")
    family = of("'family:' || family", "family", "family_fingerprint", "'family:' || ", "family <> ''")
    active = "" if since is None else _ACTIVE
    return rows(connection, f"{active} {own} UNION ALL {family} ORDER BY 1, 2", since=since)


def standings(connection: Connection, owners: Sequence[str] | None = None) -> Sequence[RowMapping]:
    """Return where each owner, or each of these, stood when it was last looked at, with how many audits were judged in
    a week, how many wait, and which alarm stopped it, until a person raises its tier; how it stands with a candidate of
    triage is left out."""
    return rows(
        connection,
        f"""WITH counts AS (
               SELECT agent, fingerprint, family, family_fingerprint,
                   count(*) FILTER (WHERE judged_at > clock_timestamp() - interval '7 days') AS judged_in_a_week,
                   count(*) FILTER (WHERE state = 'open') AS open,
                   count(*) FILTER (WHERE state = 'open' AND due_at < clock_timestamp()) AS overdue
               FROM audits WHERE CAST(:owners AS text[]) IS NULL OR agent = ANY(:owners)
                   OR 'family:' || family = ANY(:owners)
               GROUP BY agent, fingerprint, family, family_fingerprint),
           of_owner AS (
               SELECT agent, fingerprint, family, judged_in_a_week, open, overdue FROM counts
               UNION ALL
               SELECT 'family:' || family, family_fingerprint, '', judged_in_a_week, open, overdue FROM counts
               WHERE family <> '')
           SELECT s.agent, s.fingerprint, s.data, coalesce(max(o.family), '') AS family,
               (SELECT max(c.expires_at) FROM certificates c WHERE c.agent = s.agent AND c.fingerprint = s.fingerprint
                AND c.method = '{INHERITED}' AND c.revoked_at IS NULL AND c.expires_at > clock_timestamp())
                   AS inherited_until,
               (SELECT jsonb_build_object('alarm', a.id, 'at', a.at) FROM alarms a
                WHERE a.kind = 'accuracy' AND s.agent = ANY(a.members)
                AND NOT coalesce(a.data -> 'raised', '[]') ? s.agent AND EXISTS (
                    SELECT 1 FROM agent_settings g WHERE g.agent = s.agent AND g.tier = 'assisted')
                ORDER BY a.at DESC LIMIT 1) AS stopped,
               coalesce(sum(o.judged_in_a_week), 0)::int AS judged_in_a_week,
               coalesce(sum(o.open), 0)::int AS open, coalesce(sum(o.overdue), 0)::int AS overdue
           FROM standings s LEFT JOIN of_owner o ON o.agent = s.agent AND o.fingerprint = s.fingerprint
           WHERE coalesce(s.data ->> 'candidate', 'false') = 'false'
               AND (CAST(:owners AS text[]) IS NULL OR s.agent = ANY(:owners))
           GROUP BY s.tenant_id, s.agent, s.fingerprint ORDER BY s.agent, s.at DESC""",
        owners=None if owners is None else list(owners),
    )


def stamps(connection: Connection) -> dict[tuple[str, str], RowMapping]:
    """Return what was seen of each owner when it was last looked at, and where it then stood."""
    found = rows(connection, "SELECT agent, fingerprint, stamp, again_at, data FROM standings")
    return {(row["agent"], row["fingerprint"]): row for row in found}


class Standing(NamedTuple):
    """Where an owner stands, what was seen of it, and when it is to be looked at again anyway."""

    owner: str
    fingerprint: str
    stamp: str
    again_at: datetime | None
    data: Mapping[str, Any]


def set_standings(connection: Connection, tenant_id: UUID, found: Sequence[Standing]) -> None:
    """Write down where owners stand."""
    execute_many(
        connection,
        """INSERT INTO standings (tenant_id, agent, fingerprint, stamp, again_at, data)
           VALUES (:tenant_id, :owner, :fingerprint, :stamp, :again_at, :data)
           ON CONFLICT (tenant_id, agent, fingerprint) DO UPDATE SET stamp = excluded.stamp,
               again_at = excluded.again_at, data = excluded.data, at = clock_timestamp()""",
        [{**one._asdict(), "tenant_id": tenant_id, "data": Jsonb(dict(one.data))} for one in found],
    )
