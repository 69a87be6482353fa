"""Pages of documents that were already read, so that interrupted reading resumes where it stopped."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core.store.sql import Jsonb, execute_many, rows


def save(connection: Connection, tenant_id: UUID, document_id: UUID, pages: Sequence[tuple[int, list[Any]]]) -> None:
    """Store pages (number, content as JSON); a page that is there already stays."""
    execute_many(
        connection,
        """INSERT INTO document_pages (document_id, number, tenant_id, content)
           VALUES (:document_id, :number, :tenant_id, :content) ON CONFLICT DO NOTHING""",
        [
            {"document_id": document_id, "number": number, "tenant_id": tenant_id, "content": Jsonb(content)}
            for number, content in pages
        ],
    )


def load(connection: Connection, document_id: UUID) -> list[list[Any]]:
    """Return the stored pages' content in order."""
    found = rows(
        connection, "SELECT content FROM document_pages WHERE document_id = :id ORDER BY number", id=document_id
    )
    return [row["content"] for row in found]
