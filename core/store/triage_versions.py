"""Versions of a tenant's triage: one serves, one may be a candidate that runs in shadow beside it, others are retired.

Also what the candidate's audits share with those of the version that serves: a judgement on a proposal counts for both
where both propose the same.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.errors import Rejected
from core.store import journal, policies
from core.store.sql import execute, maybe_row, rows

_COLUMNS = "id, fingerprint, state, figures, created_at"


def every(connection: Connection, limit: int = 50) -> Sequence[RowMapping]:
    """Return the tenant's versions without their bytes, newest first."""
    return rows(
        connection, f"SELECT {_COLUMNS} FROM classifiers WHERE kind = 'triage' ORDER BY id DESC LIMIT :n", n=limit
    )


def newest(connection: Connection) -> RowMapping | None:
    """Return the newest version without its bytes, None where there is none."""
    return next(iter(every(connection, 1)), None)


def in_state(connection: Connection, state: str) -> RowMapping | None:
    """Return the newest version in a state (serving, candidate) without its bytes."""
    return maybe_row(
        connection,
        f"SELECT {_COLUMNS} FROM classifiers WHERE kind = 'triage' AND state = :state ORDER BY id DESC LIMIT 1",
        state=state,
    )


def find(connection: Connection, version_id: UUID) -> RowMapping:
    """Return a version without its bytes. Raises Rejected (code not_found)."""
    row = maybe_row(connection, f"SELECT {_COLUMNS} FROM classifiers WHERE kind = 'triage' AND id = :id", id=version_id)
    if row is None:
        raise Rejected("there is no such version of triage", code="not_found", hint="List them: saola triage list")
    return row


def serve(connection: Connection, tenant_id: UUID, version_id: UUID, *, by: str, reason: str) -> None:
    """Put a version in service, whatever it has earned; the one before is retired, and the journal says why.

    Raises Rejected (code not_found, already_serving).
    """
    row = find(connection, version_id)
    if row["state"] == "serving":
        raise Rejected("this version serves already", code="already_serving")
    policies.serve_classifier(connection, version_id)
    _note(connection, tenant_id, "triage.served", row, by, reason)


def retire(connection: Connection, tenant_id: UUID, version_id: UUID, *, by: str, reason: str) -> None:
    """Give a candidate up. Raises Rejected (code not_found, not_a_candidate)."""
    row = find(connection, version_id)
    if row["state"] != "candidate":
        raise Rejected(f"this version is {row['state']}, not a candidate", code="not_a_candidate")
    execute(connection, "UPDATE classifiers SET state = 'retired' WHERE id = :id", id=version_id)
    _note(connection, tenant_id, "triage.retired", row, by, reason)


def make_candidate(connection: Connection, tenant_id: UUID, version_id: UUID, *, reason: str) -> None:
    """Let a version run in shadow beside the one in service; a candidate before it is given up."""
    retire_candidates(connection, tenant_id, but=version_id)
    _note(connection, tenant_id, "triage.candidate", find(connection, version_id), "saola", reason)


def retire_candidates(connection: Connection, tenant_id: UUID, *, but: UUID) -> None:
    """Give up every candidate but one: what was just trained is itself a candidate until it serves."""
    for other in every(connection):
        if other["state"] == "candidate" and other["id"] != but:
            retire(connection, tenant_id, other["id"], by="saola", reason="a newer version took its place")


def _note(connection: Connection, tenant_id: UUID, action: str, row: RowMapping, by: str, reason: str) -> None:
    data: dict[str, Any] = {"reason": reason, "compared": row["figures"].get("compared")}
    journal.write(connection, tenant_id, actor=by, action=action, object=row["fingerprint"], data=data)


# What people said of a ticket's intent without being asked for it: a draft that was sent as it was, an audit that was
# judged right. A label that an import brought, or that somebody wrote down, goes before.
_LABELS = """
    SELECT DISTINCT ON (ticket_id) ticket_id, intent, at FROM (
        SELECT ticket_id, intent, at, CASE source WHEN 'staff' THEN 0 ELSE 1 END AS rank FROM labels
        UNION ALL
        SELECT w.ticket_id, r.agent || '/' || r.intent, t.received_at, 2
        FROM runs r JOIN work_items w ON w.id = r.work_item_id JOIN tickets t ON t.id = w.ticket_id
        LEFT JOIN decisions d ON d.run_id = r.id AND d.review = 'approved' AND NOT r.shadow
            AND d.reviewed_at < clock_timestamp() - interval '1 minute'
        LEFT JOIN audits a ON a.run_id = r.id AND a.state = 'judged' AND a."right"
        WHERE w.turn = 1 AND r.agent <> '' AND r.intent <> '' AND (d.id IS NOT NULL OR a.id IS NOT NULL)) said
    ORDER BY ticket_id, rank, at DESC"""


def labelled(connection: Connection, until: datetime | None = None) -> Sequence[RowMapping]:
    """Return labelled ticket texts (text, subject, intent, language, at), oldest first, optionally up to a time.

    A label is what an import said, what staff wrote down, or what reviewers bore out: 'agent/intent', or '' for none.
    """
    return rows(
        connection,
        f"""SELECT m.body AS text, t.subject, l.intent, t.language, l.at FROM ({_LABELS}) l
            JOIN tickets t ON t.id = l.ticket_id
            JOIN messages m ON m.ticket_id = t.id AND m.turn = 1 AND m.author = 'customer'
            WHERE CAST(:until AS timestamptz) IS NULL OR l.at < :until ORDER BY l.at, l.ticket_id""",
        until=until,
    )


def labelled_since(connection: Connection, since: datetime) -> int:
    """Return how many tickets that came after a time are labelled."""
    found = maybe_row(connection, f"SELECT count(*) AS n FROM ({_LABELS}) l WHERE l.at > :since", since=since)
    return int(found["n"]) if found else 0


def live_proposals(connection: Connection, item_ids: Sequence[UUID]) -> dict[UUID, RowMapping]:
    """Return id, agent, intent, route and proposal of the newest live run of each item."""
    found = rows(
        connection,
        """SELECT DISTINCT ON (work_item_id) work_item_id, id, agent, intent, route, proposal FROM runs
           WHERE work_item_id = ANY(:ids) AND NOT shadow ORDER BY work_item_id, created_at DESC""",
        ids=list(item_ids),
    )
    return {row["work_item_id"]: row for row in found}
