"""A value is the expected one by its letters and digits, its amount or its day, however it is printed."""

import pytest

from agents.documents.extract.compare import same
from core.contracts import FieldValue


def money(value: str, normalised: str) -> FieldValue:
    return FieldValue(name="total", type="money", value=value, normalised=normalised)


@pytest.mark.parametrize("truth", ["1,200.50", "RM 1200.50", "RM1,200.50", "$1200.5", "1200.50 EUR", "1200.500"])
def test_sums_are_numbers_whatever_currency_stands_beside_them(truth: str) -> None:
    assert same(money("1,200.50", "1200.50 MYR"), truth)
    assert not same(money("1,200.00", "1200.00 MYR"), truth)


def test_names_ignore_case_spaces_and_punctuation_only() -> None:
    name = FieldValue(name="company", type="name", value="Gin Kee & Co.", normalised="Gin Kee & Co.")
    assert same(name, "GIN KEE CO")
    assert not same(name, "GIN KEF CO")


def test_a_day_counts_in_iso_form_too_and_a_missing_value_never() -> None:
    day = FieldValue(name="date", type="date", value="05/11/2026", normalised="2026-11-05")
    assert same(day, "2026-11-05") and same(day, "05.11.2026")
    assert not same(day, "2026-05-11")
    assert not same(FieldValue(name="date", type="date"), "")
