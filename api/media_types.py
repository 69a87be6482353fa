"""What an uploaded file is, told by its first bytes, for lists and for serving it back; workers look closer."""

from pathlib import PurePath

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
)
_OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_TEXTS = {".eml": "message/rfc822", ".htm": "text/html", ".html": "text/html", ".csv": "text/csv"}
# What a browser may show inside our pages; all else is offered for download only.
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def media_type_of(head: bytes, filename: str) -> str:
    """Return the media type of a file from its first bytes, helped by its name where those leave it open."""
    suffix = PurePath(filename).suffix.lower()
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif"):
        return "image/heic"
    if head.startswith(b"PK\x03\x04"):
        return _OFFICE.get(suffix, "application/zip")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "application/vnd.ms-outlook" if suffix == ".msg" else "application/octet-stream"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "application/xml"
    return _TEXTS.get(suffix, "text/plain")
