"""Mail out: as .eml files in the outbox folder, or by SMTP where one is configured."""

import os
import smtplib
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.errors import Broken, Rejected, TryLater
from core.settings import settings
from core.store.deliveries import Delivery

_AGAIN = {"en": "Re: {}", "de": "AW: {}", "vi": "Trả lời: {}"}
_NO_SUBJECT = {"en": "Your request", "de": "Ihre Anfrage", "vi": "Yêu cầu của quý khách"}


def compose(delivery: Delivery) -> EmailMessage:
    """Return the mail of a delivery; its Message-ID is the delivery key, so that receivers can tell a repeat.

    Raises Rejected where the address is not that of one mailbox: "a@x.example, b@x.example" would be two.
    """
    language = delivery.language if delivery.language in _AGAIN else "en"
    subject = " ".join(delivery.subject.split()) or _NO_SUBJECT[language]
    message = EmailMessage()
    message["From"] = settings().mail_from
    message["To"] = _one_mailbox(delivery.address)
    message["Subject"] = _AGAIN[language].format(subject)[:250]
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{delivery.id}@saola>"
    message["In-Reply-To"] = f"<ticket-{delivery.ticket_id}@saola>"
    message["Auto-Submitted"] = "auto-replied" if delivery.by == "agent" else "no"
    message.set_content(str(delivery.payload["text"]))
    return message


def hand_over(key: str, message: EmailMessage) -> None:
    """Send a mail that is no delivery: by SMTP, else into the outbox folder under its key. Raises as `Smtp` does."""
    if settings().smtp_url:
        Smtp(settings().smtp_url).hand_over(message)
    else:
        OutboxFolder(settings().home / "outbox").put(key, message)


def _one_mailbox(address: str) -> str:
    message = EmailMessage()
    try:
        message["To"] = address
        mailboxes: Sequence[Address] = () if message["To"].defects else message["To"].addresses
    except (ValueError, IndexError):  # a line break; half an address
        mailboxes = ()
    found = [one.addr_spec for one in mailboxes if one.domain]
    if len(found) != 1 or len(mailboxes) != 1:
        raise Rejected("the customer's address is not that of one mailbox", code="mail_refused")
    return found[0]


class OutboxFolder:
    """One .eml file per delivery key, put in place by a rename: sending again changes nothing."""

    name = "mail"
    deduplicates = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, delivery: Delivery) -> str:
        """Write the mail; the file's name is the key."""
        return self.put(str(delivery.id), compose(delivery))

    def put(self, key: str, message: EmailMessage) -> str:
        """Write any mail under its key, once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{key}.eml"
        if not path.exists():
            part = path.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(message.as_bytes())
            part.rename(path)
        return path.name


class Smtp:
    """SMTP does not deduplicate: a crash between its accept and our mark sends again; such repeats are counted."""

    name = "smtp"
    deduplicates = False

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)

    def send(self, delivery: Delivery) -> str:
        """Hand the mail to the server. Raises TryLater for its 4xx answers and outages, Rejected for 5xx."""
        self.hand_over(compose(delivery))
        return f"{delivery.id}@saola"

    def hand_over(self, message: EmailMessage) -> None:
        """Hand any mail to the server; raises as `send` does."""
        if not self.url.hostname:
            raise Broken("SAOLA_SMTP_URL names no host: use smtp://user:password@host:port")
        try:
            with self._connected(self.url.hostname) as server:
                if self.url.username:
                    server.login(unquote(self.url.username), unquote(self.url.password or ""))
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = max((reply[0] for reply in error.recipients.values()), default=550)
            raise _by_code(code, "the mail server refused the recipient") from error
        except smtplib.SMTPResponseException as error:
            raise _by_code(error.smtp_code, "the mail server refused the mail") from error
        except ssl.SSLCertVerificationError as error:
            told = f"the mail server's certificate is not one that this machine trusts: {error.verify_message}"
            raise TryLater(told) from error
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(f"the mail server is not reachable: {type(error).__name__}") from error

    def _connected(self, host: str) -> smtplib.SMTP:
        """A password travels only over TLS, and only to the server that the certificate names."""
        trust = ssl.create_default_context()
        if self.url.scheme == "smtps":
            return smtplib.SMTP_SSL(host, self.url.port or 465, timeout=20, context=trust)
        server = smtplib.SMTP(host, self.url.port or 25, timeout=20)
        if self.url.username:
            try:
                server.starttls(context=trust)
            except BaseException:
                server.close()
                raise
        return server


def _by_code(code: int, message: str) -> Exception:
    if 400 <= code < 500:
        return TryLater(f"{message} for now ({code})")
    return Rejected(f"{message} ({code})", code="mail_refused")
