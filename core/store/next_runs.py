"""A ticket's next run without a new message of the customer: it begins when the outcomes are known of the actions that
a run proposed without a reply. So a chain of writes works, and each of them passes the gate."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from core.events import Event
from core.ids import new_id
from core.store import events
from core.store.outbox import enqueue
from core.store.sql import execute, rows

MOST = 5  # runs of one message beside its first; a longer chain is a loop, or work for a person


def start_next_runs(connection: Connection, decision_ids: Sequence[UUID], now: datetime) -> None:
    """Begin the next turn of each ticket whose decision was for actions alone, all of them carried out or refused.

    Not where the customer has written meanwhile (that message's run finds the outcomes), nor where a person has the
    ticket. An action that failed leaves the ticket to a person: nobody knows whether it was half done.
    """
    found = rows(
        connection,
        """SELECT t.id, t.tenant_id, t.turn, t.shift_seconds,
               t.turn - (SELECT max(m.turn) FROM messages m WHERE m.ticket_id = t.id AND m.author = 'customer') AS runs
           FROM decisions d JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
           JOIN tickets t ON t.id = w.ticket_id
           WHERE d.id = ANY(:ids) AND r.kind = 'action' AND NOT r.shadow AND t.turn = w.turn AND t.taken_by IS NULL
             AND NOT EXISTS (SELECT 1 FROM deliveries v WHERE v.decision_id = d.id
                 AND (v.effect <> 'action' OR v.state NOT IN ('sent', 'refused')))
           ORDER BY t.id FOR UPDATE OF t""",
        ids=list(decision_ids),
    )
    for ticket in found:
        if ticket["runs"] >= MOST:
            execute(connection, "UPDATE tickets SET attention = 'handoff' WHERE id = :id", id=ticket["id"])
            continue
        turn, item_id = ticket["turn"] + 1, new_id()
        execute(
            connection,
            "UPDATE tickets SET turn = :turn, updated_at = clock_timestamp() WHERE id = :id",
            id=ticket["id"],
            turn=turn,
        )
        add_item(connection, ticket["tenant_id"], ticket["id"], turn, item_id)
        events.append(
            connection,
            Event(
                kind="ticket.continued",
                at=now - timedelta(seconds=ticket["shift_seconds"]),
                tenant_id=ticket["tenant_id"],
                ticket_id=ticket["id"],
                work_item_id=item_id,
                data={"turn": turn},
            ),
        )


def add_item(connection: Connection, tenant_id: UUID, ticket_id: UUID, turn: int, item_id: UUID) -> None:
    """Add a ticket's work item of one turn, and its job."""
    execute(
        connection,
        """INSERT INTO work_items (id, tenant_id, kind, ticket_id, turn)
           VALUES (:id, :tenant_id, 'ticket', :ticket_id, :turn)""",
        id=item_id,
        tenant_id=tenant_id,
        ticket_id=ticket_id,
        turn=turn,
    )
    enqueue(connection, tenant_id, "item.work", "tickets", item_id)
