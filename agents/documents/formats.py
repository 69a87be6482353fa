"""What a file is, by its first bytes rather than by its name, and whether it may be opened at all."""

import zipfile
from pathlib import Path

from agents.documents.parser import Limits
from core.errors import Rejected

OFFICE = "application/vnd.openxmlformats-officedocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"GIF8", "image/gif"),
)
HEIC = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim")
MAIL_HEADERS = (
    b"from:",
    b"received:",
    b"return-path:",
    b"message-id:",
    b"mime-version:",
    b"delivered-to:",
    b"subject:",
)
BY_NAME = {
    ".eml": "message/rfc822",
    ".html": "text/html",
    ".htm": "text/html",
    ".csv": "text/csv",
    ".xml": "application/xml",
}


def sniff(head: bytes, filename: str, declared: str = "") -> str:
    """Return the media type of a file from its first 4 kB, helped by its name; 'application/octet-stream' if unknown.

    Office files and ZIP begin alike: `sniff_zip` tells them apart.
    """
    if b"%PDF-" in head[:1024] and not head.startswith((b"PK\x03\x04", OLE)) and not _looks_like_mail(head.lower()):
        return "application/pdf"  # a ZIP, an Outlook file or a mail may hold one close to its beginning
    for magic, media_type in MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC:
        return "image/heic"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "application/zip"
    suffix = Path(filename).suffix.lower()
    if head.startswith(OLE):
        return "application/vnd.ms-excel" if suffix == ".xls" else "application/vnd.ms-outlook"
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "application/octet-stream"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<?xml"):
        return "text/html" if b"<html" in text[:1000] else "application/xml"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "text/html"
    if declared == "message/rfc822" or suffix == ".eml" or _looks_like_mail(text):
        return "message/rfc822"
    if suffix in BY_NAME:
        return BY_NAME[suffix]
    return declared if declared in ("text/html", "application/xml", "text/csv") else "text/plain"


def _looks_like_mail(text: bytes) -> bool:
    lines = text.split(b"\n\n")[0].split(b"\r\n\r\n")[0].split(b"\n")
    return sum(1 for line in lines if line.startswith(MAIL_HEADERS)) >= 3


def check_zip(path: Path, limits: Limits) -> str:
    """Look into a ZIP's directory without unpacking it and return its real media type.

    Raises Rejected: zip_bomb, too_many_members, damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Rejected("the ZIP container is damaged", code="damaged") from error
    if len(members) > limits.members:
        raise Rejected(f"{len(members)} files inside are too many", code="too_many_members")
    whole = sum(member.file_size for member in members)
    for member in members:
        if member.file_size > 1_000_000 and member.file_size > limits.ratio * max(1, member.compress_size):
            raise Rejected(f"{member.filename} unpacks to more than {limits.ratio} times its size", code="zip_bomb")
    if whole > limits.unpacked_bytes:
        raise Rejected(f"it unpacks to {whole // 1_000_000} MB", code="zip_bomb")
    names = {member.filename for member in members}
    if "word/document.xml" in names:
        return OFFICE + "wordprocessingml.document"
    if "xl/workbook.xml" in names:
        return OFFICE + "spreadsheetml.sheet"
    if "ppt/presentation.xml" in names:
        return OFFICE + "presentationml.presentation"
    if "mimetype" in names and "content.xml" in names:
        return "application/vnd.oasis.opendocument.spreadsheet"
    return "application/zip"
