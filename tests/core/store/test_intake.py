"""Taking in tickets: all of one ticket's rows in one statement, customers known by their address."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.db import Database
from core.store import intake, items
from core.store.intake import NewTicket
from core.store.sql import rows, scalar

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def new(text: str = "hello", **values: object) -> NewTicket:
    return NewTicket.model_validate({"text": text, "received_at": AT, **values})


def test_a_ticket_has_message_item_job_and_event_in_one_commit(app: Database, tenant: UUID) -> None:
    with app.transaction(tenant) as connection:
        ticket_id = intake.add_ticket(
            connection,
            tenant,
            new("Tôi bị mất thẻ", subject="Thẻ", customer_address="Mai@Example.com", shift=timedelta(hours=1)),
        )
    with app.transaction(tenant) as connection:
        (found,) = rows(
            connection,
            """SELECT t.id, t.subject, t.folded, t.shift_seconds, t.received_at, m.body, m.at, m.by, w.kind, w.turn,
                   o.task, o.queue, o.state, e.kind AS event, e.at AS event_at, e.data, c.address, c.id AS customer
               FROM tickets t JOIN messages m ON m.ticket_id = t.id JOIN work_items w ON w.ticket_id = t.id
               JOIN outbox o ON o.subject_id = w.id JOIN events e ON e.work_item_id = w.id AND e.ticket_id = t.id
               JOIN customers c ON c.id = t.customer_id""",
        )
    assert (found["id"], found["body"], found["subject"]) == (ticket_id, "Tôi bị mất thẻ", "Thẻ")
    assert found["folded"].startswith("the toi bi mat the")
    assert found["received_at"] == found["at"] == found["event_at"] == AT
    assert (found["shift_seconds"], found["kind"], found["turn"]) == (3600.0, "ticket", 1)
    assert (found["task"], found["queue"], found["state"]) == ("item.work", "tickets", "ready")
    assert (found["event"], found["address"], found["by"]) == ("ticket.received", "mai@example.com", "Mai@Example.com")
    assert found["data"] == {"channel": "api", "language": "", "origin": "live", "customer": str(found["customer"])}


def test_many_tickets_are_added_in_their_order_and_duplicates_passed_over(app: Database, tenant: UUID) -> None:
    with app.transaction(tenant) as connection:
        first = intake.add_ticket(connection, tenant, new(external_id="1"))
        ids = intake.add_tickets(
            connection, tenant, [new("a"), new(external_id="1"), new("b", external_id="2"), new(external_id="2")]
        )
    assert first is not None
    assert [one is None for one in ids] == [False, True, False, True]
    with app.transaction(tenant) as connection:
        texts = {row["ticket_id"]: row["body"] for row in rows(connection, "SELECT ticket_id, body FROM messages")}
        jobs = scalar(connection, "SELECT count(*) FROM outbox")
    assert [texts[one] for one in ids if one] == ["a", "b"]
    assert (len(texts), jobs) == (3, 3)


def test_one_customer_of_several_tickets_is_one_row(app: Database, tenant: UUID) -> None:
    several = [
        new(customer_address="MAI@example.com"),
        new(customer_address="mai@example.com", customer_name="Mai", customer_verified=True),
        new(customer_address=""),
    ]
    with app.transaction(tenant) as connection:
        intake.add_tickets(connection, tenant, several)
        intake.add_ticket(connection, tenant, new(customer_address="Mai@example.com"))
    with app.transaction(tenant) as connection:
        (customer,) = rows(connection, "SELECT id, address, name, verified FROM customers")
        owners = [row["customer_id"] for row in rows(connection, "SELECT customer_id FROM tickets ORDER BY id")]
    assert (customer["address"], customer["name"], customer["verified"]) == ("mai@example.com", "Mai", True)
    assert owners == [customer["id"], customer["id"], None, customer["id"]]


def test_a_name_without_an_address_is_kept_with_its_ticket(app: Database, tenant: UUID) -> None:
    twice = [new(customer_name="Lan", customer_verified=True, external_id=str(n)) for n in (1, 2, 1)]
    with app.transaction(tenant) as connection:
        intake.add_tickets(connection, tenant, twice)
        intake.add_ticket(connection, tenant, twice[0])
    with app.transaction(tenant) as connection:
        found = rows(
            connection, "SELECT c.id, address, name, verified FROM tickets t JOIN customers c ON c.id = t.customer_id"
        )
        [loaded, _] = items.load(connection, [row["id"] for row in rows(connection, "SELECT id FROM work_items")])
    assert [(row["address"], row["name"], row["verified"]) for row in found] == [("", "Lan", False)] * 2
    assert len({row["id"] for row in found}) == 2  # two people may have one name
    assert loaded.item.customer is not None and loaded.item.customer.name == "Lan"


def test_imported_past_is_kept_without_work(app: Database, tenant: UUID) -> None:
    with app.transaction(tenant) as connection:
        assert intake.add_tickets(connection, tenant, [new(origin="import")], work=False)[0]
    with app.transaction(tenant) as connection:
        assert scalar(connection, "SELECT count(*) FROM work_items") == 0
        assert scalar(connection, "SELECT count(*) FROM outbox") == 0
        assert scalar(connection, "SELECT work_item_id FROM events") is None


def test_nothing_is_added_for_nothing(app: Database, tenant: UUID) -> None:
    with app.transaction(tenant) as connection:
        assert intake.add_tickets(connection, tenant, []) == []
