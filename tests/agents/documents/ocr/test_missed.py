"""A row that the detector passed over is found again; blank space and rules are none."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from agents.documents.ocr.latin import Picture, Quad
from agents.documents.ocr.missed import between
from bench.document_files import font_file

FACE = ImageFont.truetype(str(font_file("SourceSansPro-Regular")), 26)
STEP = 44


def _page(rows: list[str]) -> tuple[Picture, list[Quad]]:
    image = Image.new("RGB", (600, 60 + STEP * len(rows)), "white")
    pen = ImageDraw.Draw(image)
    quads = []
    for number, text in enumerate(rows):
        left, top, right, bottom = pen.textbbox((40, 30 + STEP * number), text, font=FACE)
        pen.text((40, 30 + STEP * number), text, fill="black", font=FACE)
        corners = [[left - 4, top - 4], [right + 4, top - 4], [right + 4, bottom + 4], [left - 4, bottom + 4]]
        quads.append(np.array(corners, np.float32))
    return np.asarray(image).copy(), quads


ROWS = ["NORDLICHT LTD", "12 Harbour Street", "Kiel 24103", "Tel 0431 123", "Receipt 42", "Lamp 12.00", "Total 12.00"]


def test_a_row_without_a_box_gets_one() -> None:
    picture, quads = _page(ROWS)
    assert between(picture, quads) == []
    (found,) = between(picture, [*quads[:2], *quads[3:]])
    missed = quads[2]
    assert abs(float(found[:, 1].mean() - missed[:, 1].mean())) < STEP / 4
    assert found[0][0] <= missed[0][0] + 6 and found[1][0] >= missed[1][0] - 6


def test_blank_space_and_a_rule_are_no_rows() -> None:
    picture, quads = _page(ROWS)
    top, bottom = int(quads[2][0][1]) - 2, int(quads[2][2][1]) + 2
    picture[top:bottom] = 255
    kept = [*quads[:2], *quads[3:]]
    assert between(picture, kept) == []
    picture[(top + bottom) // 2 - 2 : (top + bottom) // 2 + 2] = 0
    assert between(picture, kept) == []
