"""Everything that is known of one ticket or one document, put together for people to read. Read only."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store import events, handling
from core.store.sql import maybe_row, rows, stream_rows

_RUNS = """
    SELECT r.id, r.work_item_id, w.turn, r.agent, r.agent_version, r.fingerprint, r.family, r.generation, r.shadow,
        r.intent, r.language, r.kind, r.score, r.route, r.proposal, r.cost_usd, r.seconds, r.created_at,
        d.id AS decision_id, d.action, d.reasons, d.tier, d.threshold, d.certificate_id, d.review,
        d.reviewed_by, d.reviewed_at, d.review_note, d.final_text, d.final_fields, d.suggested,
        EXISTS (SELECT 1 FROM audits a WHERE a.run_id = r.id AND a.state = 'open') AS audit_open
    FROM work_items w JOIN runs r ON r.work_item_id = w.id LEFT JOIN decisions d ON d.run_id = r.id
"""
_DELIVERY = (
    "v.id, v.decision_id, v.effect, v.channel, v.payload, v.by, v.state, v.send_after, v.attempts, v.repeats, "
    "v.reference, v.error, v.sent_at, v.created_at"
)


def ticket(connection: Connection, ticket_id: UUID) -> RowMapping | None:
    """Return a ticket with its customer, or None."""
    return maybe_row(
        connection,
        """SELECT t.id, t.subject, t.channel, t.language, t.intent, t.agent, t.priority, t.state, t.attention,
               t.outcome, t.origin, t.taken_by, t.assigned_to, t.merged_into, t.turn, t.external_id, t.received_at,
               t.first_reply_at, t.closed_at, t.closed_by, t.updated_at, t.customer_id,
               c.name AS customer_name, c.address AS customer_address,
               coalesce(c.verified, false) AS customer_verified, t.shift_seconds
           FROM tickets t LEFT JOIN customers c ON c.id = t.customer_id WHERE t.id = :id""",
        id=ticket_id,
    )


def messages(connection: Connection, ticket_id: UUID) -> Sequence[RowMapping]:
    """Return a ticket's messages, oldest first."""
    return rows(
        connection,
        """SELECT id, turn, author, by, body AS text, at, delivery_id FROM messages
           WHERE ticket_id = :id ORDER BY at, id""",
        id=ticket_id,
    )


def runs_of_ticket(connection: Connection, ticket_id: UUID) -> Sequence[RowMapping]:
    """Return a ticket's runs with their decisions, oldest first; `audit_open` says that its score must not be shown."""
    return rows(connection, f"{_RUNS} WHERE w.ticket_id = :id ORDER BY r.created_at, r.id", id=ticket_id)


def runs_of_document(connection: Connection, document_id: UUID) -> Sequence[RowMapping]:
    """Return a document's runs with their decisions, oldest first."""
    return rows(connection, f"{_RUNS} WHERE w.document_id = :id ORDER BY r.created_at, r.id", id=document_id)


def run_of_decision(connection: Connection, decision_id: UUID) -> RowMapping | None:
    """Return the run that a decision is about, or None."""
    return maybe_row(connection, f"{_RUNS} WHERE d.id = :id", id=decision_id)


def items_of_ticket(connection: Connection, ticket_id: UUID) -> Sequence[RowMapping]:
    """Return a ticket's work items with the state of their jobs, oldest first."""
    return rows(
        connection,
        """SELECT w.id, w.turn, w.state, w.outcome, w.created_at, w.finished_at, o.state AS job, o.attempts, o.error
           FROM work_items w LEFT JOIN LATERAL (
               SELECT state, attempts, error FROM outbox WHERE subject_id = w.id ORDER BY id DESC LIMIT 1) o ON true
           WHERE w.ticket_id = :id ORDER BY w.id""",
        id=ticket_id,
    )


def deliveries_of_ticket(connection: Connection, ticket_id: UUID) -> Sequence[RowMapping]:
    """Return a ticket's deliveries, oldest first."""
    return rows(
        connection,
        f"SELECT {_DELIVERY} FROM deliveries v WHERE ticket_id = :id ORDER BY id",
        id=ticket_id,
    )


