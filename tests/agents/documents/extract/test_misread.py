"""Dates with one sign misread are read as they were printed, and what is no date stays what it is."""

import random
from datetime import date, timedelta

import pytest

from agents.documents.extract.dates import find_dates
from agents.documents.extract.misread import mend

SLIPS = {"0": "OoD", "1": "lI|i!", "5": "S", "8": "B", "2": "Z", "/": ".-'", "-": ".~_–=", "N": "M", "O": "0"}
BEFORE = ("", "Date: ", "Tarikh:", "DATE ", "Mon, ", "(Wed)", "#004213 ")
BEHIND = ("", " 14:23", "14:23", " 2:23:10 PM", "(Mon)", ", 18:05")
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def printed(day: date, form: int) -> str:
    month = MONTHS[day.month - 1]
    return (
        f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day:%d-%m-%y}", f"{day:%Y-%m-%d}",
        f"{day:%d}-{month}-{day:%Y}", f"{day:%d} {month} {day:%Y}", f"{day:%d}{month}{day:%y}",
    )[form]  # fmt: skip


@pytest.mark.parametrize("slips", [0, 1])
def test_dates_survive_a_misread_sign(slips: int) -> None:
    chance = random.Random(3)
    right = wrong = 0
    for number in range(2_000):
        day = date(2015, 1, 1) + timedelta(days=chance.randrange(2_000))
        text = list(printed(day, number % 7))
        places = [place for place, sign in enumerate(text) if sign in SLIPS]
        for place in chance.sample(places, min(slips, len(places))):
            text[place] = chance.choice(SLIPS[text[place]])
        found = find_dates(chance.choice(BEFORE) + "".join(text) + chance.choice(BEHIND))
        right += bool(found) and found[0].normalised == day.isoformat()
        wrong += bool(found) and found[0].normalised != day.isoformat()
    assert right >= (1_940 if slips else 2_000)
    assert wrong <= 4


def test_what_was_mended_is_told_as_it_was_printed_and_is_less_sure() -> None:
    (mended,), (clean,) = find_dates("Date: I2/O4/2018"), find_dates("Date: 12/04/2018")
    assert (mended.text, mended.normalised) == ("12/04/2018", "2018-04-12")
    assert mended.quality < clean.quality


def test_a_month_s_first_letter_may_be_misread() -> None:
    assert [one.normalised for text in ("28-OEC-2017", "28 0ec 2017") for one in find_dates(text)] == ["2017-12-28"] * 2


@pytest.mark.parametrize(
    "text",
    [
        "Tel: 03-8076 1234",
        "12:03-19",
        "1,200.50 15",
        "SO 10-20 IS",
        "B12 S04 Z18",
        "No. 5-1-2",
        "GST 6% SR 12.00",
        "lot 15 dec",
    ],
)
def test_what_is_no_date_is_left_alone(text: str) -> None:
    assert mend(text) == text


@pytest.mark.parametrize("text", ["25 03-18", "25-03 18", "25/03 18 14:22", "25 03/18 2:22 pm"])
def test_a_short_date_alone_in_its_line_may_lack_a_stroke(text: str) -> None:
    (found,) = find_dates(text)
    assert (found.normalised, found.text) == ("2018-03-25", text[:8])
    assert found.quality < 0.5
    assert find_dates(f"No {text}") == []
