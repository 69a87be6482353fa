"""A document saved again is the same one; a few words alone tell nothing."""

from dataclasses import replace
from pathlib import Path

from agents.documents.reading import read
from agents.documents.same import content_key
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