def documents_of_ticket(connection: Connection, ticket_id: UUID) -> Sequence[RowMapping]:
    """Return a ticket's documents, oldest first."""
    return rows(
        connection,
        """SELECT id, filename, media_type, size, state, type, reason, received_at FROM documents
           WHERE ticket_id = :id ORDER BY id""",
        id=ticket_id,
    )


def document(connection: Connection, document_id: UUID) -> RowMapping | None:
    """Return a document, or None."""
    return maybe_row(
        connection,
        """SELECT d.id, d.ticket_id, d.filename, d.media_type, d.size, d.sha256, d.state, d.type, d.language, d.text,
               d.reason, d.origin, d.attention, d.outcome, d.received_at, d.shift_seconds, d.duplicate_of,
               d.part_of, d.part, c.name AS customer_name,
               c.address AS customer_address
           FROM documents d LEFT JOIN customers c ON c.id = d.customer_id WHERE d.id = :id""",
        id=document_id,
    )


def page_numbers(connection: Connection, document_id: UUID) -> list[int]:
    """Return the numbers of the pages that were read of a document: of a file with several, its own pages."""
    found = rows(
        connection,
        """SELECT unnest(pages) AS number FROM documents WHERE id = :id
           UNION ALL SELECT number FROM document_pages WHERE document_id = :id
               AND NOT EXISTS (SELECT 1 FROM documents WHERE id = :id AND part IS NOT NULL)
           ORDER BY number""",
        id=document_id,
    )
    return [row["number"] for row in found]


def results(
    connection: Connection, agent: str, since: datetime, until: datetime, outcome: str | None = None
) -> Iterator[RowMapping]:
    """Yield the settled documents of a processor that arrived in [since, until), oldest first, each with the values
    that went on; those that were rejected or handed off have none and are left out."""
    yield from stream_rows(
        connection,
        """SELECT x.id AS document_id, x.filename, x.type AS document_type, x.language, x.received_at, x.outcome,
               r.score, coalesce(d.final_fields, r.proposal -> 'fields') AS fields
           FROM documents x JOIN work_items w ON w.document_id = x.id
           JOIN LATERAL (SELECT * FROM runs WHERE work_item_id = w.id AND NOT shadow AND agent = :agent
               ORDER BY created_at DESC LIMIT 1) r ON true
           JOIN decisions d ON d.run_id = r.id
           WHERE x.received_at >= :since AND x.received_at < :until AND x.outcome IN ('automated', 'approved', 'edited')
               AND (CAST(:outcome AS text) IS NULL OR x.outcome = :outcome)
           ORDER BY x.received_at, x.id""",
        agent=agent,
        since=since,
        until=until,
        outcome=outcome,
    )


def documents_of_file(connection: Connection, document: RowMapping) -> Sequence[RowMapping]:
    """Return the documents in a file with several, in their order there, this one too; none where it is alone."""
    if document["part"] is None:
        return []
    return rows(
        connection,
        """SELECT id, filename, type, pages, state, attention, outcome FROM documents
           WHERE :first IN (id, part_of) ORDER BY part""",
        first=document["part_of"] or document["id"],
    )


def deliveries_of_document(connection: Connection, document_id: UUID) -> Sequence[RowMapping]:
    """Return a document's deliveries, oldest first."""
    return rows(
        connection,
        f"""SELECT {_DELIVERY} FROM deliveries v JOIN decisions d ON d.id = v.decision_id
            JOIN work_items w ON w.id = d.work_item_id WHERE w.document_id = :id ORDER BY v.id""",
        id=document_id,
    )


def ticket_history(connection: Connection, ticket_id: UUID) -> dict[str, Any] | None:
    """Return a ticket with its messages, documents, items, runs, deliveries and events; None when there is none."""
    found = ticket(connection, ticket_id)
    if found is None:
        return None
    return {
        "ticket": found,
        "messages": messages(connection, ticket_id),
        "documents": documents_of_ticket(connection, ticket_id),
        "items": items_of_ticket(connection, ticket_id),
        "runs": runs_of_ticket(connection, ticket_id),
        "deliveries": deliveries_of_ticket(connection, ticket_id),
        "events": events.of_ticket(connection, ticket_id),
        "notes": handling.notes(connection, ticket_id),
        "tags": handling.tags_of(connection, ticket_id),
    }
