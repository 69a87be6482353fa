"""A ticket's next run without a new message of the customer: it begins when the outcomes are known of the actions that
a run proposed without a reply, so that a chain of writes works and each of them passes the gate; and when a person
hands back a ticket whose customer still waits for an answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from core.events import Event
from core.ids import new_id
from core.store import events
from core.store.outbox import enqueue
from core.store.sql import execute, maybe_row, rows

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


def answer_what_waits(connection: Connection, tenant_id: UUID, ticket_id: UUID, now: datetime) -> None:
    """Let the agents work again on the newest message if it is the customer's and nobody has answered it, nor is about
    to. A new generation of the same item: what an agent proposed before the person took over stays on record. Where its
    actions were carried out meanwhile, the run goes on from their outcomes instead, so that none is proposed twice."""
    found = maybe_row(
        connection,
        """SELECT w.id, 1 + greatest(
               (SELECT max(generation) FROM outbox o WHERE o.subject_id = w.id AND o.task = 'item.work'),
               (SELECT max(generation) FROM runs r WHERE r.work_item_id = w.id)) AS generation,
               ARRAY(SELECT v.decision_id FROM deliveries v JOIN decisions d ON d.id = v.decision_id
                     WHERE d.work_item_id = w.id AND v.effect = 'action' AND v.state <> 'stopped') AS acted
           FROM tickets t JOIN work_items w ON w.ticket_id = t.id AND w.turn = t.turn
           WHERE t.id = :id AND t.state <> 'closed' AND t.taken_by IS NULL
             AND (SELECT m.author FROM messages m WHERE m.ticket_id = t.id ORDER BY m.id DESC LIMIT 1) = 'customer'
             AND NOT EXISTS (SELECT 1 FROM deliveries v WHERE v.ticket_id = t.id AND v.state IN ('waiting', 'sending'))
             AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.subject_id = w.id AND o.state = 'ready')
           FOR UPDATE OF t""",
        id=ticket_id,
    )
    if found is None:
        return
    if found["acted"]:
        start_next_runs(connection, found["acted"], now)
        return
    execute(
        connection,
        "UPDATE work_items SET state = 'queued', outcome = NULL, finished_at = NULL WHERE id = :id",
        id=found["id"],
    )
    enqueue(connection, tenant_id, "item.work", "tickets", found["id"], generation=found["generation"])


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
