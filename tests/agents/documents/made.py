"""Small files that the tests make: PDFs, office files, mails and hostile ones."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import docx
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

Placed = tuple[float, float, str]  # points from the left and from the top, text

INVOICE: tuple[Placed, ...] = (
    (50, 60, "Nordlicht Handels GmbH"),
    (50, 76, "Lindenstraße 12, 10969 Berlin"),
    (50, 150, "Rechnung"),
    (50, 180, "Rechnungsnummer: RE-2026-0417"),
    (50, 196, "Rechnungsdatum:"),
    (180, 196, "05.11.2026"),
    (50, 212, "Fällig am 19.11.2026"),
    (50, 300, "Schreibtischlampe"),
    (480, 300, "100,00 €"),
    (380, 340, "Nettobetrag"),
    (480, 340, "100,00 €"),
    (380, 356, "MwSt. 19 %"),
    (480, 356, "19,00 €"),
    (380, 372, "Gesamtbetrag"),
    (480, 372, "119,00 €"),
    (50, 760, "IBAN: DE89 3704 0044 0532 0130 00   USt-IdNr.: DE136695976"),
)


def pdf(path: Path, pages: Sequence[Sequence[Placed]] = (INVOICE,)) -> Path:
    """Write a PDF with a text layer."""
    canvas = Canvas(str(path), pagesize=A4)
    for page in pages:
        for left, top, text in page:
            canvas.drawString(left, A4[1] - top, text)
        canvas.showPage()
    canvas.save()
    return path


def word(path: Path, paragraphs: Sequence[str], table: Sequence[Sequence[str]] = ()) -> Path:
    """Write a DOCX with paragraphs and one table."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if table:
        made = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(made.add_row().cells, row, strict=True):
                cell.text = text
    document.save(str(path))
    return path


def zip_bomb(path: Path) -> Path:
    """A DOCX of some kilobytes whose only part unpacks to 200 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b" " * 200_000_000)
    return path


def huge_picture(path: Path) -> Path:
    """A PNG of some bytes that claims 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (60_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    )
    return path


def billion_laughs(path: Path) -> Path:
    """XML whose entities expand to gigabytes."""
    levels = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]><Invoice>&l9;</Invoice>')
    return path


def zipped(files: dict[str, bytes]) -> bytes:
    """A ZIP of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()
