"""Staff hear by mail of what was assigned to them and of what is due: once, in one mail, and only if they want to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from uuid import UUID

from core.contracts import Priority
from core.db import app_database
from core.store import accounts, handling, notices
from core.store.intake import NewTicket, add_ticket
from tests.workers.made import Shop
from workers.notify import tell_staff

LAN = "lan@example.com"


def somebody(shop: Shop, email: str, language: str = "en") -> None:
    with app_database().transaction(shop.tenant) as connection:
        user = accounts.add_user(connection, shop.tenant, email=email, name="", scopes=["staff"], password_hash="")
        assert user is not None
        accounts.set_user_language(connection, user, language)


def assigned(shop: Shop, to: str, *, subject: str = "Late parcel", days: float = 0, priority: Priority = "low") -> UUID:
    """A ticket that a person is to deal with."""
    now = datetime.now(UTC)
    with app_database().transaction(shop.tenant) as connection:
        new = NewTicket(text="Where is it?", subject=subject, received_at=now - timedelta(days=days))
        ticket = add_ticket(connection, shop.tenant, new)
        assert ticket is not None
        handling.set_priority(connection, shop.tenant, ticket, priority, by="mai@example.com", at=now)
        handling.assign(connection, shop.tenant, ticket, to, by="mai@example.com", at=now)
    return ticket


def mails(folder: Path) -> Sequence[Message]:
    return [message_from_bytes(path.read_bytes()) for path in sorted((folder / "outbox").glob("*.eml"))]


def text_of(mail: Message) -> str:
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()


def test_what_was_assigned_comes_in_one_mail_and_never_again(shop: Shop, tmp_path: Path) -> None:
    somebody(shop, LAN, "de")
    tickets = [assigned(shop, LAN, subject=subject) for subject in ("Late parcel", "Lost card")]
    for _ in range(2):
        shop.do(tell_staff, "desk.notify")
    (mail,) = mails(tmp_path)
    assert mail["To"] == LAN
    text = text_of(mail)
    assert "Late parcel" in text and "Lost card" in text and "Ihnen zugewiesen von mai@example.com" in text
    assert all(f"/tickets/{ticket}" in text for ticket in tickets)


def test_who_wants_no_mail_gets_none_and_still_sees_it_in_the_page(shop: Shop, tmp_path: Path) -> None:
    somebody(shop, LAN)
    with app_database().transaction(shop.tenant) as connection:
        notices.set_wanted(connection, LAN, ["due", "nonsense"])
    ticket = assigned(shop, LAN)
    shop.do(tell_staff, "desk.notify")
    assert mails(tmp_path) == []
    with app_database().transaction(shop.tenant) as connection:
        assert [(one["ticket_id"], one["kind"], one["fresh"]) for one in notices.of(connection, LAN)] == [
            (ticket, "assigned", True)
        ]
        assert notices.unseen(connection, LAN, alarms=True) == 1
        notices.seen(connection, LAN)
        assert notices.unseen(connection, LAN, alarms=True) == 0


def test_a_first_answer_that_is_due_is_told_once_to_whom_the_ticket_is_assigned(shop: Shop, tmp_path: Path) -> None:
    somebody(shop, LAN)
    late = assigned(shop, LAN, days=30, priority="high")
    assigned(shop, LAN, days=0)
    shop.sql("UPDATE tickets SET attention = 'handoff'")
    for _ in range(2):
        shop.do(tell_staff, "desk.notify")
    with app_database().transaction(shop.tenant) as connection:
        due = [one["ticket_id"] for one in notices.of(connection, LAN) if one["kind"] == "due"]
    assert due == [late]
    assert "first answer is due" in text_of(mails(tmp_path)[0])


def test_nobody_is_told_of_what_they_assigned_to_themselves(shop: Shop) -> None:
    somebody(shop, "mai@example.com")
    assigned(shop, "mai@example.com")
    with app_database().transaction(shop.tenant) as connection:
        assert notices.of(connection, "mai@example.com") == []
