"""Files that were made to hurt their reader: bombs, lies about size and kind, endless nesting, and broken ones."""

import io
import random
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.agents.documents import made

Maker = Callable[[Path], Path]


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _pdf(*objects: str, stream: bytes = b"", tail: str = "trailer<</Root 1 0 R>>\n%%EOF") -> bytes:
    """A PDF of these objects, numbered from 1, and a compressed stream as the last; without a table of places, which
    readers make themselves."""
    out = b"%PDF-1.7\n"
    for number, body in enumerate(objects, 1):
        out += f"{number} 0 obj{body}endobj\n".encode()
    if stream:
        head = f"{len(objects) + 1} 0 obj<</Length {len(stream)}/Filter/FlateDecode>>stream\n".encode()
        out += head + stream + b"\nendstream endobj\n"
    return out + tail.encode()


def stream_bomb(path: Path) -> Path:
    """A page whose contents are 200 kB that unpack to 200 MB."""
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R>>"
    tree = ("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>")
    return _written(path, _pdf(*tree, page, stream=zlib.compress(b"0 0 m 9 9 l S\n" * 15_000_000, 9)))


def million_pages(path: Path) -> Path:
    """A PDF that claims a million pages."""
    tree = ("<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{'3 0 R ' * 20_000}]/Count 1000000>>")
    return _written(path, _pdf(*tree, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>"))


def endless_tree(path: Path) -> Path:
    """A page tree that is its own child."""
    return _written(path, _pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R]/Count 5>>"))


def endless_page(path: Path) -> Path:
    """A page a hundred kilometres wide that shows something."""
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300000000 300000000]/Contents 4 0 R>>"
    tree = ("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>")
    return _written(path, _pdf(*tree, page, stream=zlib.compress(b"0 0 m 999 999 l S\n")))


def deep_objects(path: Path) -> Path:
    """A PDF whose catalog holds arrays within arrays."""
    return _written(path, _pdf(f"<</Type/Catalog/X {'[' * 200_000}{']' * 200_000}>>"))


def wrong_places(path: Path) -> Path:
    """A good PDF whose table of places points anywhere."""
    data = made.pdf(path).read_bytes()
    start = data.rindex(b"\nxref")
    lines = data[start:].split(b"\n")
    lines = [b"%010d 00000 n " % random.Random(1).randrange(10**9) if b" 00000 n" in line else line for line in lines]
    return _written(path, data[:start] + b"\n".join(lines))


def truncated_pdf(path: Path) -> Path:
    """Half of a PDF."""
    data = made.pdf(path, [made.INVOICE] * 20).read_bytes()
    return _written(path, data[: len(data) // 2])


def locked_pdf(path: Path) -> Path:
    """A PDF behind a password."""
    canvas = Canvas(str(path), encrypt="secret")
    canvas.drawString(50, 700, "hidden")
    canvas.save()
    return path


def many_members(path: Path) -> Path:
    """A ZIP of 20,000 files."""
    return _written(path, made.zipped({f"{number}.txt": b"x" for number in range(20_000)}))


def overlapping_zip(path: Path) -> Path:
    """A ZIP whose directory names one 900 kB member a thousand times: 900 MB without any member being a bomb alone."""
    data = made.zipped({"a.txt": b"0123456789" * 90_000})
    start = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entries = data[start:end] * 1_000
    tail = bytearray(data[end:])
    tail[8:12] = (1_000).to_bytes(2, "little") * 2
    tail[12:16] = len(entries).to_bytes(4, "little")
    return _written(path, data[:start] + entries + bytes(tail))


def deep_zip(path: Path) -> Path:
    """A ZIP in a ZIP, twenty times."""
    data = b"at the bottom"
    for level in range(20):
        data = made.zipped({"in.zip" if level else "a.txt": data})
    return _written(path, data)


def deep_mail(path: Path) -> Path:
    """A mail in a mail, two hundred times."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.com", "inner"
    mail.set_content("at the bottom")
    data = mail.as_bytes()
    for level in range(200):
        edge = f"edge{level}".encode()
        data = (
            b"From: a@example.com\nSubject: outer\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="
            + edge + b"\n\n--" + edge + b"\nContent-Type: message/rfc822\n\n" + data + b"\n--" + edge + b"--\n"
        )  # fmt: skip
    return _written(path.with_suffix(".eml"), data)


def deep_xml(path: Path) -> Path:
    """XML of 500,000 levels."""
    return _written(path, b"<?xml version='1.0'?>" + b"<a>" * 500_000 + b"</a>" * 500_000)


def deep_html(path: Path) -> Path:
    """HTML of 200,000 levels."""
    return _written(path.with_suffix(".html"), b"<html><body>" + b"<div>" * 200_000 + b"hello")


def many_frames(path: Path) -> Path:
    """A TIFF of 3,000 pictures of one pixel."""
    first = Image.new("1", (1, 1))
    first.save(path, "TIFF", save_all=True, append_images=[first] * 2_999)
    return path


def flat_picture(path: Path) -> Path:
    """A PNG of 100 kB that unpacks to 100 million pixels."""
    Image.new("L", (10_000, 10_000), 255).save(path, "PNG")
    return path


def half_picture(path: Path) -> Path:
    """Half of a JPEG."""
    out = io.BytesIO()
    Image.effect_noise((900, 900), 60).save(out, "JPEG")
    return _written(path, out.getvalue()[: len(out.getvalue()) // 2])


def far_cell(path: Path) -> Path:
    """A workbook with one value in its first and one in its last cell, 17 billion cells apart."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "first")
        sheet.write(1_048_575, 16_383, "last")
    return path


def two_kinds(path: Path) -> Path:
    """A PDF that is a ZIP too."""
    return _written(path, made.pdf(path).read_bytes() + made.zipped({"evil.exe": b"MZ" * 500}))


def program(path: Path) -> Path:
    """A program that calls itself a PDF."""
    return _written(path.with_suffix(".pdf"), b"MZ\x90\x00\x03" + bytes(4_000))


def noise(path: Path) -> Path:
    """Outlook's first bytes and noise behind them."""
    return _written(path.with_suffix(".msg"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(2).randbytes(50_000))


def half_word(path: Path) -> Path:
    """A DOCX whose text ends in the middle of a tag."""
    good = made.word(path, ["hello"])
    with zipfile.ZipFile(good) as old:
        parts = {member.filename: old.read(member) for member in old.infolist()}
    parts["word/document.xml"] = parts["word/document.xml"][:-200]
    return _written(path, made.zipped(parts))


REFUSED: dict[Maker, set[str]] = {
    made.zip_bomb: {"zip_bomb"},
    overlapping_zip: {"zip_bomb"},
    many_members: {"too_many_members"},
    made.huge_picture: {"too_many_pixels"},
    million_pages: {"too_many_pages"},
    locked_pdf: {"encrypted"},
    half_picture: {"damaged"},
    half_word: {"damaged"},
    noise: {"damaged"},
    program: {"unsupported"},
    far_cell: {"too_much_memory", "damaged", "too_many_cells"},
}
READ: tuple[Maker, ...] = (
    *(wrong_places, two_kinds, deep_zip, made.billion_laughs, deep_xml, deep_html, many_frames, flat_picture),
)
EITHER: tuple[Maker, ...] = (stream_bomb, endless_tree, endless_page, deep_objects, truncated_pdf, deep_mail)
