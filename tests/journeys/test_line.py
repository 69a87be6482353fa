"""A ticket's way through the line, with real processes: held, certified and sent, followed up, taken over, replayed."""

import email
import email.policy
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from core.contracts import Certificate
from core.ids import new_id
from core.store import intake, items, policies, reviews, tenants, trials
from core.store.intake import NewTicket
from core.store.sql import maybe_row, rows
from tests.journeys.line import Line, write_agent


def submit(line: Line, text: str, *, address: str = "", verified: bool = True) -> UUID:
    new = NewTicket(
        text=text,
        received_at=datetime.now(UTC),
        customer_address=address,
        customer_verified=verified,
    )
    with line.database.transaction(line.tenant) as connection:
        ticket_id = intake.add_ticket(connection, line.tenant, new)
    assert ticket_id is not None
    return ticket_id


def ticket(line: Line, ticket_id: UUID) -> dict[str, object]:
    with line.database.transaction(line.tenant) as connection:
        row = maybe_row(
            connection,
            """SELECT t.state, t.attention, t.agent, t.intent, t.outcome, d.action, d.id AS decision,
                   d.reasons -> 0 ->> 'code' AS reason, r.score,
                   r.fingerprint, r.family_fingerprint,
                   (SELECT count(*) FROM messages m WHERE m.ticket_id = t.id AND author = 'agent') AS replies
               FROM tickets t JOIN work_items w ON w.ticket_id = t.id JOIN runs r ON r.work_item_id = w.id
               JOIN decisions d ON d.run_id = r.id WHERE t.id = :id ORDER BY r.created_at DESC""",
            id=ticket_id,
        )
    assert row is not None
    return dict(row)


def certify(line: Line, family_fingerprint: str, threshold: float = 0.0) -> None:
    certificate = Certificate(
        id=new_id(),
        agent="family:tests",
        fingerprint=family_fingerprint,
        target=0.95,
        confidence=0.95,
        threshold=threshold,
        k=300,
        n=300,
        bound=0.99,
        method="given by a test",
    )
    line.leave_certificates_alone()
    with line.database.transaction(line.tenant) as connection:
        policies.add_certificate(
            connection, line.tenant, certificate, window=None, code_version="test", digest="", evidence={}
        )


def wait_for_a_second() -> None:
    """Workers keep a tenant's certificates and pauses for a second."""
    import time

    time.sleep(1.2)


def test_without_a_certificate_a_draft_waits_and_with_one_the_reply_goes_out(line: Line) -> None:
    first = submit(line, "Hello, when do you open on Sunday?", address="lan@example.com")
    line.drain()
    held = ticket(line, first)
    assert (held["action"], held["attention"], held["agent"], held["intent"]) == (
        "hold",
        "review",
        "shop",
        "opening_hours",
    )
    assert held["replies"] == 0
    assert held["reason"] == "no_certificate"

    certify(line, str(held["family_fingerprint"]))
    wait_for_a_second()
    second = submit(line, "My parcel has not arrived, where is it?", address="Lan@example.com")
    line.drain()
    sent = ticket(line, second)
    assert (sent["action"], sent["state"], sent["outcome"], sent["replies"]) == ("automate", "waiting", "automated", 1)
    mails = list((line.home / "outbox").glob("*.eml"))
    assert len(mails) == 1
    mail = email.message_from_bytes(mails[0].read_bytes(), policy=email.policy.default)
    assert mail["To"] == "lan@example.com"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert "two to four days" in mail.get_body().get_content()  # type: ignore[union-attr] # a simple mail has a body

    unverified = submit(line, "I lost my card, please block it", address="someone@example.com", verified=False)
    line.drain()
    assert ticket(line, unverified)["replies"] == 1
    assert len(list((line.home / "outbox").glob("*.eml"))) == 1  # in the thread, never to an unproven address


