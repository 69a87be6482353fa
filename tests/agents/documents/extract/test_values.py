"""Amounts, dates and numbers with a meaning, as three languages and bad scanners print them."""

import pytest

from agents.documents.extract.amounts import decimal_sign, find_amounts, main_currency
from agents.documents.extract.dates import date_order, find_dates
from agents.documents.extract.identifiers import (
    check_tax_number,
    find_ibans,
    find_identity_numbers,
    find_phones,
    find_tax_numbers,
)
from agents.documents.extract.layout import lay_out
from agents.documents.extract.rank import rank
from agents.documents.extract.spelling import mend
from agents.documents.extract.text import fold, squeeze
from agents.documents.values import Reading, flow
from agents.fields_file import FieldSpec


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("TOTAL RM 33.92", "33.92 MYR"),
        ("Rounding -RM 0.02", "-0.02 MYR"),
        ("1.250.000 đ", "1250000 VND"),
        ("Tổng cộng: 1,250,000 VNĐ", "1250000 VND"),
        ("EUR 1.234,56", "1234.56 EUR"),
        ("1 234,56 €", "1234.56 EUR"),
        ("£1,234.50", "1234.50 GBP"),
        ("Pfand -0,25", "-0.25"),
        ("15 .90", "15.90"),
        ("CHF 1'250.00", "1250.00 CHF"),
    ],
)
def test_an_amount_is_found_however_it_is_written(text: str, normalised: str) -> None:
    assert [one.normalised for one in find_amounts(text)] == [normalised]


@pytest.mark.parametrize("text", ["SS21/39,47400", "12/01/2019", "10:43", "19 %", "v1.2.3.4"])
def test_what_only_looks_like_an_amount_is_left_alone(text: str) -> None:
    assert not [one for one in find_amounts(text) if one.quality > 0.5]


def test_the_document_itself_says_which_sign_is_decimal_and_which_currency_is_meant() -> None:
    assert decimal_sign("1,50 2,30 1.000,00") == ","
    assert decimal_sign("1.50 2.30") == "."
    assert main_currency("Summe 3,50 € Rest 2,00 €") == "EUR"
    assert main_currency("nothing") == ""


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("25/12/2018 8:13:39 PM", "2018-12-25"),
        ("12-01-19 21:13", "2019-01-12"),
        ("05 MAR 2018", "2018-03-05"),
        ("17JAN2018", "2018-01-17"),
        ("August 3 , 2014", "2014-08-03"),
        ("2. Juli 2015", "2015-07-02"),
        ("7. Mai 2014", "2014-05-07"),
        ("Ngày 05 tháng 11 năm 2026", "2026-11-05"),
        ("12/28/2017", "2017-12-28"),
        ("2017-12-31", "2017-12-31"),
        ("30.04.2009:43", "2020-04-30"),
        ("25/03/201812:30:00", "2018-03-25"),
        ("No.-25/03/2018", "2018-03-25"),
        ("19 april 2014", "2014-04-19"),
    ],
)
def test_a_date_is_found_however_it_is_written(text: str, iso: str) -> None:
    assert [one.normalised for one in find_dates(text)] == [iso]


@pytest.mark.parametrize(
    "text",
    ["27/0372018", "27//03/2018", "27/03/201814.43.22", "CS0012327/03/2018", "27-03-2018-001", "Z7 MAR 2018",
     "27 MAR 2O18", "MAR 27, 18", "27MAR18 18:22", "2018年3月27日", "27-Mac-2018", "27,03,2018", "Tue,27 Mar 2018",
     "27hb Mac 2018", "27/03/181822", "2018 03 27",
     "Date: 20180327", "27_03_2018", "27l03I2018", "2018-03-27-12.30.11", "27/0 3/2018", "12:3027/03/18", "27|03|2018",
     "Date: 27103118", "Date 27'03'18", "Tarikh: 27~03~2018"],
)  # fmt: skip
def test_a_date_is_found_among_misread_and_crowded_signs(text: str) -> None:
    assert [one.normalised for one in find_dates(text)] == ["2018-03-27"]


@pytest.mark.parametrize("text", ["Jun 20 45 items", "27 mar 18.50", "1-800-27-03", "Mar 20 12:33", "27/03"])
def test_other_numbers_are_no_dates(text: str) -> None:
    assert find_dates(text) == []


def test_impossible_dates_are_none() -> None:
    assert find_dates("31/02/2020 00/00/0000 45.13.2020") == []


def test_the_order_of_day_and_month_is_proven_or_guessed_from_currency_and_language() -> None:
    assert date_order("12/28/2017") == "mdy"
    assert date_order("28/12/2017", "USD", "en") == "dmy"
    assert date_order("01/02/2017", "USD", "en") == "mdy"
    assert date_order("01/02/2017", "EUR", "de") == "dmy"


def test_check_digits_tell_right_tax_numbers_from_wrong_ones() -> None:
    assert check_tax_number("DE136695976")
    assert not check_tax_number("DE136695977")
    assert check_tax_number("0100109106")
    assert not check_tax_number("0100109107")
    (found,) = find_tax_numbers("MST: 0100109106")
    assert found.normalised == "0100109106" and found.quality > 0.9


def test_an_iban_ends_where_its_check_digits_say() -> None:
    (found,) = find_ibans("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFF")
    assert found.text == "DE89 3704 0044 0532 0130 00"
    assert found.quality == 1.0
    (wrong,) = find_ibans("IBAN DE89 3704 0044 0532 0130 01")
    assert wrong.quality < 0.5


def test_phones_and_identity_numbers() -> None:
    assert [one.normalised for one in find_phones("hotline 0912 345 678")] == ["+84912345678"]
    assert find_identity_numbers("Số: 001090012345")[0].quality > 0.8
    assert find_identity_numbers("Số: 991090012345")[0].quality < 0.5


def test_folding_keeps_every_character_in_its_place() -> None:
    text = "Địa chỉ: Straße Ủy"
    assert fold(text) == "dia chi: strase uy"
    assert len(fold(text)) == len(text)
    assert squeeze("NO. 53, Jalan ") == "no53jalan"


def test_single_misread_letters_in_common_words_are_mended_and_nothing_else() -> None:
    assert mend("12, Jaian Tampoi, Jahor") == "12, Jalan Tampoi, Johor"
    assert mend("10T 1851-A") == "LOT 1851-A"
    assert mend("Taste Of The WorId") == "Taste Of The World"
    assert mend("Nguyễn Văn Bách 1851") == "Nguyễn Văn Bách 1851"


def test_a_label_in_two_languages_is_no_value() -> None:
    spec = FieldSpec(name="full_name", type="name", labels={"vi": ("Họ và tên",)})
    rows = ("Họ và tên / Full name:", "PHAN THÁI SƠN", "Nơi ở / Residence: 9 Trần Phú")
    sheet = lay_out(Reading("image/png", (flow(rows, 1, "ocr"),)))
    assert rank(sheet, spec)[0].found.text == "PHAN THÁI SƠN"
    home = FieldSpec(name="home", type="text", labels={"vi": ("Nơi ở",)})
    assert rank(sheet, home)[0].found.text == "9 Trần Phú"
