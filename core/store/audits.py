"""Audits: runs drawn at random with recorded probability, and what reviewers judged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import is_simulated
from core.errors import Rejected
from core.events import Event, EventKind
from core.ids import new_id
from core.store import events
from core.store.sql import execute, maybe_row, one_row, plain_rows, rows, scalar
from core.store.tenants import current, set_setting

IN_TIME = "interval '48 hours'"  # an audit is to be judged; afterwards it counts as wrong


def author_hidden(connection: Connection) -> bool:
    """Return whether reviewers judge blind to who wrote a reply too, not only to its score."""
    return bool(current(connection)["settings"].get("author_hidden", False))


def hide_author(connection: Connection, hidden: bool) -> None:
    """Let reviewers judge blind to who wrote a reply, or not any more."""
    set_setting(connection, "author_hidden", hidden)


def waiting(connection: Connection, limit: int = 50, by: str = "") -> Sequence[RowMapping]:
    """Return open audits, oldest first, without score or decision: the reviewer judges blind.

    For a reviewer (`by`) also those that two judge and another has judged: neither sees the other's word. Answers known
    to be bad stand among them, and look like any other.
    """
    return rows(
        connection,
        f"""SELECT a.id, a.agent, a.intent, a.language, a.drawn_at, a.due_at, w.ticket_id, w.document_id, w.turn,
               r.proposal ->> 'reply' AS reply, r.proposal -> 'actions' AS actions, r.proposal -> 'fields' AS fields,
               r.proposal -> 'sources' AS sources, t.subject,
               (SELECT body FROM messages m WHERE m.ticket_id = w.ticket_id AND m.turn <= w.turn
                AND m.author = 'customer' ORDER BY m.turn DESC LIMIT 1) AS question
           FROM ((SELECT id, run_id, work_item_id, agent, intent, language, drawn_at, due_at FROM audits a
                  WHERE (a.state = 'open' AND a.twin_of IS NULL) OR (CAST(:by AS text) <> '' AND {_SECOND_WANTED})
                  ORDER BY id LIMIT :limit)
               UNION ALL
               SELECT k.id, k.answer_run_id, k.work_item_id, o.agent, o.intent, o.language, k.drawn_at,
                   k.drawn_at + {IN_TIME}
               FROM known_bad k JOIN runs o ON o.id = k.answer_run_id WHERE k.judged_at IS NULL) a
           JOIN runs r ON r.id = a.run_id JOIN work_items w ON w.id = a.work_item_id
           LEFT JOIN tickets t ON t.id = w.ticket_id
           ORDER BY a.id LIMIT :limit""",
        limit=limit,
        by=by,
    )


# Two reviewers judge it, one has, and it was not the one who asks.
_SECOND_WANTED = """a.doubled AND a.twin_of IS NULL AND a.state = 'judged' AND a.judged_by <> :by AND NOT EXISTS (
    SELECT 1 FROM judgements j WHERE j.audit_id = a.id AND (j.second OR j.by = :by))"""


def judge(
    connection: Connection,
    tenant_id: UUID,
    audit_id: UUID,
    *,
    right: bool,
    critical: bool = False,
    note: str = "",
    wrong_fields: Sequence[str] | None = None,
    by: str,
    at: datetime,
    seconds: float | None = None,
) -> RowMapping:
    """Record a judgement, and how long it took; judging again corrects the earlier one and both are kept. Returns the
    audit, score included.

    On an audit that two reviewers judge, the first word of another one than the first is the second reviewer's: it is
    kept beside the first, and where they differ the run counts as wrong until somebody judges once more.
    `wrong_fields` names those of a document's fields that are wrong, None where nobody said which; where all of it is
    right none is. Raises Rejected (code not_found, field_unknown).
    """
    fields = [str(row[0]) for row in plain_rows(connection, _FIELDS, id=audit_id)]
    wrong = _named(fields, right, wrong_fields)
    scalar(connection, "SELECT id FROM audits WHERE id = :id FOR UPDATE", id=audit_id)  # or two at once are both first
    if scalar(
        connection, f"SELECT EXISTS (SELECT 1 FROM audits a WHERE a.id = :id AND {_SECOND_WANTED})", id=audit_id, by=by
    ):
        said = (right, critical, note, wrong)
        return _second(connection, tenant_id, audit_id, *said, fields=len(fields), by=by, at=at, seconds=seconds)
    row = maybe_row(
        connection,
        """UPDATE audits a SET state = 'judged', "right" = :right, critical = :critical, judged_by = :by,
               simulated = :simulated, wrong_fields = :wrong, judged_at = clock_timestamp()
           FROM work_items w LEFT JOIN tickets t ON t.id = w.ticket_id LEFT JOIN documents d ON d.id = w.document_id
           WHERE a.id = :id AND w.id = a.work_item_id
           RETURNING a.id, a.run_id, a.work_item_id, a.agent, a.fingerprint, a.score, a.probability, a.action,
               w.ticket_id, w.document_id, coalesce(t.shift_seconds, d.shift_seconds, 0) AS shift_seconds""",
        id=audit_id,
        right=right,
        critical=critical,
        by=by,
        simulated=is_simulated(by),
        wrong=wrong,
    )
    if row is None:
        raise Rejected("there is no such audit", code="not_found", hint="List what waits: GET /v1/audits")
    _keep(connection, tenant_id, audit_id, right, critical, note, wrong, by, second=False)
    tell_twins(connection, [audit_id])
    events.append(
        connection,
        Event(
            kind="audit.judged",
            at=at - timedelta(seconds=row["shift_seconds"]),
            tenant_id=tenant_id,
            ticket_id=row["ticket_id"],
            document_id=row["document_id"],
            work_item_id=row["work_item_id"],
            run_id=row["run_id"],
            data={
                "right": right,
                "critical": critical,
                "by": by,
                "simulated": is_simulated(by),
                "probability": row["probability"],
                "agent": row["agent"],
                "fingerprint": row["fingerprint"],
                **_timed(seconds),
                **_told(len(fields), wrong),
            },
        ),
    )
    return row


def _timed(seconds: float | None) -> dict[str, float]:
    return {} if seconds is None else {"seconds": seconds}


_FIELDS = """SELECT f ->> 'name' FROM audits a JOIN runs r ON r.id = a.run_id
    CROSS JOIN LATERAL jsonb_array_elements(r.proposal -> 'fields') f
    WHERE a.id = :id AND r.proposal ->> 'kind' = 'fields'"""


def _named(known: Sequence[str], right: bool, wrong: Sequence[str] | None) -> list[str] | None:
    """Return the wrong fields as they are kept: None for what is no document, or where nobody said which."""
    if wrong is None and not right:
        return None
    if unknown := sorted(set(wrong or ()) - set(known)):
        told = f"no field is called {unknown[0]!r}"
        raise Rejected(told, code="field_unknown", hint=f"The fields are: {', '.join(known)}.", where="/wrong_fields")
    if right and wrong:
        told = "what has a wrong field is not right"
        raise Rejected(told, code="field_unknown", hint="Judge it wrong, or name no field.", where="/wrong_fields")
    return sorted(set(wrong or ())) if known else None


def _told(fields: int, wrong: Sequence[str] | None) -> dict[str, object]:
    """What the event of a judgement says of a document's fields."""
    return {} if wrong is None else {"fields": fields, "wrong_fields": list(wrong)}


