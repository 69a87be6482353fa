"""Short boxes are read narrow where they hold clear numbers, and padded where not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from agents.documents.ocr.latin import LatinReader, Picture
from bench.document_files import font_file


@pytest.fixture(scope="module")
def reader() -> LatinReader:
    return LatinReader()


def printed(text: str) -> Picture:
    face = ImageFont.truetype(str(font_file("SourceSansPro-Regular")), 32)
    image = Image.new("RGB", (int(face.getlength(text)) + 12, 44), "white")
    ImageDraw.Draw(image).text((6, 2), text, fill="black", font=face)
    return np.asarray(image).copy()


def test_sums_and_words_of_any_width_come_back_in_their_order(reader: LatinReader) -> None:
    texts = ["1,249.50", "Total", "7", "Nordlicht Handels GmbH, Lindenstr. 12, 10969 Berlin", "26.11.2026", "Kettle"]
    assert [one.text for one in reader.read([printed(text) for text in texts])] == texts


def test_only_what_is_no_clear_number_is_read_twice(reader: LatinReader, monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[float] = []
    read = reader._read

    def counted(crops: list[Picture]) -> list[object]:
        widths.extend(cut.shape[1] / cut.shape[0] for cut in crops)
        return list(read(crops))

    monkeypatch.setattr(reader, "_read", counted)
    reader.read([printed("1,249.50"), printed("Total")])
    assert [width > 6 for width in widths] == [False, False, True]
