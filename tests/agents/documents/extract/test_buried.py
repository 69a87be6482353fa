"""Where a document has no other date, one that signs stand close around is taken, and said to be doubtful."""

import pytest

from agents.documents.extract.buried import find_buried
from agents.documents.extract.dates import find_dates
from agents.documents.reading import finish
from agents.documents.values import Line, Page, assemble
from tests.agents.documents.extract.test_engine import fields_of


@pytest.mark.parametrize(
    "text",
    ["C01225/03/18-0012", "25/03/181", "POS1-25/3/2018-001", "12325MAR2018", "25-Mar-1814.22", "NoMar 25 2018",
     "14:222018-03-25", "12320180325-1", "03/25/2018-001", "25.03.18/1", "I25 March 20181422"],
)  # fmt: skip
def test_a_date_is_found_between_other_signs(text: str) -> None:
    assert find_dates(text) == []
    (found,) = find_buried(text)
    assert found.normalised == "2018-03-25"
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize("text", ["03-80791234", "1,200.50", "31/02/2018", "LOT 12-18, JALAN 7/118B", "SR 12.00 6%"])
def test_other_numbers_hold_none(text: str) -> None:
    assert find_buried(text) == []


def test_it_counts_only_where_nothing_else_is_a_date() -> None:
    rows = ["SHOP SDN BHD", "C01225/03/18-0012", "TOTAL RM 12.30"]
    lines = [Line(text, 50, 40 + 50 * n, 50 + 12 * len(text), 64 + 50 * n) for n, text in enumerate(rows)]
    alone = fields_of(finish(assemble([Page(1, 600, 1500, tuple(lines), "ocr")], "image/jpeg")), "receipt")["date"]
    assert alone.normalised == "2018-03-25"
    assert alone.score < 0.7
    lines.append(Line("26/03/2018 12:40", 50, 300, 250, 324))
    beside = fields_of(finish(assemble([Page(1, 600, 1500, tuple(lines), "ocr")], "image/jpeg")), "receipt")["date"]
    assert (beside.normalised, beside.score > 0.9) == ("2018-03-26", True)
