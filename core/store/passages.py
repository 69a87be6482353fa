"""Passages of large knowledge folders: kept in PostgreSQL, found there by meaning (pgvector) and by words.

A vector is kept as real[] so that the schema is the same where the extension `vector` is missing; what is searched, and
indexed (HNSW, for vectors of 384 dimensions, those of the bundled embedder), is its cast.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.sql import execute, execute_many, rows, scalar

INDEXED = 384  # dimensions; others are compared one by one
BATCH = 500
_FOUND = "article, place, title, heading, body, vector"


def can_be_kept(connection: Connection) -> bool:
    """Say whether the database has the extension `vector`."""
    return bool(scalar(connection, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector')"))


def forget(connection: Connection, agent: str, but: Sequence[str] = ()) -> None:
    """Delete an agent's passages, but for those of the articles `but`."""
    execute(
        connection,
        "DELETE FROM passages WHERE agent = :agent AND NOT article = ANY(:articles)",
        agent=agent,
        articles=list(but),
    )


def keep(connection: Connection, tenant_id: UUID, agent: str, passages: Iterable[Mapping[str, Any]]) -> None:
    """Add passages: article, place (from 0), title, heading, body, words, vector, and at place 0 title_vector."""
    waiting: list[dict[str, Any]] = []
    for one in passages:
        waiting.append({"id": new_id(), "tenant_id": tenant_id, "agent": agent, "title_vector": None, **one})
        if len(waiting) >= BATCH:
            _add(connection, waiting)
            waiting = []
    _add(connection, waiting)


def _add(connection: Connection, passages: Sequence[dict[str, Any]]) -> None:
    execute_many(
        connection,
        """INSERT INTO passages (id, tenant_id, agent, article, place, title, heading, body, words, vector,
               title_vector)
           VALUES (:id, :tenant_id, :agent, :article, :place, :title, :heading, :body,
               array_to_tsvector(CAST(:words AS text[])), CAST(:vector AS real[]), CAST(:title_vector AS real[]))""",
        passages,
    )


def by_meaning(connection: Connection, agent: str, vector: Sequence[float], limit: int) -> Sequence[RowMapping]:
    """Return the passages whose vectors are nearest by cosine: article, place, title, heading, body, vector."""
    if len(vector) == INDEXED:
        # The index knows nothing of agents: it goes on looking until enough of this one's are found.
        execute(connection, "SET LOCAL hnsw.iterative_scan = strict_order")
        near, only = f"(vector::vector({INDEXED}))", f"AND cardinality(vector) = {INDEXED}"
    else:
        near, only = "vector::vector", ""
    return rows(
        connection,
        f"""SELECT {_FOUND} FROM passages WHERE agent = :agent {only}
            ORDER BY {near} <=> CAST(CAST(:asked AS real[]) AS vector) LIMIT :limit""",
        agent=agent,
        asked=list(vector),
        limit=limit,
    )


def by_words(connection: Connection, agent: str, words: Sequence[str], limit: int) -> Sequence[RowMapping]:
    """Return the passages that hold most of the words: article, place, title, heading, body, vector."""
    if not words:
        return []
    quoted = ("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in dict.fromkeys(words))
    return rows(
        connection,
        f"""SELECT {_FOUND} FROM passages, CAST(:asked AS tsquery) asked WHERE agent = :agent AND words @@ asked
            ORDER BY ts_rank(words, asked, 1) DESC, article, place LIMIT :limit""",
        agent=agent,
        asked=" | ".join(quoted),
        limit=limit,
    )


def title_vectors(connection: Connection, agent: str, articles: Sequence[str]) -> dict[str, list[float]]:
    """Return the vectors of these articles' titles."""
    found = rows(
        connection,
        "SELECT article, title_vector FROM passages WHERE agent = :agent AND place = 0 AND article = ANY(:articles)",
        agent=agent,
        articles=list(articles),
    )
    return {row["article"]: row["title_vector"] for row in found}
