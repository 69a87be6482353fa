"""A real SMTP server on loopback that keeps what it takes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller


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


@contextmanager
def serve(**options: Any) -> Iterator[tuple[Inbox, int]]:
    """Run a server with these options of aiosmtpd's controller; what it takes, and its port."""
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    yield inbox, port
    controller.stop()
