"""Mail out: one file per key, and a real SMTP conversation with its refusals sorted by what comes next."""

import email
import email.policy
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller

from core.errors import Broken, Rejected, TryLater
from core.store.deliveries import Delivery
from workers.channels.mail import OutboxFolder, Smtp


def delivery(**changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": uuid4(),
        "tenant_id": uuid4(),
        "decision_id": uuid4(),
        "effect": "reply",
        "channel": "thread",
        "payload": {"text": "Kính chào quý khách,\nđơn hàng đang trên đường."},
        "by": "agent",
        "repeated": False,
        "attempts": 1,
        "ticket_id": uuid4(),
        "subject": "Đơn hàng",
        "language": "vi",
        "address": "lan@example.com",
        "customer_name": "Lan",
        "verified": True,
        "customer_id": None,
        "work_item_id": None,
        "document_id": None,
        "review": "",
        "shift_seconds": 0.0,
    }
    known = {name: value for name, value in {**values, **changes}.items() if name in Delivery._fields}
    return Delivery(**known)


class Inbox:
    """An SMTP server's handler that keeps what it takes; addresses at refused.example and busy.example it does not."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: object, session: object, envelope: Any, address: str, options: object
    ) -> str:
        if address.endswith("@refused.example"):
            return "550 no such mailbox"
        if address.endswith("@busy.example"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - the same
        self.mails.append(envelope.content)
        return "250 OK"


@pytest.fixture
def smtp() -> Iterator[tuple[Inbox, str]]:
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, f"smtp://127.0.0.1:{port}"
    controller.stop()


def test_sending_the_same_key_again_leaves_one_mail(tmp_path: Path) -> None:
    folder, one = OutboxFolder(tmp_path / "outbox"), delivery()
    assert folder.send(one) == folder.send(one)
    [path] = (tmp_path / "outbox").iterdir()
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["To"] == "lan@example.com"
    assert mail["Subject"] == "Trả lời: Đơn hàng"
    assert str(one.id) in mail["Message-ID"]
    assert "trên đường" in mail.get_content()


def test_a_subject_with_line_breaks_cannot_add_headers(tmp_path: Path) -> None:
    one = delivery(subject="Hello\r\nBcc: everyone@example.com")
    OutboxFolder(tmp_path).send(one)
    [path] = tmp_path.iterdir()
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["Bcc"] is None


def test_mail_goes_out_by_smtp(smtp: tuple[Inbox, str]) -> None:
    inbox, url = smtp
    one = delivery()
    assert str(one.id) in Smtp(url).send(one)
    mail = email.message_from_bytes(inbox.mails[0], policy=email.policy.default)
    assert mail["To"] == "lan@example.com"


def test_what_the_server_says_decides_what_comes_next(smtp: tuple[Inbox, str]) -> None:
    _, url = smtp
    with pytest.raises(Rejected, match="550"):
        Smtp(url).send(delivery(address="x@refused.example"))
    with pytest.raises(TryLater, match="451"):
        Smtp(url).send(delivery(address="x@busy.example"))
    with pytest.raises(TryLater, match="not reachable"):
        Smtp("smtp://127.0.0.1:9").send(delivery())
    with pytest.raises(Broken, match="SAOLA_SMTP_URL"):
        Smtp("smtp://").send(delivery())
