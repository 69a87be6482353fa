"""Who issued a document: never its title, a greeting or the mail that carries it; on made-up heads in every form, where
the scores know what is in doubt."""

from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from agents import yaml_errors
from agents.documents.extract.dates import find_dates
from agents.documents.extract.engine import extract
from agents.documents.extract.identifiers import find_ibans
from agents.documents.extract.text import squeeze
from agents.documents.reading import finish, read
from agents.documents.values import Line, Page, Reading, assemble
from agents.fields_file import FieldsFile
from tests.agents.documents import made
from tests.agents.documents.extract.heads import head
from tests.agents.documents.extract.test_engine import fields_of

RECEIPT = Path(__file__).parents[4] / "agents" / "library" / "receipt" / "fields.yaml"
FIRST, MANY = 20_000, 600  # others than those that the rules were written by


def test_a_title_in_the_same_row_is_no_part_of_the_name(tmp_path: Path) -> None:
    page = ((50, 60, "Oakhurst Timber Ltd"), (440, 60, "INVOICE"), *made.INVOICE[1:2], *made.INVOICE[3:])
    assert (
        fields_of(read(made.pdf(tmp_path / "a.pdf", [page])), "invoice")["seller_name"].value == "Oakhurst Timber Ltd"
    )


def test_the_seller_of_an_attached_invoice_is_not_the_greeting_of_the_mail(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"], message["To"] = "a@supplier.example", "Rechnung", "b@shop.example"
    message.set_content("Guten Tag,\n\nanbei unsere Rechnung.\n\nViele Grüße\nSabine Kern\n")
    attached = made.pdf(tmp_path / "r.pdf").read_bytes()
    message.add_attachment(attached, maintype="application", subtype="pdf", filename="r.pdf")
    mail = tmp_path / "m.eml"
    mail.write_bytes(message.as_bytes())
    fields = fields_of(read(mail), "invoice")
    assert fields["seller_name"].value == "Nordlicht Handels GmbH"
    assert fields["total"].normalised == "119.00 EUR"


@pytest.mark.parametrize(
    "text", ["Dear Mr Miller", "Guten Morgen Frau Lang", "Xin chào chị Lan", "Kính gửi quý công ty"]
)
def test_a_greeting_is_nobodys_name(text: str) -> None:
    lines = (Line(text, 50, 10, 250, 24), Line("12,00 EUR", 50, 60, 150, 74))
    reading = finish(assemble([Page(1, 600, 800, lines, "pdf")], "application/pdf"))
    assert fields_of(reading, "receipt")["company"].value is None


@pytest.mark.parametrize(
    "text",
    [
        "VAT No GB 980 7806 84 IBAN GB29 NWBK 6016 1331 9268 19",
        "GB980780684  GB29NWBK60161331926819",
        "USt-IdNr. DE136695976, IBAN GB29 NWBK 6016 1331 9268 19 BIC NWBKGB2L",
    ],
)
def test_an_account_is_found_behind_a_tax_number(text: str) -> None:
    good = [one for one in find_ibans(text) if one.quality == 1.0]
    assert [one.normalised for one in good] == ["GB29NWBK60161331926819"]
    assert text[good[0].start : good[0].end].replace(" ", "") == "GB29NWBK60161331926819"


@pytest.mark.parametrize(
    "rows",
    [
        (("Số / No.:", "HD-77"), ("Ngày lập / Date of issue:", "05/11/2026"), ("Tổng cộng / Total:", "1.250.000 đ")),
        (("Số (No.): HD-77",), ("Ngày (Date): 05/11/2026",), ("Tổng cộng tiền thanh toán (Total payment): 1.250.000",)),
        (("Invoice No. / Rechnungsnr.", "HD-77"), ("Date / Datum", "05/11/2026"), ("Total / Summe", "1.250.000 VND")),
    ],
)
def test_labels_in_two_languages_stand_for_one_value(rows: tuple[tuple[str, ...], ...]) -> None:
    head = Line("CÔNG TY TNHH SAO MAI", 50, 10, 300, 24)
    lines = [head, Line("HÓA ĐƠN", 250, 40, 330, 54)]
    for place, row in enumerate(rows):
        top = 100 + 30 * place
        lines += [Line(text, 50 + 300 * i, top, 50 + 300 * i + 6 * len(text), top + 12) for i, text in enumerate(row)]
    reading: Reading = assemble([Page(1, 600, 800, tuple(lines), "pdf")], "application/pdf")
    fields = fields_of(reading, "invoice")
    assert fields["invoice_number"].value == "HD-77"
    assert fields["invoice_date"].normalised == date(2026, 11, 5).isoformat()
    assert fields["total"].normalised == "1250000 VND"


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (("HUAT HARDWARE ENTERPRISE", "(SETIA) SDN BHD", "822737-X"), "HUAT HARDWARE ENTERPRISE (SETIA) SDN BHD"),
        (("ONE ONE THREE RESTAURANT SDN", "BHD", "(1120908-M)"), "ONE ONE THREE RESTAURANT SDN BHD"),
        (("HENG STATIONERY", "& BOOKS", "NO. 53, JALAN BESAR"), "HENG STATIONERY & BOOKS"),
        (("BERJAYA COFFEE", "COMPANY SDN BHD (449879-T)", "LEVEL 10, WEST WING"), "BERJAYA COFFEE COMPANY SDN BHD"),
        (("RESTAURANT KIMLEE", "KIMLEE HOUSE", "13, JLN TASIK UTAMA 8"), "RESTAURANT KIMLEE KIMLEE HOUSE"),
        (("MYDIN HYPERMARKET", "MYDIN HOLDINGS BHD", "LOT 675, PERSIARAN SUBANG"), "MYDIN HOLDINGS BHD"),
        (("PETRON BKT LANJAN SB", "KM 458.4 BKT LANJAN UTARA"), "PETRON BKT LANJAN SB"),
    ],
)  # fmt: skip
def test_a_name_of_two_rows_is_one_name(rows: tuple[str, ...], name: str) -> None:
    lines = [Line(text, 50, 40 + 40 * n, 50 + 12 * len(text), 64 + 40 * n) for n, text in enumerate(rows)]
    lines.append(Line("TOTAL RM 12.30", 50, 800, 250, 824))
    reading = finish(assemble([Page(1, 600, 1500, tuple(lines), "ocr")], "image/jpeg"))
    assert fields_of(reading, "receipt")["company"].value == name


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("23-O3-2018", "2018-03-23"),
        ("l2/03/2018", "2018-03-12"),
        ("23/0312018", "2018-03-23"),
        ("25/03/18.14:22", "2018-03-25"),
        ("16 Mac 2018", "2018-03-16"),
        ("2018-Mar-25", "2018-03-25"),
        ("23-MAR-20181:22", "2018-03-23"),
    ],
)
def test_a_misread_date_is_still_a_date(text: str, day: str) -> None:
    (found,) = find_dates(text)
    assert found.normalised == day
    assert found.text[-2:] == text[found.end - 2 : found.end]


