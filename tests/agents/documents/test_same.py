"""A document saved again is the same one; a few words alone tell nothing."""

from dataclasses import replace
from pathlib import Path

from agents.documents.reading import read
from agents.documents.same import LEAST_NUMBERS, content_key, picture_numbers
from agents.documents.values import assemble, flow
from tests.agents.documents import made


def test_layout_does_not_matter_and_one_digit_does(tmp_path: Path) -> None:
    moved = tuple((x + 7, y + 3, text) for x, y, text in made.INVOICE)
    other = tuple((x, y, text.replace("119,00", "119,01")) for x, y, text in made.INVOICE)
    keys = [content_key(read(made.pdf(tmp_path / "a.pdf", [page]))) for page in (made.INVOICE, moved, other)]
    assert keys[0] == keys[1] != keys[2]
    assert keys[0]


def test_too_little_text_has_no_key() -> None:
    short = assemble([flow(["Thank you", "12.00"], 1, "text")], "text/plain")
    assert content_key(short) == content_key(replace(short, pages=())) == ""


def test_a_picture_is_told_by_its_numbers_and_a_text_is_not() -> None:
    rows = [f"Item {number} 1{number}.50" for number in range(LEAST_NUMBERS)] + ["Tel 07-355 2616", "12/01/2019"]
    page = flow(rows, 1, "ocr")
    numbers = picture_numbers(assemble([page], "image/jpeg"))
    assert {"1050", "12012019", "2616"} <= set(numbers)
    assert numbers == sorted(set(numbers))
    assert picture_numbers(assemble([flow(rows, 1, "pdf")], "application/pdf")) == []
    assert picture_numbers(assemble([flow(rows[:3], 1, "ocr")], "image/jpeg")) == []
