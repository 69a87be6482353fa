"""Pictures are read in two scripts, upright or not; their codes too. A few small pictures, since each takes seconds."""

from collections.abc import Iterator

import numpy as np
import pytest

from agents.documents.ocr.engine import OcrEngine, skew
from agents.documents.ocr.vietnamese import looks_vietnamese
from agents.documents.parser import Hints
from agents.documents.values import Code, Page, evidence
from bench.document_files import degrade
from bench.document_pictures import identity_card, receipt


@pytest.fixture(scope="module")
def engine() -> Iterator[OcrEngine]:
    yield OcrEngine()


def read(engine: OcrEngine, picture: np.ndarray, language: str = "") -> tuple[Page, list[Code]]:
    parts = list(engine.read(picture, 1, Hints(language=language)))
    (page,) = [part for part in parts if isinstance(part, Page)]
    return page, list(page.codes)


def test_a_vietnamese_receipt_keeps_its_diacritics(engine: OcrEngine) -> None:
    made = receipt(1, "vi", "SourceSansPro-Regular")
    page, _ = read(engine, degrade(made.grey, 1, "scan"))
    assert page.reader.startswith("ocr-")
    assert "CỬA HÀNG SAO LA LIVING" in page.text
    assert "Cảm ơn quý khách!" in page.text
    assert "Tổng cộng:  2.939.000" in page.text


def test_a_page_on_its_side_is_turned(engine: OcrEngine) -> None:
    made = receipt(2, "en", "SourceSansPro-Regular")
    page, _ = read(engine, np.ascontiguousarray(np.rot90(degrade(made.grey, 2, "scan"))))
    assert page.reader == "ocr"
    assert "SAO LA LIVING LTD" in page.text
    assert (page.width, page.height, page.turned) == (620.0, 588.0, 270)
    (total,) = [line for line in page.lines if line.text.startswith("TOTAL")]
    box = evidence(page, total).box
    assert box is not None
    assert box[0] > 0.5 and box[1] > 0.5  # low and left on the receipt, so right and low on the picture on its side


def test_the_code_of_a_card_is_read_with_its_place(engine: OcrEngine) -> None:
    made = identity_card(8)
    _, codes = read(engine, degrade(made.grey, 8, "scan"), "vi")
    (code,) = codes
    assert (code.kind, code.text) == ("qr", made.code)
    assert code.box is not None and code.box[0] > 0.7 and code.box[3] < 0.4


def test_vietnamese_is_recognised_even_when_its_marks_were_dropped() -> None:
    assert looks_vietnamese(["Hoa don ban le", "Dia chi: 5 Hang Bai"])
    assert looks_vietnamese(["Tổng cộng"])
    assert not looks_vietnamese(["Rechnung über Äpfel", "Total"])


def test_the_skew_of_a_page_is_the_median_of_its_long_lines() -> None:
    quads = [np.array([[0, y], [200, y + 7], [200, y + 27], [0, y + 20]], np.float32) for y in (0, 50, 100, 150)]
    assert skew(quads) == pytest.approx(2.0, abs=0.05)
    assert skew(quads[:2]) == 0.0