def test_a_pause_stops_what_is_certified_and_a_reviewer_sends_it(line: Line) -> None:
    first = submit(line, "When do you open?")
    line.drain()
    certify(line, str(ticket(line, first)["family_fingerprint"]))
    with line.database.transaction(line.tenant) as connection:
        tenants.set_paused(connection, True)
    wait_for_a_second()
    paused = submit(line, "What are your opening hours?")
    line.drain()
    held = ticket(line, paused)
    assert (held["action"], held["reason"], held["replies"]) == ("hold", "paused", 0)
    with line.database.transaction(line.tenant) as connection:
        reviews.approve(
            connection, line.tenant, UUID(str(held["decision"])), by="mai", at=datetime.now(UTC), undo_seconds=0
        )
    line.drain()
    assert ticket(line, paused)["outcome"] == "approved"
    authors = "SELECT count(*) FROM messages WHERE ticket_id = :id AND author = 'staff' AND by = 'mai'"
    assert line.count(authors, id=paused) == 1


def test_two_messages_before_a_run_lead_to_one_reply(line: Line) -> None:
    probe = submit(line, "When do you open?")
    line.drain()
    certify(line, str(ticket(line, probe)["family_fingerprint"]))
    wait_for_a_second()
    with line.database.transaction(line.tenant) as connection:
        ticket_id = intake.add_ticket(
            connection, line.tenant, NewTicket(text="Where is my parcel?", received_at=datetime.now(UTC))
        )
        assert ticket_id is not None
        intake.add_customer_message(connection, line.tenant, ticket_id, "My parcel has not arrived", datetime.now(UTC))
    line.drain()
    assert ticket(line, ticket_id)["replies"] == 1
    states = "SELECT count(*) FROM work_items WHERE ticket_id = :id AND state = :state"
    assert line.count(states, id=ticket_id, state="superseded") == 1
    assert line.count(states, id=ticket_id, state="done") == 1


def test_when_a_person_took_over_the_agent_is_silent_until_handed_back(line: Line) -> None:
    ticket_id = submit(line, "When do you open?")
    line.drain()
    certify(line, str(ticket(line, ticket_id)["family_fingerprint"]))
    wait_for_a_second()
    now = datetime.now(UTC)
    with line.database.transaction(line.tenant) as connection:
        reviews.take_over(connection, line.tenant, ticket_id, by="mai", at=now)
        intake.add_customer_message(connection, line.tenant, ticket_id, "And until when are you open?", now)
    line.drain()
    assert ticket(line, ticket_id)["replies"] == 0
    with line.database.transaction(line.tenant) as connection:
        reviews.hand_back(connection, line.tenant, ticket_id, by="mai", at=now)
    line.drain()
    assert ticket(line, ticket_id)["replies"] == 1, "the message that waited is answered"
    with line.database.transaction(line.tenant) as connection:
        intake.add_customer_message(connection, line.tenant, ticket_id, "Where is my parcel?", now)
    line.drain()
    assert ticket(line, ticket_id)["replies"] == 2


def test_a_ticket_that_comes_before_the_first_training_waits_for_it(running_line: Line) -> None:
    line = running_line
    line.tenant = new_id()
    with line.database.transaction(line.tenant) as connection:
        tenants.make(connection, line.tenant, "New")
    ticket_id = submit(line, "When do you open?")
    wait_for_a_second()
    assert line.count("SELECT count(*) FROM work_items WHERE state = 'queued'") == 1
    line.run("triage.train")
    line.drain()
    held = ticket(line, ticket_id)
    assert (held["agent"], held["intent"], held["attention"]) == ("shop", "opening_hours", "review")


def test_a_new_folder_answers_without_a_restart(line: Line, agents_folder: Path) -> None:
    line.start("schedule")  # it is what notices new folders
    question = "Can I bring my dog to your cafe?"
    before = submit(line, question)
    line.drain()
    assert ticket(line, before)["agent"] != "cafe"
    examples = ["May I bring my dog?", "Are dogs allowed in the cafe?", "Can my dog come in?", "Do you allow pets?"]
    write_agent(agents_folder, "cafe", {"dogs": (examples, "Dogs are welcome on a lead.")})
    versions = "SELECT count(*) FROM classifiers"
    line.wait(lambda: line.count(versions) == 2, 60, "a classifier that knows the new agent")
    wait_for_a_second()
    after = submit(line, question)
    line.wait(
        lambda: (
            line.count(
                "SELECT count(*) FROM runs r JOIN work_items w ON w.id = r.work_item_id WHERE w.ticket_id = :id",
                id=after,
            )
            == 1
        ),
        30,
        "the new agent's draft",
    )
    held = ticket(line, after)
    assert (held["agent"], held["intent"], held["action"]) == ("cafe", "dogs", "hold")


