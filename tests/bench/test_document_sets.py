"""A set's keys are held against its own transcripts, where it has them."""

import json
from pathlib import Path

import pytest

from bench import document_sets


@pytest.mark.parametrize(
    ("address", "transcribed"), [("12, Jalan Bayu, 81100 Johor", True), ("12, JALAN BAYA, 81100 JOHOR", False)]
)
def test_a_key_that_the_transcript_does_not_print_is_told(tmp_path: Path, address: str, transcribed: bool) -> None:
    for name in ("img", "key", "box"):
        (tmp_path / name).mkdir()
    (tmp_path / "img" / "1.jpg").write_bytes(b"")
    (tmp_path / "key" / "1.json").write_text(json.dumps({"total": "9.00", "address": address}))
    rows = ["1,2,3,2,3,4,1,4,12, JALAN BAYU,", "1,6,3,6,3,8,1,8,81100 JOHOR", "1,9,3,9,3,9,1,9,TOTAL RM9.00"]
    (tmp_path / "box" / "1.csv").write_text("\n".join(rows))
    (case,) = document_sets.load(tmp_path)
    assert case.transcribed is transcribed


def test_a_set_without_transcripts_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "a.json").write_text(json.dumps({"total": "9.00"}))
    assert document_sets.load(tmp_path)[0].transcribed is None
