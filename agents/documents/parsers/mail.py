"""E-mails: EML by the standard library, Outlook's MSG by python-oxmsg; attachments are read as further pages."""

import tempfile
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import ClassVar

from agents.documents.html import html_text, parse_html
from agents.documents.mail_reply import html_reply, split_reply
from agents.documents.parser import Source
from agents.documents.parsers.text import decode
from agents.documents.values import Heading, Part, flow
from core.errors import Rejected

HEADERS = ("from", "to", "subject", "date", "message-id", "in-reply-to", "auto-submitted")
ATTACHMENTS = 50


class EmlParser:
    """Takes RFC 5322 mails. The first page is the new text, without quotes and signature."""

    name: ClassVar[str] = "eml"
    media_types: ClassVar[frozenset[str]] = frozenset({"message/rfc822"})

    def score(self, media_type: str) -> float | None:
        """Take mails."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield headings, the text as a page, then the attachments' parts."""
        message = BytesParser(policy=policy.default).parsebytes(source.path.read_bytes())
        for name in HEADERS:
            value = _header(message, name)
            if value:
                yield Heading(name, value)
        plain, markup = bodies(message)
        yield from _body(plain, markup, _header(message, "from"), source)
        attached = [(part.get_filename() or "", _content(part)) for part in message.iter_attachments()][:ATTACHMENTS]
        yield from _attached(attached, source)


class MsgParser:
    """Takes Outlook's own files."""

    name: ClassVar[str] = "msg"
    media_types: ClassVar[frozenset[str]] = frozenset({"application/vnd.ms-outlook"})

    def score(self, media_type: str) -> float | None:
        """Take Outlook's type."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield headings, the text, the attachments. Raises Rejected (damaged)."""
        from oxmsg import Message

        try:
            message = Message.load(str(source.path))
            found = {"from": message.sender or "", "subject": message.subject or ""}
            found["date"] = message.sent_date.isoformat() if message.sent_date else ""
            attached = [(one.file_name or "", one.file_bytes or b"") for one in message.attachments]
            plain, markup = message.body or "", message.html_body or ""
        except Exception as error:
            raise Rejected("the Outlook file is damaged", code="damaged") from error
        yield from (Heading(name, value) for name, value in found.items() if value)
        yield from _body(plain, markup, found["from"], source)
        yield from _attached(attached[:ATTACHMENTS], source)


def bodies(message: EmailMessage) -> tuple[str, str]:
    """Return the plain text and the HTML of a mail; either may be empty."""
    texts = []
    for kind in ("plain", "html"):
        part = message.get_body(preferencelist=(kind,))
        texts.append(_text(part) if isinstance(part, EmailMessage) else "")
    return texts[0], texts[1]


def _body(plain: str, markup: str, sender: str, source: Source) -> Iterator[Part]:
    if plain.strip():
        reply, signature = split_reply(plain, sender)
    elif markup.strip():
        reply, signature = html_reply(markup, sender)
        plain = html_text(parse_html(markup))
    else:
        return
    if signature:
        yield Heading("signature", signature)
    yield Heading("whole_text", plain[: source.limits.characters])
    if source.wanted(source.first):
        yield flow(reply.splitlines(), source.first, "mail", source.part, reply)


def _attached(files: list[tuple[str, bytes]], source: Source) -> Iterator[Part]:
    source.asked.add(source.first)  # the mail's own text, even where it has none
    for filename, data in files:
        if source.read_inner is None or not data:
            continue
        with tempfile.TemporaryDirectory(prefix="saola-") as folder:
            path = Path(folder) / "part"
            path.write_bytes(data)
            try:
                yield from source.read_inner(inner(source, path, filename, source.next_number))
            except Rejected as error:
                yield Heading("note", f"attachment {filename or 'without a name'} was not read: {error}")


def inner(source: Source, path: Path, filename: str, first: int) -> Source:
    """Return the source of a file inside `source`, one level deeper."""
    return Source(
        path=path,
        filename=filename,
        media_type="",
        hints=source.hints,
        limits=source.limits,
        ocr=source.ocr,
        first=first,
        done=source.done,
        depth=source.depth + 1,
        part=f"{source.part}/{filename}" if source.part else filename,
        read_inner=source.read_inner,
        asked=source.asked,
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, "")).strip()
    except (ValueError, IndexError, AttributeError):  # headers that the standard library cannot parse
        return ""


def _text(part: EmailMessage) -> str:
    try:
        content = part.get_content()
    except (LookupError, ValueError):  # unknown charset
        content = part.get_payload(decode=True)
    return decode(content) if isinstance(content, bytes) else str(content)


def _content(part: object) -> bytes:
    if not isinstance(part, EmailMessage):
        return b""
    if part.get_content_type() == "message/rfc822":
        nested = part.get_payload()
        first = nested[0] if isinstance(nested, list) and nested else None
        return first.as_bytes() if isinstance(first, EmailMessage) else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