def test_a_date_in_two_cells_of_a_row_is_found() -> None:
    lines = (
        Line("Date 23/03", 50, 40, 170, 64),
        Line("/2018", 175, 40, 240, 64),
        Line("TOTAL RM 12.30", 50, 90, 250, 114),
    )
    reading = finish(assemble([Page(1, 600, 1500, lines, "ocr")], "image/jpeg"))
    assert fields_of(reading, "receipt")["date"].normalised == "2018-03-23"


@pytest.fixture(scope="module")
def heads() -> list[tuple[bool, bool, float]]:
    """Name right, address right, the chance of both as the scores say it."""
    file = yaml_errors.parse(FieldsFile, RECEIPT.read_text("utf-8"))
    found = []
    for number in range(FIRST, FIRST + MANY):
        made = head(number)
        fields = {field.name: field for field in extract(made.reading, file)[0]}
        company, address = fields["company"], fields["address"]
        found.append(
            (
                squeeze(company.value or "") == squeeze(made.company),
                squeeze(address.value or "") == squeeze(made.address),
                company.score * address.score,
            )
        )
    return found


def test_names_and_addresses_are_found_in_every_form(heads: list[tuple[bool, bool, float]]) -> None:
    assert sum(company for company, _, _ in heads) >= 0.93 * MANY
    assert sum(address for _, address, _ in heads) >= 0.97 * MANY


def test_the_surer_half_is_nearly_always_right(heads: list[tuple[bool, bool, float]]) -> None:
    surer = sorted(heads, key=lambda one: -one[2])[: MANY // 2]
    assert sum(company and address for company, address, _ in surer) >= 0.99 * len(surer)
