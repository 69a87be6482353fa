"""Canned replies: texts that staff send often, with slots for the customer's name and the like."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.errors import Rejected
from core.ids import new_id
from core.store.sql import execute, maybe_row, rows

SLOTS = ("customer.name", "staff.name", "ticket.subject")


def replies(connection: Connection) -> Sequence[RowMapping]:
    """Return the tenant's canned replies by title."""
    return rows(
        connection,
        "SELECT id, title, language, body AS text, updated_by, updated_at FROM canned_replies ORDER BY title, language",
    )


def save(
    connection: Connection, tenant_id: UUID, reply_id: UUID | None, *, title: str, language: str, text: str, by: str
) -> UUID:
    """Add a canned reply, or change the one of this id. Raises Rejected: not_found, title_taken."""
    taken = maybe_row(
        connection,
        "SELECT id FROM canned_replies WHERE title = :title AND language = :language",
        title=title,
        language=language,
    )
    if taken is not None and taken["id"] != reply_id:
        raise Rejected(f"{title!r} is there already", code="title_taken", hint="Choose another title.", where="/title")
    values = {"id": reply_id or new_id(), "title": title, "language": language, "body": text, "by": by}
    if reply_id is None:
        execute(
            connection,
            """INSERT INTO canned_replies (id, tenant_id, title, language, body, updated_by)
               VALUES (:id, :tenant_id, :title, :language, :body, :by)""",
            tenant_id=tenant_id,
            **values,
        )
    elif not execute(
        connection,
        """UPDATE canned_replies SET title = :title, language = :language, body = :body, updated_by = :by,
               updated_at = clock_timestamp() WHERE id = :id""",
        **values,
    ):
        raise Rejected("there is no such canned reply", code="not_found", hint="List them: GET /v1/canned-replies")
    return UUID(str(values["id"]))


def remove(connection: Connection, reply_id: UUID) -> bool:
    """Delete a canned reply; False when there is none."""
    return bool(execute(connection, "DELETE FROM canned_replies WHERE id = :id", id=reply_id))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its known {slots} filled; what is not known stays, so that the writer sees it."""
    for name in SLOTS:
        if values.get(name):
            text = text.replace("{" + name + "}", values[name])
    return text
