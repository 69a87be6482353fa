"""A ticket's next run begins with the outcomes of the actions that the run before waited for."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.contracts import ActionProposal, Decision, Proposal, Reason, Route
from core.db import Database
from core.ids import new_id
from core.store import deliveries, intake, items, next_runs, records, reviews
from core.store.deliveries import Delivery
from core.store.intake import NewTicket
from core.store.items import Loaded
from core.store.records import Record
from core.store.sql import execute, rows, scalar


@pytest.fixture
def tenant(tenant: UUID, app: Database) -> UUID:
    """The tenant with a ticket."""
    with app.transaction(tenant) as connection:
        intake.add_ticket(connection, tenant, NewTicket(text="return it", received_at=datetime.now(UTC)))
    return tenant


def newest(app: Database, tenant: UUID) -> Loaded:
    with app.transaction(tenant) as connection:
        item_id = scalar(connection, "SELECT id FROM work_items ORDER BY turn DESC LIMIT 1")
        return items.load(connection, [item_id])[0]


def propose(app: Database, tenant: UUID, *names: str, reply: str = "") -> list[Delivery]:
    """Record an automated decision of the newest turn and begin its actions."""
    item = newest(app, tenant).item
    actions = tuple(ActionProposal(name=name, arguments={"order": "1"}) for name in names)
    kind = "reply" if reply else "action"
    values = {"agent": "orders", "agent_version": "1", "fingerprint": "f", "kind": kind, "reply": reply}
    with app.transaction(tenant) as connection:
        record = Record(
            run_id=new_id(),
            decision_id=new_id(),
            item=item,
            route=Route(agent="orders"),
            proposal=Proposal.model_validate({**values, "actions": actions}),
            decision=Decision(action="automate", reasons=(Reason(code="certified"),), tier="automated", score=1.0),
            family="",
            family_fingerprint="",
            shadow=False,
            at=datetime.now(UTC),
        )
        records.save(connection, tenant, [record])
        found = rows(
            connection,
            "SELECT id FROM deliveries WHERE decision_id = :id AND effect = 'action' ORDER BY position",
            id=record.decision_id,
        )
        return deliveries.begin(connection, [row["id"] for row in found])[0]


def carried_out(app: Database, tenant: UUID, action: Delivery, result: str = "label L-1") -> None:
    with app.transaction(tenant) as connection:
        deliveries.sent(connection, [(action, result)])


def test_it_begins_once_all_actions_are_settled_and_finds_what_became_of_each(app: Database, tenant: UUID) -> None:
    first, second = propose(app, tenant, "make_label", "book_pickup")
    carried_out(app, tenant, first)
    assert newest(app, tenant).item.turn == 1
    with app.transaction(tenant) as connection:
        deliveries.refuse(connection, second, "no courier on Sunday")
    loaded = newest(app, tenant)
    assert (loaded.item.turn, loaded.item.goes_on, loaded.ticket_turn) == (2, True, 2)
    assert loaded.item.text == "return it"
    assert [(o.name, o.status, o.result, o.turn) for o in loaded.item.action_outcomes] == [
        ("make_label", "done", "label L-1", 1),
        ("book_pickup", "refused", "no courier on Sunday", 1),
    ]
    with app.transaction(tenant) as connection:
        assert scalar(connection, "SELECT count(*) FROM outbox WHERE subject_id = :id", id=loaded.item.id) == 1
        assert scalar(connection, "SELECT data ->> 'turn' FROM events WHERE kind = 'ticket.continued'") == "2"


def test_an_action_beside_a_reply_begins_none(app: Database, tenant: UUID) -> None:
    (action,) = propose(app, tenant, "make_label", reply="Your label is made.")
    carried_out(app, tenant, action)
    assert newest(app, tenant).item.turn == 1


def test_an_action_that_failed_is_for_a_person_and_told_to_a_later_run(app: Database, tenant: UUID) -> None:
    (action,) = propose(app, tenant, "make_label")
    with app.transaction(tenant) as connection:
        deliveries.fail(connection, action.id, "Broken: half written", final=False)
        assert scalar(connection, "SELECT attention FROM tickets") == "failed"
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        assert scalar(connection, "SELECT turn FROM tickets") == 1
        intake.add_customer_message(connection, tenant, ticket_id, "And?", datetime.now(UTC))
    [outcome] = newest(app, tenant).item.action_outcomes
    assert (outcome.status, outcome.result) == ("failed", "Broken: half written")


def test_a_ticket_that_a_person_took_stays_with_them(app: Database, tenant: UUID) -> None:
    (action,) = propose(app, tenant, "make_label")
    with app.transaction(tenant) as connection:
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        reviews.take_over(connection, tenant, ticket_id, by="mai", at=datetime.now(UTC))
    carried_out(app, tenant, action)
    assert newest(app, tenant).item.turn == 1


def test_a_newer_message_is_what_the_next_run_works_on(app: Database, tenant: UUID) -> None:
    (action,) = propose(app, tenant, "make_label")
    with app.transaction(tenant) as connection:
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        intake.add_customer_message(connection, tenant, ticket_id, "Also this", datetime.now(UTC))
    carried_out(app, tenant, action)
    item = newest(app, tenant).item
    assert (item.turn, item.goes_on, item.text, len(item.action_outcomes)) == (2, False, "Also this", 1)


def test_a_chain_without_end_is_for_a_person(app: Database, tenant: UUID) -> None:
    for number in range(next_runs.MOST + 1):
        (action,) = propose(app, tenant, f"step_{number}")
        carried_out(app, tenant, action)
    assert newest(app, tenant).item.turn == next_runs.MOST + 1
    with app.transaction(tenant) as connection:
        assert scalar(connection, "SELECT attention FROM tickets") == "handoff"


def hand_back(app: Database, tenant: UUID) -> list[int]:
    """Let a person take the ticket and hand it back; returns the generations of the newest item's jobs."""
    with app.transaction(tenant) as connection:
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        reviews.hand_back(connection, tenant, ticket_id, by="mai", at=datetime.now(UTC))
        found = """SELECT o.generation FROM outbox o JOIN work_items w ON w.id = o.subject_id
                   WHERE w.turn = (SELECT max(turn) FROM work_items) AND o.state = 'ready' ORDER BY 1"""
        return [row["generation"] for row in rows(connection, found)]