def _keep(
    connection: Connection,
    tenant_id: UUID,
    audit_id: UUID,
    right: bool,
    critical: bool,
    note: str,
    wrong: Sequence[str] | None,
    by: str,
    *,
    second: bool,
) -> None:
    execute(
        connection,
        """INSERT INTO judgements (id, tenant_id, audit_id, "right", critical, note, wrong_fields, by, simulated,
               second)
           VALUES (:id, :tenant_id, :audit_id, :right, :critical, :note, :wrong, :by, :simulated, :second)""",
        id=new_id(),
        tenant_id=tenant_id,
        audit_id=audit_id,
        right=right,
        critical=critical,
        note=note,
        wrong=None if wrong is None else list(wrong),
        by=by,
        simulated=is_simulated(by),
        second=second,
    )


def _second(
    connection: Connection,
    tenant_id: UUID,
    audit_id: UUID,
    right: bool,
    critical: bool,
    note: str,
    wrong: Sequence[str] | None,
    *,
    fields: int,
    by: str,
    at: datetime,
    seconds: float | None = None,
) -> RowMapping:
    """Keep the second reviewer's word beside the first's: a field is wrong where either says so."""
    _keep(connection, tenant_id, audit_id, right, critical, note, wrong, by, second=True)
    row = one_row(
        connection,
        """UPDATE audits a SET "right" = a."right" AND :right, critical = a.critical OR :critical,
               simulated = a.simulated OR :simulated, judged_at = clock_timestamp(),
               wrong_fields = CASE WHEN a.wrong_fields IS NULL OR CAST(:wrong AS text[]) IS NULL THEN NULL
                   ELSE ARRAY(SELECT DISTINCT unnest(a.wrong_fields || CAST(:wrong AS text[])) ORDER BY 1) END
           FROM audits b JOIN work_items w ON w.id = b.work_item_id
           LEFT JOIN tickets t ON t.id = w.ticket_id LEFT JOIN documents d ON d.id = w.document_id
           WHERE a.id = :id AND b.id = a.id
           RETURNING a.id, a.run_id, a.work_item_id, a.agent, a.fingerprint, a.score, a.probability, a.action,
               a."right", a.critical, a.simulated, b."right" = :right AS agreed, a.wrong_fields,
               a.wrong_fields IS DISTINCT FROM b.wrong_fields AS other_fields, w.ticket_id, w.document_id,
               coalesce(t.shift_seconds, d.shift_seconds, 0) AS shift_seconds""",
        id=audit_id,
        right=right,
        critical=critical,
        simulated=is_simulated(by),
        wrong=None if wrong is None else list(wrong),
    )
    tell_twins(connection, [audit_id])
    data = {"right": right, "critical": critical, "by": by, "agreed": row["agreed"]}
    timed = {**data, **_timed(seconds)}
    happened = {name: row[name] for name in ("ticket_id", "document_id", "work_item_id", "run_id")}
    shift = timedelta(seconds=row["shift_seconds"])
    kind: EventKind = "audit.seconded"
    events.append(connection, Event(kind=kind, at=at - shift, tenant_id=tenant_id, data=timed, **happened))
    if not row["agreed"] or row["other_fields"]:  # figures that fold the log must follow the verdict too
        told = {**data, "right": row["right"], "probability": row["probability"], "agent": row["agent"]}
        told |= {"critical": row["critical"], "fingerprint": row["fingerprint"], "simulated": row["simulated"]}
        told |= _told(fields, row["wrong_fields"])
        events.append(connection, Event(kind="audit.judged", at=at - shift, tenant_id=tenant_id, data=told, **happened))
    return row


