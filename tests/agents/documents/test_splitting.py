"""Several documents in one file are told apart; one document of several pages stays whole."""

from email.message import EmailMessage
from pathlib import Path

from agents.documents.reading import read
from agents.documents.splitting import named, split
from agents.documents.values import Reading
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
