"""Each type of field: value, normalised value, score and where it was read; and a reason where there is none."""

from typing import get_args

import pytest

from agents import yaml_errors
from agents.documents.extract.engine import extract
from agents.documents.reading import finish
from agents.documents.values import Reading, assemble, flow
from agents.fields_file import FieldsFile, FieldType
from core.contracts import FieldValue

FILE = """
document_types: [form]
fields:
  - {name: subject, type: text, labels: {en: [Subject], de: [Betreff], vi: [Về việc]}}
  - {name: day, type: date, labels: {en: [Date], de: [Datum], vi: [Ngày]}}
  - {name: total, type: money, labels: {en: [Total], de: [Summe], vi: [Tổng cộng]}}
  - {name: pieces, type: integer, labels: {en: [Pieces], de: [Stück], vi: [Số lượng]}}
  - {name: weight, type: number, labels: {en: [Weight], de: [Gewicht], vi: [Khối lượng]}}
  - {name: rate, type: percent, labels: {en: [VAT rate], de: [Steuersatz], vi: [Thuế suất]}}
  - {name: tax_code, type: tax_number, labels: {en: [VAT No], de: [USt-IdNr], vi: [MST]}, checks: [check_digit]}
  - {name: account, type: iban, labels: {en: [IBAN]}, checks: [check_digit]}
  - {name: call, type: phone, labels: {en: [Phone], de: [Telefon], vi: [Điện thoại]}}
  - {name: mail, type: email, labels: {en: [E-mail]}}
  - {name: web, type: url, labels: {en: [Website]}}
  - {name: home, type: address, labels: {en: [Address], de: [Anschrift], vi: [Địa chỉ]}}
  - {name: person, type: name, labels: {en: [Name], de: [Kunde], vi: [Họ và tên]}}
  - {name: id_number, type: identity_number, labels: {en: [ID No], de: [Ausweis], vi: [Số CCCD]}}
  - name: lines
    type: table
    columns:
      - {name: what, type: text, labels: {en: [Description], de: [Bezeichnung], vi: [Tên hàng]}}
      - {name: amount, type: money, labels: {en: [Amount], de: [Betrag], vi: [Thành tiền]}}
"""
ENGLISH = (
    "Subject: Return of a lamp", "Date: 5 November 2026", "Name: Ada Miller", "Address: 5 Quay Walk, Bristol BS1 4RT",
    "ID No: 001090012345", "Phone: +44 117 496 0123", "E-mail: ada@example.com", "Website: www.example.com/lamps",
    "VAT No: GB980780684", "IBAN: GB29 NWBK 6016 1331 9268 19", "Pieces: 12", "Weight: 3.25", "VAT rate: 20 %",
    "Description\tAmount", "Lamp\t40.00", "Bulb\t60.00", "Total: 100.00 GBP",
)  # fmt: skip
GERMAN = (
    "Betreff: Rückgabe einer Lampe", "Datum: 05.11.2026", "Kunde: Ada Müller", "Anschrift: Kirchweg 15, 50677 Köln",
    "Ausweis: 001090012345", "Telefon: +49 221 4710 123", "E-mail: ada@example.de", "Website: www.example.de/lampen",
    "USt-IdNr: DE136695976", "IBAN: DE89 3704 0044 0532 0130 00", "Stück: 12", "Gewicht: 3,25", "Steuersatz: 19 %",
    "Bezeichnung\tBetrag", "Lampe\t40,00", "Birne\t60,00", "Summe: 1.100,00 €",
)  # fmt: skip
VIETNAMESE = (
    "Về việc: Trả lại đèn bàn", "Ngày 05 tháng 11 năm 2026", "Họ và tên: Nguyễn Văn An",
    "Địa chỉ: 25 đường Lê Lợi, Quận 1, TP. Hồ Chí Minh", "Số CCCD: 001090012345", "Điện thoại: 0912 345 678",
    "E-mail: an@example.vn", "Website: www.example.vn/den", "MST: 0100109106", "IBAN: DE89 3704 0044 0532 0130 00",
    "Số lượng: 12", "Khối lượng: 3,25", "Thuế suất: 10 %",
    "Tên hàng\tThành tiền", "Đèn\t400.000", "Bóng\t600.000", "Tổng cộng: 1.000.000 đ",
)  # fmt: skip
READ = {  # value and normalised value in each language; None: the same in all
    "subject": ("Return of a lamp", "Rückgabe einer Lampe", "Trả lại đèn bàn"),
    "day": ("2026-11-05",) * 3,
    "total": ("100.00 GBP", "1100.00 EUR", "1000000 VND"),
    "pieces": ("12",) * 3,
    "weight": ("3.25",) * 3,
    "rate": ("20", "19", "10"),
    "tax_code": ("GB980780684", "DE136695976", "0100109106"),
    "account": ("GB29NWBK60161331926819", "DE89370400440532013000", "DE89370400440532013000"),
    "call": ("+441174960123", "+492214710123", "+84912345678"),
    "mail": ("ada@example.com", "ada@example.de", "an@example.vn"),
    "web": ("www.example.com/lamps", "www.example.de/lampen", "www.example.vn/den"),
    "home": ("5 Quay Walk, Bristol BS1 4RT", "Kirchweg 15, 50677 Köln", "25 đường Lê Lợi, Quận 1, TP. Hồ Chí Minh"),
    "person": ("Ada Miller", "Ada Müller", "Nguyễn Văn An"),
    "id_number": ("001090012345",) * 3,
}


def read(*rows: str) -> dict[str, FieldValue]:
    reading: Reading = finish(assemble([flow(rows, 1, "text")], "text/plain"))
    return {field.name: field for field in extract(reading, yaml_errors.parse(FieldsFile, FILE))[0]}


def test_the_file_above_has_every_type() -> None:
    assert {one.type for one in yaml_errors.parse(FieldsFile, FILE).fields} == set(get_args(FieldType))


@pytest.mark.parametrize(("place", "rows"), [(0, ENGLISH), (1, GERMAN), (2, VIETNAMESE)], ids=("en", "de", "vi"))
def test_each_type_is_read_with_its_place_and_a_score(place: int, rows: tuple[str, ...]) -> None:
    fields = read(*rows)
    assert {name: fields[name].normalised for name in READ} == {name: told[place] for name, told in READ.items()}
    table = fields["lines"]
    assert table.value is not None and len(table.value.splitlines()) == 2
    for field in fields.values():
        assert 0 < field.score <= 1
        assert field.evidence is not None and field.evidence.box is not None and field.evidence.page == 1


def test_each_type_that_is_missing_says_why() -> None:
    for field in read("nothing to be read here").values():
        assert (field.value, field.evidence, field.score) == (None, None, 0.0)
        assert field.reason
