"""The journal: who changed what, each entry chained to the one before by its hash, so that tampering shows."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store.sql import Jsonb, execute, maybe_row, rows


def _digest(previous: str, at: datetime, actor: str, action: str, obj: str, data: Mapping[str, Any]) -> str:
    content = json.dumps([previous, at.astimezone(UTC).isoformat(), actor, action, obj, data], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def write(
    connection: Connection, tenant_id: UUID, *, actor: str, action: str, object: str = "", data: Mapping[str, Any]
) -> str:
    """Add an entry in the caller's transaction and return its hash. Entries of one tenant are written one at a time."""
    execute(connection, "SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))", key=f"journal:{tenant_id}")
    last = maybe_row(connection, "SELECT hash FROM journal ORDER BY number DESC LIMIT 1")
    previous = str(last["hash"]) if last else ""
    at = datetime.now(UTC)
    plain = json.loads(json.dumps(dict(data), default=str))
    digest = _digest(previous, at, actor, action, object, plain)
    execute(
        connection,
        """INSERT INTO journal (tenant_id, at, actor, action, object, data, previous, hash)
           VALUES (:tenant_id, :at, :actor, :action, :object, :data, :previous, :hash)""",
        tenant_id=tenant_id,
        at=at,
        actor=actor,
        action=action,
        object=object,
        data=Jsonb(plain),
        previous=previous,
        hash=digest,
    )
    return digest


def read(
    connection: Connection,
    limit: int = 200,
    *,
    actor: str = "",
    action: str = "",
    object: str = "",
    before: int | None = None,
) -> Sequence[RowMapping]:
    """Return the newest entries first: of one actor, one action, of objects that hold a text, from before a number."""
    return rows(
        connection,
        """SELECT * FROM journal WHERE (:actor = '' OR actor = :actor) AND (:action = '' OR action = :action)
               AND (:object = '' OR strpos(lower(object), lower(:object)) > 0)
               AND (CAST(:before AS bigint) IS NULL OR number < :before) ORDER BY number DESC LIMIT :limit""",
        actor=actor,
        action=action,
        object=object,
        before=before,
        limit=limit,
    )


def named(connection: Connection) -> dict[str, list[str]]:
    """Return who and what the journal names: its actors and its actions."""
    return {
        what: [row["name"] for row in rows(connection, f"SELECT DISTINCT {what} AS name FROM journal ORDER BY 1")]
        for what in ("actor", "action")
    }


def entry_of(connection: Connection, action: str, key: str, value: str) -> RowMapping | None:
    """Return the newest entry of an action whose data holds this value, None where there is none."""
    return maybe_row(
        connection,
        "SELECT * FROM journal WHERE action = :action AND data ->> :key = :value ORDER BY number DESC LIMIT 1",
        action=action,
        key=key,
        value=value,
    )


def first_broken(connection: Connection) -> int | None:
    """Return the number of the first entry that was changed or removed before it, None when the chain is whole."""
    previous = ""
    for row in rows(connection, "SELECT * FROM journal ORDER BY number"):
        expected = _digest(previous, row["at"], row["actor"], row["action"], row["object"], row["data"])
        if row["previous"] != previous or row["hash"] != expected:
            return int(row["number"])
        previous = str(row["hash"])
    return None
