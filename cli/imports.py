"""Reading past tickets from CSV or JSONL: columns by name, each row checked, bad rows named and kept."""

import csv
import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from core.errors import Rejected
from core.settings import settings
from core.store.intake import NewTicket

ENCODING = "The file's encoding, where it is not found out: utf-8, utf-16, cp1252, cp1258 ..."


class Columns(NamedTuple):
    """Which column holds what; an empty name means that the file does not have it."""

    text: str
    subject: str = ""
    language: str = ""
    channel: str = ""
    customer: str = ""
    name: str = ""
    received_at: str = ""
    closed_at: str = ""
    reply: str = ""
    label: str = ""
    minutes: str = ""
    id: str = ""
    group: str = ""


class PastTicket(NamedTuple):
    """One row: the ticket as it came, and what the company did then."""

    ticket: NewTicket
    reply: str
    closed_at: datetime | None
    seconds: float | None
    label: str | None


def read_rows(path: Path, encoding: str = "") -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line, row) of a CSV (its header names the columns) or JSONL file. Raises Rejected if unreadable.

    Without an `encoding` the file's is found out: UTF-8, UTF-16, or else Windows-1258 or -1252, as spreadsheets
    save.
    """
    number = 0
    try:
        encoding = encoding or _encoding(path)
        with path.open(encoding=encoding, newline="") as file:
            lines = (unicodedata.normalize("NFC", line) for line in file)  # Windows-1258 writes tones apart from vowels
            if path.suffix.lower() in (".jsonl", ".ndjson"):
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        yield number, json.loads(line)
            else:
                sample = file.read(8192)
                file.seek(0)
                reader = csv.DictReader(lines, dialect=_dialect(sample), strict=True)
                for row in reader:
                    number = reader.line_num
                    yield number, row
    except FileNotFoundError as error:
        raise Rejected(f"there is no file {path}", code="file_missing") from error
    except IsADirectoryError as error:
        raise Rejected(f"{path} is a folder", code="file_missing", hint="Name one CSV or JSONL file.") from error
    except (UnicodeError, LookupError) as error:
        hint = "Name its encoding, for example --encoding cp1258, or save it as CSV UTF-8."
        raise Rejected(f"{path} is not text in {encoding or 'a known encoding'}", hint=hint) from error
    except (csv.Error, json.JSONDecodeError) as error:
        told = f"{path} cannot be read after line {number}: {error}"
        raise Rejected(told, hint="Is it really CSV or JSONL?") from error


def _encoding(path: Path) -> str:
    """By byte-order mark or zero bytes UTF-16, else UTF-8 if all of it is, else the western code page of Windows."""
    with path.open("rb") as file:
        head = file.read(200)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.count(0) > len(head) / 4:
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    try:
        with path.open(encoding="utf-8-sig") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1258" if _is_vietnamese(path) else "cp1252"
    return "utf-8-sig"


TONES = bytes((0xCC, 0xD2, 0xDE, 0xEC, 0xF2))  # as Windows-1258 writes them, after their vowel; letters in Windows-1252
LEAST_TONES = 5
VOWELS = frozenset("aăâeêioôơuưy")


def _is_vietnamese(path: Path) -> bool:
    """Whether the tones of Windows-1258 stand after vowels, as they must: western letters of these bytes seldom do."""
    with path.open("rb") as file:
        data = file.read(1 << 20)
    places = [place for place, byte in enumerate(data) if byte in TONES and place]
    after = sum(data[place - 1 : place].decode("cp1258", "replace").lower() in VOWELS for place in places)
    return len(places) >= LEAST_TONES and after >= 0.9 * len(places)


def _dialect(sample: str) -> type[csv.Dialect]:
    header = sample.split("\n", 1)[0]
    delimiter = max(",;\t|", key=header.count)

    class Found(csv.excel):
        pass

    Found.delimiter = delimiter
    return Found


def check_columns(columns: Columns, present: Mapping[str, Any]) -> None:
    """Raise Rejected when a named column is not in the file; the message lists what is there."""
    missing = [name for name in columns if name and name not in present]
    if missing:
        there = ", ".join(repr(name) for name in present)
        option = "--" + columns._fields[columns.index(missing[0])].replace("_", "-")
        hint = f"Name the column with {option} COLUMN."
        raise Rejected(f"the file has no column {missing[0]!r}; it has {there}", code="no_column", hint=hint)


def past_ticket(row: Mapping[str, Any], columns: Columns, zone: ZoneInfo) -> PastTicket:
    """Return a row as a past ticket. Raises Rejected with what is wrong with it."""

    def cell(column: str) -> str:
        return str(row.get(column) or "").replace("\x00", "").strip() if column else ""

    text = cell(columns.text)
    if not text:
        raise Rejected("the text is empty")
    if len(text) > settings().max_text_chars:
        raise Rejected(f"the text is longer than {settings().max_text_chars} characters")
    received = _moment(cell(columns.received_at), zone) or datetime.now(UTC)
    closed = _moment(cell(columns.closed_at), zone)
    if closed and closed < received:
        raise Rejected("it was closed before it was received")
    minutes = cell(columns.minutes)
    ticket = NewTicket(
        text=text,
        subject=cell(columns.subject)[:500],
        language=cell(columns.language).lower()[:8],
        channel=cell(columns.channel) or "import",
        customer_address=cell(columns.customer)[:320],
        customer_name=cell(columns.name)[:200],
        customer_group=cell(columns.group)[:60],
        external_id="import:" + (cell(columns.id) or _content_id(row)),
        origin="import",
        received_at=received,
        shift=datetime.now(UTC) - received,
    )
    return PastTicket(
        ticket=ticket,
        reply=cell(columns.reply),
        closed_at=closed,
        seconds=_number(minutes) * 60 if minutes else None,
        label=cell(columns.label) if columns.label else None,
    )


def _content_id(row: Mapping[str, Any]) -> str:
    """The same row imported twice is one ticket."""
    return hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise Rejected(f"{text!r} is not a number of minutes") from error


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Rejected(f"{text!r} is not a time", hint="Write it as 2026-03-31T14:05:00+07:00.") from error
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if at > datetime.now(UTC):
        raise Rejected(f"{text!r} lies in the future")
    return at.astimezone(UTC)
