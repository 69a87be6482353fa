"""Lists of tickets and documents as people look at them: filters, search, cursors. Read only."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.errors import Rejected
from core.store.intake import fold
from core.store.sql import maybe_row, rows, scalar

_WORD = re.compile(r"\w+")
WINDOW = 1_000  # newest tickets that are looked at one by one for a word
RARE = 2_000  # matches up to which a search goes by the index of words


class Filters(NamedTuple):
    """What a list shows; None or '' leaves a filter out.

    `attention` 'any' means: a person should look; 'handed': handed off or failed, with no draft to review.
    `mine`: tickets that this person took over or was assigned. `due`: tickets that wait for a person's first answer and
    came before the moment given for their priority (`core.calendar.received_before`).
    """

    state: str | None = None
    attention: str | None = None
    language: str | None = None
    agent: str | None = None
    intent: str | None = None
    channel: str | None = None
    outcome: str | None = None
    assigned_to: str | None = None
    mine: str | None = None
    due: Mapping[str, datetime] | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str | None = None


class Page(NamedTuple):
    """One page of a list, newest first, and the cursor of the next one (None at the end)."""

    rows: Sequence[RowMapping]
    next: str | None


_ATTENTIONS = {"any": "'review', 'handoff', 'failed'", "handed": "'handoff', 'failed'"}
_EQUAL = ("state", "language", "agent", "intent", "channel", "outcome", "assigned_to")
_OF_DOCUMENTS = ("state", "attention", "language", "outcome", "since", "until")


def tickets(
    connection: Connection, filters: Filters, *, cursor: str | None = None, limit: int = 50, oldest_first: bool = False
) -> Page:
    """Return tickets, newest first or oldest. Raises Rejected (code malformed) for a cursor that is not ours."""
    where, values = _conditions(filters, cursor, oldest_first)
    order = "ASC" if oldest_first else "DESC"
    source, sought = "tickets t", []
    if query := _query(filters.q or ""):
        sought.append("t.search @@ to_tsquery('simple', :q)")
        values["q"] = query
    if filters.tag:
        sought.append("t.id IN (SELECT g.ticket_id FROM ticket_tags g WHERE g.tag = :tag)")
        values["tag"] = filters.tag
    matches = _matches(connection, where, values, sought, order, limit) if sought else None
    if matches is not None:
        values["matches"] = matches
        source = "unnest(CAST(:matches AS uuid[])) AS match(id) JOIN tickets t ON t.id = match.id"
    where = " AND ".join([where, *sought])
    found = rows(
        connection,
        f"""SELECT t.id, t.subject, t.channel, t.language, t.intent, t.agent, t.priority, t.state, t.attention,
                t.outcome, t.origin, t.taken_by, t.assigned_to, t.turn, t.external_id, t.received_at,
                t.first_reply_at, t.closed_at, t.updated_at, t.shift_seconds,
                c.name AS customer_name, c.address AS customer_address,
                ARRAY(SELECT g.tag FROM ticket_tags g WHERE g.ticket_id = t.id ORDER BY g.tag) AS tags,
                (SELECT left(m.body, 200) FROM messages m WHERE m.ticket_id = t.id AND m.author = 'customer'
                 ORDER BY m.id DESC LIMIT 1) AS snippet
            FROM (SELECT t.* FROM {source} WHERE {where} ORDER BY t.received_at {order}, t.id {order}
                  LIMIT :limit) t
            LEFT JOIN customers c ON c.id = t.customer_id ORDER BY t.received_at {order}, t.id {order}""",
        **values,
        limit=limit + 1,
    )
    return _page(found, limit)


def _matches(
    connection: Connection, where: str, values: Mapping[str, Any], sought: Sequence[str], order: str, limit: int
) -> list[UUID] | None:
    """Return ids among which all tickets of the page are. A word or tag that many tickets have is met soon among the
    newest, where its index would give them all first; a rare one is looked up. None where neither helps."""
    found = rows(
        connection,
        f"""SELECT t.id FROM (SELECT t.id, t.received_at, t.search FROM tickets t WHERE {where}
                              ORDER BY t.received_at {order}, t.id {order} LIMIT :window) t
            WHERE {" AND ".join(sought)} ORDER BY t.received_at {order}, t.id {order} LIMIT :limit""",
        **values,
        window=WINDOW,
        limit=limit + 1,
    )
    if len(found) > limit:
        return [row["id"] for row in found]
    looked_up = []
    if "q" in values:
        sql = "SELECT search_tickets(to_tsquery('simple', :q), :most) AS id"
        looked_up.append(rows(connection, sql, q=values["q"], most=RARE + 1))
    if "tag" in values:
        sql = "SELECT ticket_id AS id FROM ticket_tags WHERE tag = :tag LIMIT :most"
        looked_up.append(rows(connection, sql, tag=values["tag"], most=RARE + 1))
    fewest = min(looked_up, key=len)
    return [row["id"] for row in fewest] if len(fewest) <= RARE else None


def documents(
    connection: Connection, filters: Filters, *, type: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page:
    """Return documents, newest first; of the filters state, attention, language, outcome, times and q count."""
    kept = Filters(**{name: getattr(filters, name) for name in _OF_DOCUMENTS})
    where, values = _conditions(kept, cursor)
    if type:
        where, values = f"{where} AND type = :type", {**values, "type": type}
    if filters.q:
        where, values = f"{where} AND filename ILIKE :like", {**values, "like": f"%{_escaped(filters.q)}%"}
    found = rows(
        connection,
        f"""SELECT id, ticket_id, filename, media_type, size, state, type, language, reason, origin, attention, outcome,
                received_at FROM documents t WHERE {where} ORDER BY received_at DESC, id DESC LIMIT :limit""",
        **values,
        limit=limit + 1,
    )
    return _page(found, limit)


def counts(connection: Connection) -> RowMapping | None:
    """Return how many tickets wait for people: review, handoff, failed; and documents and open audits."""
    return maybe_row(
        connection,
        """SELECT (SELECT count(*) FROM tickets WHERE attention = 'review') AS review,
               (SELECT count(*) FROM tickets WHERE attention = 'handoff') AS handoff,
               (SELECT count(*) FROM tickets WHERE attention = 'failed') AS failed,
               (SELECT count(*) FROM documents WHERE attention = 'review') AS documents,
               (SELECT count(*) FROM audits WHERE state = 'open' AND twin_of IS NULL)
                   + (SELECT count(*) FROM known_bad WHERE judged_at IS NULL) AS audits,
               (SELECT count(*) FROM outbox WHERE state = 'dead') AS dead""",
    )


def due_count(connection: Connection, due: Mapping[str, datetime]) -> int:
    """Return how many tickets wait for a first answer and came before the moment given for their priority."""
    where, values = _due(due)
    return int(scalar(connection, f"SELECT count(*) FROM tickets t WHERE {where}", **values) or 0)


def _due(due: Mapping[str, datetime]) -> tuple[str, dict[str, Any]]:
    """`unnest` keeps the priorities' names out of the statement; an import's past is shifted into the present."""
    return (
        """t.attention IN ('review', 'handoff', 'failed') AND t.state = 'open' AND t.first_reply_at IS NULL AND EXISTS (
               SELECT 1 FROM unnest(CAST(:priorities AS text[]), CAST(:before AS timestamptz[])) AS d(priority, before)
               WHERE d.priority = t.priority AND t.received_at + make_interval(secs => t.shift_seconds) < d.before)""",
        {"priorities": list(due), "before": list(due.values())},
    )


def _conditions(filters: Filters, cursor: str | None, oldest_first: bool = False) -> tuple[str, dict[str, Any]]:
    parts, values = ["true"], {}
    for name in _EQUAL:
        if getattr(filters, name):
            parts.append(f"t.{name} = :{name}")
            values[name] = getattr(filters, name)
    if filters.attention in _ATTENTIONS:
        parts.append(f"t.attention IN ({_ATTENTIONS[filters.attention]})")
    elif filters.attention:
        parts.append("t.attention = :attention")
        values["attention"] = filters.attention
    if filters.mine:
        parts.append("(t.taken_by = :mine OR t.assigned_to = :mine)")
        values["mine"] = filters.mine
    if filters.due is not None:
        part, more = _due(filters.due)
        parts.append(part)
        values |= more
    if filters.since:
        parts.append("t.received_at >= :since")
        values["since"] = filters.since
    if filters.until:
        parts.append("t.received_at < :until")
        values["until"] = filters.until
    if cursor:
        at, last = _read_cursor(cursor)
        parts.append(f"(t.received_at, t.id) {'>' if oldest_first else '<'} (:cursor_at, :cursor_id)")
        values |= {"cursor_at": at, "cursor_id": last}
    return " AND ".join(parts), values


def _query(text: str) -> str:
    """Return a tsquery of whole words, the last one as the beginning of a word: the reader may still be typing it."""
    words = _WORD.findall(fold(text))
    return " & ".join([*words[:-1], f"{words[-1]}:*"]) if words else ""


def _page(found: Sequence[RowMapping], limit: int) -> Page:
    if len(found) <= limit:
        return Page(found, None)
    last = found[limit - 1]
    text = json.dumps([last["received_at"].isoformat(), str(last["id"])])
    return Page(found[:limit], base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, last = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        return datetime.fromisoformat(at), UUID(last)
    except (ValueError, TypeError, AttributeError, UnicodeError, binascii.Error, RecursionError) as error:
        told = "the cursor is not one that this list gave"
        raise Rejected(told, code="malformed", hint="Start without a cursor.", where="query:cursor") from error


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