def pair(connection: Connection, item_ids: Sequence[UUID]) -> None:
    """Let audits of runs in shadow be judged together with that of the run that served, where both propose the same:
    nobody judges one proposal twice."""
    found = rows(
        connection,
        """SELECT s.id AS twin, a.id FROM audits s JOIN runs x ON x.id = s.run_id AND x.shadow
           JOIN audits a ON a.work_item_id = s.work_item_id AND a.id <> s.id AND a.twin_of IS NULL
           JOIN runs r ON r.id = a.run_id AND NOT r.shadow AND r.agent = x.agent AND r.intent = x.intent
               AND r.kind = x.kind AND r.proposal -> 'reply' = x.proposal -> 'reply'
               AND r.proposal -> 'actions' = x.proposal -> 'actions'
           WHERE s.work_item_id = ANY(:ids) AND s.twin_of IS NULL AND s.state = 'open' FOR UPDATE OF a, s""",
        ids=list(item_ids),
    )
    for row in found:
        execute(
            connection,
            "UPDATE audits SET twin_of = :id, doubled = false WHERE id = :twin",
            id=row["id"],
            twin=row["twin"],
        )
    tell_twins(connection, [row["id"] for row in found])


def tell_twins(connection: Connection, audit_ids: Sequence[UUID]) -> None:
    """Give the verdict on these audits, with the judgements it rests on, to the twins of each."""
    execute(
        connection,
        """UPDATE audits s SET state = a.state, "right" = a."right", critical = a.critical, judged_by = a.judged_by,
               simulated = a.simulated, judged_at = a.judged_at, wrong_fields = a.wrong_fields
           FROM audits a WHERE s.twin_of = a.id AND a.id = ANY(:ids) AND a.state = 'judged'""",
        ids=list(audit_ids),
    )
    execute(
        connection,
        """INSERT INTO judgements (id, tenant_id, audit_id, "right", critical, note, by, simulated, second, at,
               wrong_fields)
           SELECT gen_random_uuid(), j.tenant_id, s.id, j."right", j.critical, j.note, j.by, j.simulated, j.second,
               j.at, j.wrong_fields
           FROM judgements j JOIN audits s ON s.twin_of = j.audit_id
           WHERE j.audit_id = ANY(:ids) AND NOT EXISTS (
               SELECT 1 FROM judgements k WHERE k.audit_id = s.id AND k.at = j.at AND k.by = j.by)""",
        ids=list(audit_ids),
    )


def progress(connection: Connection, names: Sequence[str] | None = None) -> Sequence[RowMapping]:
    """Return for each agent, or for those of these names: audits open, judged and judged right."""
    return rows(
        connection,
        f"""SELECT agent, count(*) FILTER (WHERE state = 'open') AS open,
               count(*) FILTER (WHERE state = 'judged') AS judged, count(*) FILTER (WHERE "right") AS "right"
           FROM (SELECT agent, state, "right" FROM audits WHERE twin_of IS NULL
               UNION ALL
               SELECT r.agent, 'open', NULL FROM known_bad k JOIN runs r ON r.id = k.answer_run_id
               WHERE k.judged_at IS NULL) waits
           {"" if names is None else "WHERE agent = ANY(:names)"} GROUP BY agent ORDER BY agent""",
        **({"names": list(names)} if names is not None else {}),
    )


def waiting_by_owner(connection: Connection) -> dict[str, int]:
    """Return how many open audits there are for each agent and each family ("family:NAME")."""
    found = rows(
        connection,
        """SELECT agent AS owner, count(*) AS open FROM audits WHERE state = 'open' AND twin_of IS NULL GROUP BY agent
           UNION ALL
           SELECT 'family:' || family, count(*) FROM audits
           WHERE state = 'open' AND family <> '' AND twin_of IS NULL GROUP BY family""",
    )
    return {row["owner"]: int(row["open"]) for row in found}