def test_a_replay_in_shadow_is_recorded_and_audited_and_sends_nothing(line: Line) -> None:
    past = datetime.now(UTC) - timedelta(days=30)
    with line.database.transaction(line.tenant) as connection:
        ticket_id = intake.add_ticket(
            connection,
            line.tenant,
            NewTicket(text="When do you open?", origin="import", received_at=past, shift=datetime.now(UTC) - past),
            work=False,
        )
        assert ticket_id is not None
        intake.add_past_reply(connection, line.tenant, ticket_id, "From 9 on.", past + timedelta(hours=1), 120.0)
        item_id = intake.add_shadow_work(connection, line.tenant, ticket_id, 1)
    line.drain()
    with line.database.transaction(line.tenant) as connection:
        found = rows(connection, "SELECT shadow, generation FROM runs WHERE work_item_id = :id", id=item_id)
        [loaded] = items.load(connection, [item_id])
    assert [(r["shadow"], r["generation"]) for r in found] == [(True, 1)]
    assert [m.author for m in loaded.item.messages] == ["customer"]
    assert line.count("SELECT count(*) FROM audits WHERE work_item_id = :id AND probability = 1", id=item_id) == 1
    assert line.count("SELECT count(*) FROM deliveries") == 0
    assert line.count("SELECT count(*) FROM tickets WHERE state = 'closed' AND attention = ''") == 1


def test_a_developer_tries_an_agent_and_nothing_is_recorded_or_sent(line: Line) -> None:
    given = {"text": "I lost my card, please block it", "address": "ann@mail.example", "verified": True}
    with line.database.transaction(line.tenant) as connection:
        trial_id = trials.add(connection, line.tenant, agent="shop", given=given, by="dev", queue="tickets")
    line.drain()
    with line.database.transaction(line.tenant) as connection:
        trial = trials.find(connection, trial_id)
    assert trial is not None and trial["state"] == "done"
    assert trial["result"]["triage"]["intent"] == "lost_card"
    assert "number on its back" in trial["result"]["proposal"]["reply"]
    assert trial["result"]["decision"]["action"] == "hold"
    assert line.count("SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM deliveries)") == 0


def test_the_big_red_button_is_in_force_within_two_seconds_while_200_tickets_flow(line: Line) -> None:
    first = submit(line, "I lost my card", address="ann@mail.example")
    line.drain()
    certify(line, str(ticket(line, first)["family_fingerprint"]))
    time.sleep(1.1)  # workers look at a tenant's certificates once a second
    now = datetime.now(UTC)
    new = NewTicket(text="I lost my card", received_at=now, customer_address="b@mail.example", customer_verified=True)
    with line.database.transaction(line.tenant) as connection:
        intake.add_tickets(connection, line.tenant, [new] * 200)
    sent = "SELECT count(*) FROM deliveries WHERE by = 'agent' AND state = 'sent'"
    line.wait(lambda: line.count(sent) >= 10, 30, "ten replies")
    with line.database.transaction(line.tenant) as connection:
        tenants.set_paused(connection, True)
    paused_at = datetime.now(UTC)
    line.drain()
    assert line.count(f"{sent} AND sent_at > :limit", limit=paused_at + timedelta(seconds=2)) == 0
    held = line.count("SELECT count(*) FROM tickets WHERE attention = 'review'")
    assert 10 <= line.count(sent) < 200
    assert held + line.count(sent) == 201  # what was not sent waits for a person; nothing is lost
    with line.database.transaction(line.tenant) as connection:
        tenants.set_paused(connection, False)
    time.sleep(1.1)
    before = line.count(sent)
    submit(line, "My bank card is gone, block it", address="c@mail.example")
    line.wait(lambda: line.count(sent) == before + 1, 30, "the next reply")