def taken(app: Database, tenant: UUID) -> None:
    """A person takes the ticket, and the job of its message ends without a word of the agent."""
    with app.transaction(tenant) as connection:
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        reviews.take_over(connection, tenant, ticket_id, by="mai", at=datetime.now(UTC))
        execute(connection, "UPDATE outbox SET state = 'done'")
        execute(connection, "UPDATE work_items SET state = 'held'")


def test_a_message_that_waits_is_worked_on_when_the_ticket_is_handed_back(app: Database, tenant: UUID) -> None:
    taken(app, tenant)
    assert hand_back(app, tenant) == [1]
    assert not newest(app, tenant).done
    assert hand_back(app, tenant) == [1], "handed back twice, it is worked on once"
    taken(app, tenant)
    assert hand_back(app, tenant) == [2]


def test_what_a_person_answered_or_closed_is_not_worked_on_again(app: Database, tenant: UUID) -> None:
    taken(app, tenant)
    with app.transaction(tenant) as connection:
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        reviews.reply(
            connection, tenant, ticket_id, "It is on its way", by="mai", at=datetime.now(UTC), undo_seconds=10.0
        )
    assert hand_back(app, tenant) == [], "a person's reply is about to go out"
    with app.transaction(tenant) as connection:
        execute(connection, "DELETE FROM deliveries")
        execute(connection, "UPDATE tickets SET state = 'closed'")
    assert hand_back(app, tenant) == []


def test_an_action_carried_out_while_a_person_had_the_ticket_is_not_proposed_again(app: Database, tenant: UUID) -> None:
    (action,) = propose(app, tenant, "make_label")
    with app.transaction(tenant) as connection:
        execute(connection, "UPDATE outbox SET state = 'done'")
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        reviews.take_over(connection, tenant, ticket_id, by="mai", at=datetime.now(UTC))
    carried_out(app, tenant, action)
    assert hand_back(app, tenant) == [0]
    loaded = newest(app, tenant)
    assert (loaded.item.turn, [one.status for one in loaded.item.action_outcomes]) == (2, ["done"])
