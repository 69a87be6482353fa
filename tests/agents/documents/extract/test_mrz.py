"""Machine-readable zones are repaired as far as their check digits prove it, and never believed beyond."""

from datetime import date

import pytest

from agents.documents.extract.layout import lay_out
from agents.documents.extract.mrz import Zone, check_digit, find_zone
from agents.documents.values import assemble, flow

TODAY = date(2026, 11, 23)
PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")


def find(*lines: str) -> Zone | None:
    return find_zone(lay_out(assemble([flow(["PASSPORT", *lines], 1, "ocr")], "image/png")), TODAY)


def test_the_standard_s_own_examples_are_read() -> None:
    zone = find(*PASSPORT)
    assert zone is not None and zone.whole
    assert (zone.number, zone.names, zone.birth, zone.sex, zone.nationality, zone.expiry) == (
        "L898902C3", "ERIKSSON ANNA MARIA", "1974-08-12", "F", "UTO", "2012-04-15",
    )  # fmt: skip
    card = find(*CARD)
    assert card is not None and card.whole
    assert (card.document_type, card.number, card.birth) == ("id card", "D23145890", "1974-08-12")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("L898902C36UTO74O8I22F", "L898902C36UTO7408122F"), ("L8989O2C36", "L898902C36"), ("<<<<<10", "<<<10")],
)
def test_confused_letters_and_lost_fillers_are_repaired(wrong: str, right: str) -> None:
    line = PASSPORT[1].replace(right, wrong) if right in PASSPORT[1] else PASSPORT[1].replace(wrong, right)
    zone = find(PASSPORT[0][:-3], line)
    assert zone is not None and zone.whole
    assert (zone.number, zone.birth) == ("L898902C3", "1974-08-12")


def test_a_wrong_digit_is_flagged_and_not_hidden() -> None:
    zone = find(PASSPORT[0], PASSPORT[1].replace("7408122F", "7408132F"))
    assert zone is not None and not zone.whole
    assert "birth" not in zone.checked


def test_ordinary_text_is_no_zone() -> None:
    assert find("PLEASE COME AGAIN AND THANK YOU FOR SHOPPING", "1234567890123456789012345678901234567890ABCD") is None


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert check_digit("520727") == 3
    assert check_digit("D23145890") == 7


def test_signs_of_other_scripts_that_look_the_same_are_put_right() -> None:
    zone = find(CARD[0], CARD[1].replace("UTO", "UΤО"), "ERIKSSON<<ANNA<MARIA<くくくくくくくくく")
    assert zone is not None and zone.whole
    assert (zone.nationality, zone.names) == ("UTO", "ERIKSSON ANNA MARIA")


def test_digits_go_on_unseen_only_where_the_digit_of_the_whole_zone_is_right_too() -> None:
    zone = find(*PASSPORT)
    assert zone is not None and zone.sure >= {"number", "birth", "expiry"}
    changed = find(PASSPORT[0], PASSPORT[1].replace("<10", "<12"))
    assert changed is not None and changed.checked >= {"number", "birth", "expiry"}
    assert not changed.whole and not changed.sure & {"number", "birth", "expiry"}
