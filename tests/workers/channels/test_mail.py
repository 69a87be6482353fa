"""Mail out: one file per key, and a real SMTP conversation with its refusals sorted by what comes next."""

import datetime
import email
import email.policy
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.errors import Broken, Rejected, TryLater
from core.store.deliveries import Delivery
from tests.smtp import Inbox, serve
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


@pytest.fixture
def smtp() -> Iterator[tuple[Inbox, str]]:
    with serve() as (inbox, port):
        yield inbox, f"smtp://127.0.0.1:{port}"


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


@pytest.mark.parametrize("address", ["lan@example.com", "Lan Tran <lan@example.com>"])
def test_mail_goes_to_the_one_mailbox_of_an_address(tmp_path: Path, address: str) -> None:
    OutboxFolder(tmp_path).send(delivery(address=address))
    [path] = tmp_path.iterdir()
    assert email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["To"] == "lan@example.com"


@pytest.mark.parametrize(
    "address",
    ["a@x.example, b@y.example", "all: a@x.example, b@y.example;", "a@x.example\r\nBcc: b@y.example", "a@", "a@x;b@y"],
)
def test_an_address_that_is_not_one_mailbox_gets_no_mail(tmp_path: Path, address: str) -> None:
    with pytest.raises(Rejected, match="one mailbox"):
        OutboxFolder(tmp_path).send(delivery(address=address))
    assert not list(tmp_path.iterdir())


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


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for 127.0.0.1, and the file with its self-signed certificate."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now.replace(year=2099))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    own, both = tmp_path / "own.pem", tmp_path / "both.pem"
    own.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(secret + own.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, own


@pytest.fixture
def with_password(certificate: tuple[ssl.SSLContext, Path]) -> Iterator[tuple[Inbox, str, list[bytes]]]:
    """A server that wants STARTTLS and a password; its inbox, its URL, and the passwords that it saw."""
    passwords: list[bytes] = []

    def check(server: object, session: object, envelope: object, mechanism: str, given: Any) -> AuthResult:
        passwords.append(given.password)
        return AuthResult(success=given.password == b"p@ss")

    tls: dict[str, Any] = {"tls_context": certificate[0], "require_starttls": True}
    with serve(authenticator=check, auth_required=True, **tls) as (inbox, port):
        yield inbox, f"smtp://lan:p%40ss@127.0.0.1:{port}", passwords


def test_a_password_goes_to_a_trusted_server_over_tls(
    with_password: tuple[Inbox, str, list[bytes]],
    certificate: tuple[ssl.SSLContext, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inbox, url, _ = with_password
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    Smtp(url).send(delivery())
    assert len(inbox.mails) == 1


def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_mail(
    with_password: tuple[Inbox, str, list[bytes]],
) -> None:
    inbox, url, passwords = with_password
    with pytest.raises(TryLater, match="certificate"):
        Smtp(url).send(delivery())
    assert (inbox.mails, passwords) == ([], [])


def test_tls_from_the_start_looks_at_the_certificate_too(certificate: tuple[ssl.SSLContext, Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        failed: list[OSError] = []

        def answer() -> None:
            plain, _ = listener.accept()
            with plain:
                try:
                    certificate[0].wrap_socket(plain, server_side=True).recv(1)
                except OSError as error:
                    failed.append(error)

        server = threading.Thread(target=answer)
        server.start()
        with pytest.raises(TryLater, match="certificate"):
            Smtp(f"smtps://lan:p%40ss@127.0.0.1:{listener.getsockname()[1]}").send(delivery())
        server.join(timeout=10)
    assert failed
