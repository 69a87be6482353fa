"""What settled documents taught about their senders, and what that proposes for documents that a person has before
them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store.outbox import enqueue
from core.store.sql import Jsonb, execute, maybe_row, rows, scalar

TASK = "documents.learn"
AFTER_UNDO = 1.0  # seconds behind the time in which a decision can be undone


def to_learn(connection: Connection, tenant_id: UUID, decision: RowMapping, at: datetime, undo_seconds: float) -> None:
    """Have a document's settled values learned once they cannot be undone any more."""
    if decision["document_id"] is not None and decision["proposal"]["kind"] == "fields":
        generation = int(at.timestamp()) % 2**31
        delay = undo_seconds + AFTER_UNDO
        enqueue(connection, tenant_id, TASK, "bulk", decision["id"], generation=generation, delay=delay)


def settled(connection: Connection, decision_id: UUID) -> RowMapping | None:
    """Return document, agent and final fields of a decision that a person settled; None when it was undone."""
    return maybe_row(
        connection,
        """SELECT w.document_id, r.agent, coalesce(d.final_fields, r.proposal -> 'fields') AS fields
           FROM decisions d JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
           WHERE d.id = :id AND d.review IN ('approved', 'edited') AND w.document_id IS NOT NULL""",
        id=decision_id,
    )


def save_note(
    connection: Connection,
    tenant_id: UUID,
    decision_id: UUID,
    *,
    agent: str,
    sender: str,
    identities: Sequence[str],
    note: Mapping[str, Any],
) -> None:
    """Keep what one document taught; a decision that was settled again replaces its note."""
    execute(
        connection,
        """INSERT INTO sender_notes (decision_id, tenant_id, agent, sender, identities, note)
           VALUES (:decision_id, :tenant_id, :agent, :sender, :identities, :note)
           ON CONFLICT (decision_id) DO UPDATE SET sender = excluded.sender, identities = excluded.identities,
               note = excluded.note, created_at = clock_timestamp()""",
        decision_id=decision_id,
        tenant_id=tenant_id,
        agent=agent,
        sender=sender,
        identities=list(identities),
        note=Jsonb(dict(note)),
    )


def any_notes(connection: Connection, agent: str) -> bool:
    """Say whether an agent has notes at all."""
    return bool(scalar(connection, "SELECT EXISTS (SELECT 1 FROM sender_notes WHERE agent = :agent)", agent=agent))


def notes(connection: Connection, agent: str, identities: Sequence[str], most: int = 200) -> Sequence[RowMapping]:
    """Return an agent's notes that share an identity: sender, identities, note, created_at.

    Ten of each sender at most, and those first that share most: the addressee's own numbers stand on every sender's
    documents, and notes of the others must not push out the one that shares its account too."""
    return rows(
        connection,
        """SELECT sender, identities, note, created_at FROM (
               SELECT n.sender, n.identities, n.note, n.created_at,
                   row_number() OVER (PARTITION BY coalesce(nullif(n.sender, ''), n.decision_id::text)
                       ORDER BY n.created_at DESC) AS place,
                   (SELECT count(*) FROM unnest(n.identities) one WHERE one = ANY (:identities)) AS shared
               FROM sender_notes n WHERE n.agent = :agent AND n.identities && :identities
               ORDER BY shared DESC, n.created_at DESC LIMIT 2000) found
           WHERE place <= 10 ORDER BY shared DESC, created_at DESC LIMIT :most""",
        agent=agent,
        identities=list(identities),
        most=most,
    )


def suggest(connection: Connection, decision_id: UUID, fields: Sequence[Mapping[str, Any]]) -> None:
    """Put values before the person who has this document's decision open."""
    execute(
        connection,
        "UPDATE decisions SET suggested = :fields WHERE id = :id AND review = 'open'",
        id=decision_id,
        fields=Jsonb([dict(field) for field in fields]),
    )


def waiting(connection: Connection, agent: str, most: int = 50) -> Sequence[RowMapping]:
    """Return an agent's documents that wait for a person, the newest first: id of the decision, document, fields."""
    return rows(
        connection,
        """SELECT d.id, w.document_id, r.proposal -> 'fields' AS fields
           FROM decisions d JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
           WHERE d.review = 'open' AND w.document_id IS NOT NULL AND r.agent = :agent
               AND r.proposal ->> 'kind' = 'fields'
           ORDER BY d.created_at DESC LIMIT :most""",
        agent=agent,
        most=most,
    )
