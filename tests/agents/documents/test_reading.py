"""Every format is read into the same pages; hostile files are refused with a typed reason."""

import json
import zipfile
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pptx
import pytest
import xlsxwriter

from agents.documents.parser import Limits, OcrWanted, Source
from agents.documents.reading import open_source, read
from agents.documents.values import Code, Page, assemble, flow, part_from_json, part_to_json
from core.errors import Rejected
from tests.agents.documents import made, outlook


def test_a_pdf_gives_lines_with_their_places(tmp_path: Path) -> None:
    reading = read(made.pdf(tmp_path / "invoice.pdf"))
    assert reading.media_type == "application/pdf"
    assert reading.language == "de"
    page = reading.pages[0]
    (line,) = [one for one in page.lines if one.text == "05.11.2026"]
    assert line.left == pytest.approx(180, abs=1)
    assert line.top < 196 < line.bottom + 3
    assert "Rechnungsdatum:  05.11.2026" in reading.text


def test_pages_of_a_pdf_keep_their_numbers_and_done_ones_are_skipped(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "three.pdf", [[(50, 50, f"This is page number {n} of the letter")] for n in (1, 2, 3)])
    reading = read(path)
    assert [page.number for page in reading.pages] == [1, 2, 3]
    assert "page number 3" in reading.pages[2].text


def test_a_page_that_is_a_picture_asks_for_ocr(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "scan.pdf"))
    canvas.rect(100, 100, 200, 200, fill=1)
    canvas.save()
    with pytest.raises(OcrWanted):
        read(tmp_path / "scan.pdf")


def test_word_files_keep_the_order_of_paragraphs_and_tables(tmp_path: Path) -> None:
    path = made.word(
        tmp_path / "a.docx", ["Reklamation", "Die Lampe ist defekt."], [["Artikel", "Preis"], ["Lampe", "49,90 €"]]
    )
    reading = read(path)
    assert reading.text.splitlines() == ["Reklamation", "Die Lampe ist defekt.", "Artikel  Preis", "Lampe  49,90 €"]


def test_workbooks_and_slides_are_read(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Mã đơn hàng", "Tổng tiền"])
        sheet.write_row(1, 0, ["DH-1042", 1250000])
    assert "DH-1042  1250000" in read(tmp_path / "a.xlsx").text
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[5])
    slide.shapes.title.text = "Warranty terms"
    slides.save(str(tmp_path / "a.pptx"))
    assert read(tmp_path / "a.pptx").text == "Warranty terms"


def test_html_hides_scripts_and_keeps_table_rows_together(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><head><style>x</style></head><body><script>evil()</script><p>Hello</p>"
                    "<table><tr><td>Total</td><td>9.00</td></tr></table></body></html>")  # fmt: skip
    assert read(path).text.split("\n") == ["Hello", "", "Total  9.00"]


