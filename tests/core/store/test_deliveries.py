"""Deliveries: a reply waits for its actions, and does not claim what was refused."""

from datetime import UTC, datetime
from uuid import UUID

from core.contracts import ActionProposal, Decision, Proposal, Reason, Route
from core.db import Database
from core.ids import new_id
from core.store import deliveries, intake, items, records, reviews
from core.store.intake import NewTicket
from core.store.records import Record
from core.store.sql import rows, scalar


def decided(app: Database, tenant: UUID) -> tuple[UUID, UUID, UUID]:
    """Record an automated decision with one action and a reply; returns decision, action delivery, reply delivery."""
    with app.transaction(tenant) as connection:
        ticket_id = intake.add_ticket(connection, tenant, NewTicket(text="cancel it", received_at=datetime.now(UTC)))
        item_id = scalar(connection, "SELECT id FROM work_items WHERE ticket_id = :id", id=ticket_id)
        [loaded] = items.load(connection, [item_id])
        proposal = Proposal(
            agent="orders",
            agent_version="1",
            fingerprint="f",
            kind="reply",
            reply="It is cancelled.",
            actions=(ActionProposal(name="cancel_order", arguments={"order": "1"}),),
        )
        decision = Decision(action="automate", reasons=(Reason(code="certified"),), tier="automated", score=1.0)
        record = Record(
            run_id=new_id(),
            decision_id=new_id(),
            item=loaded.item,
            route=Route(agent="orders"),
            proposal=proposal,
            decision=decision,
            family="",
            family_fingerprint="",
            shadow=False,
            at=datetime.now(UTC),
        )
        records.save(connection, tenant, [record])
        made = rows(connection, "SELECT id, effect FROM deliveries")
    by_effect = {row["effect"]: row["id"] for row in made}
    return record.decision_id, by_effect["action"], by_effect["reply"]


def test_a_reply_waits_until_its_action_is_carried_out(app: Database, tenant: UUID) -> None:
    _, action, reply = decided(app, tenant)
    with app.transaction(tenant) as connection:
        assert deliveries.begin(connection, [reply]) == ([], {reply: deliveries.WAITS})
        [begun], _ = deliveries.begin(connection, [action])
        deliveries.sent(connection, [(begun, "ok")])
        [begun], why_not = deliveries.begin(connection, [reply])
    assert (begun.id, why_not) == (reply, {})


def test_when_the_action_is_refused_the_reply_goes_to_a_person_who_may_write_another(
    app: Database, tenant: UUID
) -> None:
    decision, action, reply = decided(app, tenant)
    with app.transaction(tenant) as connection:
        [begun], _ = deliveries.begin(connection, [action])
        deliveries.refuse(connection, begun, "it was shipped already")
        _, why_not = deliveries.begin(connection, [reply])
        assert why_not == {reply: deliveries.ACTION_FAILED}
        deliveries.stop(connection, reply, why_not[reply])
        assert scalar(connection, "SELECT review FROM decisions WHERE id = :id", id=decision) == "open"
        reviews.edit(
            connection, tenant, decision, "Sorry, it is on its way.", by="mai", at=datetime.now(UTC), undo_seconds=0
        )
        left = rows(connection, "SELECT effect, state, by FROM deliveries ORDER BY effect")
    assert [(row["effect"], row["state"], row["by"]) for row in left] == [
        ("action", "waiting", "mai"),
        ("reply", "waiting", "mai"),
    ]


def test_an_action_whose_attempts_are_used_up_leaves_its_reply_to_a_person(app: Database, tenant: UUID) -> None:
    _, action, reply = decided(app, tenant)
    with app.transaction(tenant) as connection:
        deliveries.begin(connection, [action])
        deliveries.fail(connection, action, "TryLater: the shop is closed", final=False)
        deliveries.fail(connection, action, "TryLater: the shop is closed", final=False)
        assert deliveries.begin(connection, [action, reply])[1] == {action: "failed", reply: deliveries.ACTION_FAILED}
        assert scalar(connection, "SELECT attention FROM tickets") == "failed"
        assert scalar(connection, "SELECT count(*) FROM events WHERE kind = 'delivery.failed'") == 1


def test_what_the_customer_has_overtaken_is_neither_done_nor_said(app: Database, tenant: UUID) -> None:
    _, action, reply = decided(app, tenant)
    with app.transaction(tenant) as connection:
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        intake.add_customer_message(connection, tenant, ticket_id, "No, do not cancel it!", datetime.now(UTC))
        begun, why_not = deliveries.begin(connection, [action, reply])
        assert (begun, set(why_not.values())) == ([], {deliveries.SUPERSEDED})
        for delivery_id, why in why_not.items():
            deliveries.stop(connection, delivery_id, why)
        assert scalar(connection, "SELECT state FROM work_items WHERE turn = 1") == "superseded"
        assert scalar(connection, "SELECT review FROM decisions") == ""


def test_a_reply_that_tells_of_something_done_goes_out_even_if_the_customer_has_written_again(
    app: Database, tenant: UUID
) -> None:
    _, action, reply = decided(app, tenant)
    with app.transaction(tenant) as connection:
        [begun], _ = deliveries.begin(connection, [action])
        ticket_id = scalar(connection, "SELECT id FROM tickets")
        intake.add_customer_message(connection, tenant, ticket_id, "And my invoice?", datetime.now(UTC))
        [newer] = items.load(connection, [scalar(connection, "SELECT id FROM work_items WHERE turn = 2")])
        assert newer.unsettled_actions == 1
        deliveries.sent(connection, [(begun, "ok")])
        [begun], _ = deliveries.begin(connection, [reply])
        assert begun.id == reply
