"""Several documents in one file are told apart; one document of several pages stays whole."""

from email.message import EmailMessage
from pathlib import Path

from agents.documents.extract.exact import invoice_of
from agents.documents.reading import read
from agents.documents.splitting import named, split
from agents.documents.values import Line, Page, Reading
from bench import document_files
from tests.agents.documents import made

SECOND = tuple((x, y, text.replace("RE-2026-0417", "RE-2026-0418")) for x, y, text in made.INVOICE)
PLAIN = ((50, 60, "Terms of delivery"), (50, 100, "Goods remain ours until they are paid."))


def whole(path: Path) -> list[str]:
    return [named([one]) for one in split(read(path))]


def test_another_number_begins_another_document(tmp_path: Path) -> None:
    assert whole(made.pdf(tmp_path / "a.pdf", [made.INVOICE, SECOND])) == ["page 1", "page 2"]


def test_the_same_number_and_pages_without_one_go_on(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "a.pdf", [made.INVOICE, PLAIN, made.INVOICE, SECOND, PLAIN])
    assert whole(path) == ["pages 1-3", "pages 4-5"]


def test_a_page_that_counts_itself_is_believed(tmp_path: Path) -> None:
    pages = [(*PLAIN, (50, 780, f"Seite {number} von 2")) for number in (1, 2, 1, 2)]
    assert whole(made.pdf(tmp_path / "a.pdf", pages)) == ["pages 1-2", "pages 3-4"]


def test_a_title_after_a_sum_to_pay_begins_another_document(tmp_path: Path) -> None:
    nameless = tuple(one for one in made.INVOICE if "nummer" not in one[2])
    assert whole(made.pdf(tmp_path / "a.pdf", [nameless, nameless])) == ["page 1", "page 2"]


def test_an_invoice_of_several_pages_is_one_document(tmp_path: Path) -> None:
    for number, language in enumerate(document_files.LANGUAGES):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(document_files.invoice(number, language, 3).data)
        reading: Reading = read(path)
        assert len(reading.pages) == 3
        assert split(reading) == [reading]


RECEIPT = (
    *("CORNER SHOP LTD", "3 Mill Lane, Leeds LS1 4AP", "Date: 05/11/2026", "Bread      2.10", "Milk       1.30"),
    *("Total      3.40", "Thank you"),
)


def photo(*receipts: tuple[float, float, tuple[str, ...]]) -> Reading:
    """A picture on which receipts lie, each with its left and top edge."""
    lines = [
        Line(text, left, top + 30 * number, left + 11 * len(text), top + 30 * number + 20)
        for left, top, texts in receipts
        for number, text in enumerate(texts)
    ]
    return Reading(media_type="image/jpeg", pages=(Page(1, 1200, 1200, tuple(lines), "ocr"),))


def other(total: str) -> tuple[str, ...]:
    return tuple(text.replace("3.40", total) for text in RECEIPT)


def test_receipts_on_one_photo_are_documents_of_their_own() -> None:
    four = photo((50, 40, RECEIPT), (600, 60, other("5.10")), (50, 500, other("6.20")), (600, 530, other("7.30")))
    found = split(four)
    assert named(found) == "page 1 (1), page 1 (2), page 1 (3), page 1 (4)"
    assert sorted(total for total in ("3.40", "5.10", "6.20", "7.30") for one in found if total in one.text) == [
        *("3.40", "5.10", "6.20", "7.30")
    ]
    assert all(len(split(one)) == 1 for one in found)


def test_a_receipt_with_wide_columns_or_its_payment_slip_below_is_one() -> None:
    names = tuple(text.split("  ")[0] for text in RECEIPT)
    amounts = tuple(text.split("  ")[-1].strip() if "  " in text else "." for text in RECEIPT)
    assert len(split(photo((50, 40, names), (800, 40, amounts)))) == 1
    assert len(split(photo((50, 40, RECEIPT), (50, 400, RECEIPT)))) == 1  # the same sum again


def test_attachments_of_a_mail_are_documents_of_their_own(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@supplier.example", "Invoices"
    message.set_content("Please find two invoices.")
    for name, page in (("one.pdf", made.INVOICE), ("two.pdf", SECOND)):
        data = made.pdf(tmp_path / name, [page]).read_bytes()
        message.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    mail = tmp_path / "m.eml"
    mail.write_bytes(message.as_bytes())
    assert whole(mail) == ["one.pdf", "two.pdf"]


def xml_invoice(number: str) -> bytes:
    return f"<Invoice><ID>{number}</ID><InvoiceTypeCode>380</InvoiceTypeCode></Invoice>".encode()


def test_an_e_invoice_beside_other_files_is_a_document(tmp_path: Path) -> None:
    files = {"a.txt": b"a note", "b.xml": xml_invoice("B-1"), "c.xml": b"<order/>"}
    (tmp_path / "a.zip").write_bytes(made.zipped(files))
    note, invoice = split(read(tmp_path / "a.zip"))
    assert (named([note, invoice]), note.embedded) == ("a.txt, b.xml", ())
    found = invoice_of(invoice)
    assert found is not None and found.values["invoice_number"].value == "B-1"

    message = EmailMessage()
    message["From"], message["Subject"] = "a@supplier.example", "Invoices"
    message.set_content("Please find two invoices.")
    for name in ("one.xml", "two.xml"):
        message.add_attachment(xml_invoice(name), maintype="application", subtype="xml", filename=name)
    (tmp_path / "m.eml").write_bytes(message.as_bytes())
    assert whole(tmp_path / "m.eml") == ["one.xml", "two.xml"]


def test_an_e_invoice_belongs_to_the_print_of_the_same_name(tmp_path: Path) -> None:
    files = {f"{name}.pdf": made.pdf(tmp_path / "p.pdf", [page]).read_bytes() for name, page in
             (("4711", made.INVOICE), ("4712", SECOND))}  # fmt: skip
    (tmp_path / "a.zip").write_bytes(made.zipped(files | {"4712.XML": xml_invoice("B-2")}))
    first, second = split(read(tmp_path / "a.zip"))
    assert (first.embedded, [one.name for one in second.embedded]) == ((), ["4712.XML"])


def test_each_document_of_a_file_has_its_own_language(tmp_path: Path) -> None:
    words = {
        "de.txt": b"Sehr geehrte Damen und Herren, ich habe die Lampe noch nicht erhalten und bitte um Antwort.",
        "en.txt": b"Dear customer service, I have not received the lamp and I would like to have my money back.",
    }
    (tmp_path / "a.zip").write_bytes(made.zipped(words))
    assert [one.language for one in split(read(tmp_path / "a.zip"))] == ["de", "en"]