def test_a_mail_gives_its_new_text_and_its_attachments_as_pages(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Lan <lan@example.com>", "shop@example.com", "Hóa đơn"
    mail.set_content(
        "Gửi shop hóa đơn ạ.\n\nVào 12:01, Th 2, 5 thg 10, 2026 Shop <shop@example.com> đã viết:\n> Xin chào\n"
    )
    mail.add_attachment(
        made.pdf(tmp_path / "i.pdf").read_bytes(), maintype="application", subtype="pdf", filename="i.pdf"
    )
    mail.add_attachment(b"\x00\x01\x02garbage", maintype="application", subtype="octet-stream", filename="x.bin")
    (tmp_path / "a.eml").write_bytes(mail.as_bytes())
    reading = read(tmp_path / "a.eml")
    assert reading.pages[0].text == "Gửi shop hóa đơn ạ."
    assert reading.pages[1].part == "i.pdf"
    assert "RE-2026-0417" in reading.pages[1].text
    assert reading.heading("subject") == "Hóa đơn"
    assert any("x.bin" in note for note in reading.notes)


def test_files_in_a_zip_are_read_one_after_another(tmp_path: Path) -> None:
    data = {"a.txt": b"first file", "b/c.txt": b"second file", "bad.pdf": b"%PDF-1.4 nothing"}
    (tmp_path / "a.zip").write_bytes(made.zipped(data))
    reading = read(tmp_path / "a.zip")
    assert [(page.number, page.part) for page in reading.pages] == [(1, "a.txt"), (2, "c.txt")]
    assert any("bad.pdf" in note for note in reading.notes)


def test_what_holds_a_pdf_close_to_its_beginning_is_not_taken_for_it(tmp_path: Path) -> None:
    invoice = made.pdf(tmp_path / "i.pdf").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("i.pdf", invoice)
        archive.writestr("note.txt", "a second file")
    assert [page.part for page in read(tmp_path / "a.zip").pages] == ["i.pdf", "note.txt"]
    (tmp_path / "late.pdf").write_bytes(b"\r\nsome printers write a line first\r\n" + invoice)
    assert read(tmp_path / "late.pdf").media_type == "application/pdf"


def test_a_mail_whose_reading_was_interrupted_goes_on_in_its_last_attachment(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "lan@example.com", "shop@example.com", "Two files"
    mail.set_content("Both are attached.")
    for name in ("a.txt", "b.txt"):
        mail.add_attachment(f"This is {name}", filename=name)
    (tmp_path / "a.eml").write_bytes(mail.as_bytes())
    source = Source(path=tmp_path / "a.eml", filename="a.eml", media_type="", done=frozenset({1, 2}))
    pages = [part for part in open_source(source)[1] if isinstance(part, Page)]
    assert [(page.number, page.part) for page in pages] == [(3, "b.txt")]


def test_codes_of_a_page_are_kept_with_it(tmp_path: Path) -> None:
    page = replace(flow(["text"], 2, "ocr"), codes=(Code("qr", "a code", 2, (0.1, 0.2, 0.3, 0.4)),))
    again = part_from_json(json.loads(json.dumps(part_to_json(page))))
    assert again == page
    assert assemble([page], "image/png").codes == page.codes
    assert part_from_json(part_to_json(page)[:-1]) == replace(page, codes=())  # stored by an older version


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (made.zip_bomb, "zip_bomb"),
        (made.huge_picture, "too_many_pixels"),
        (lambda path: path.write_bytes(b"%PDF-1.7\n1 0 obj <<") and path, "damaged"),
        (lambda path: path.write_bytes(b"PK\x03\x04 not a zip at all") and path, "damaged"),
        (lambda path: path.write_bytes(b"") or path, "empty"),
        (lambda path: path.write_bytes(b"\x7fELF\x00\x00\x01\x02") and path, "unsupported"),
    ],
)  # fmt: skip
def test_hostile_and_broken_files_are_refused_with_a_code(tmp_path: Path, make, code: str) -> None:  # type: ignore[no-untyped-def] # a mix of makers
    with pytest.raises(Rejected) as refused:
        read(make(tmp_path / "file"))
    assert refused.value.code == code


def test_entities_in_xml_are_never_expanded(tmp_path: Path) -> None:
    reading = read(made.billion_laughs(tmp_path / "a.xml"))
    assert len(reading.embedded[0].text) < 2_000


def test_a_zip_in_a_zip_in_a_zip_is_not_followed_for_ever(tmp_path: Path) -> None:
    data = b"at the bottom"
    for level in range(6):
        data = made.zipped({f"level{level}.zip" if level else "a.txt": data})
    (tmp_path / "a.zip").write_bytes(data)
    reading = read(tmp_path / "a.zip")
    assert reading.pages == ()
    assert any("too deep" in note for note in reading.notes)


def test_limits_are_the_callers_to_set(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "two.pdf", [[(50, 50, "one")], [(50, 50, "two")]])
    with pytest.raises(Rejected, match="2 pages"):
        read(path, limits=Limits(pages=1))


def test_parts_survive_the_way_through_json(tmp_path: Path) -> None:
    reading = read(made.pdf(tmp_path / "invoice.pdf"))
    parts = [part_from_json(json.loads(json.dumps(part_to_json(page)))) for page in reading.pages]
    assert all(isinstance(part, Page) for part in parts)
    assert assemble(parts, reading.media_type).pages == reading.pages


def test_an_outlook_file_is_read_with_its_attachments(tmp_path: Path) -> None:
    invoice = made.pdf(tmp_path / "invoice.pdf").read_bytes()
    files = {"Rechnung Nr. 417 für die Lieferung.pdf": invoice, "note.txt": b"The goods are at the door."}
    mail = outlook.msg(tmp_path / "m.msg", "An <an@supplier.example>", "Rechnung Ü", "Anbei die Rechnung.\n", files)
    reading = read(mail)
    assert reading.media_type == "application/vnd.ms-outlook"
    assert (reading.heading("from"), reading.heading("subject")) == ("An <an@supplier.example>", "Rechnung Ü")
    assert [page.part for page in reading.pages] == ["", *files]
    assert [page.number for page in reading.pages] == [1, 2, 3]
    assert "Anbei die Rechnung." in reading.pages[0].text
    assert "RE-2026-0417" in reading.pages[1].text
    assert "at the door" in reading.pages[2].text


def test_a_broken_outlook_file_is_refused(tmp_path: Path) -> None:
    mail = outlook.msg(tmp_path / "m.msg", "a@b.example", "x", "y" * 5000, {})
    mail.write_bytes(mail.read_bytes()[:1500])
    with pytest.raises(Rejected) as refused:
        read(mail)
    assert refused.value.code == "damaged"
