"""The first reader of pictures: PP-OCRv6-small by rapidocr (its weights are in the wheel), one thread a process.

Source: PaddleOCR's PP-OCRv6 detection and recognition networks, run by onnxruntime. Measured here: 0.58 receipts a
second a core, the long side capped at 1,500 pixels without loss.
"""

from math import dist
from typing import Any, NamedTuple

import cv2
import numpy as np
from rapidocr import RapidOCR

LONG_SIDE = 1500
# The library pads each box to 320 pixels at 48 high, and to the widest of its batch of six. Half of an invoice's
# boxes are sums narrower than 140: read alone and padded to 96 they cost half as much, and clear digits are read as
# well. Words are not (632 lines of receipts' heads: 537 right padded, 530 not): what is no clear number is read
# again, padded.
SHORTEST, PADDED = 96, 320 / 48  # pixels at 48 high; width to height
SHORT = 4.0  # width to height of a box that may be a sum
CLEAR = 0.98  # of the least sure digit

Picture = np.ndarray[Any, Any]
Quad = np.ndarray[Any, Any]  # 4 corners x 2, clockwise from the top left


class ReadLine(NamedTuple):
    """A line as it was read: its text, the mean certainty of its characters, that of the least sure letter or digit."""

    text: str
    score: float
    least: float


class LatinReader:
    """Finds text boxes and reads them; knows Latin letters and digits, but few Vietnamese ones."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": LONG_SIDE,
                "Global.text_score": 0.0,
                "Global.return_word_box": True,  # it brings the certainty of each letter
                "Rec.rec_img_shape": [3, 48, SHORTEST],
                "Rec.rec_batch_num": 1,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        blank = np.full((64, 320, 3), 255, np.uint8)  # loads both networks now, so that children share their memory
        self.find(blank)
        self.read([blank])

    def find(self, picture: Picture) -> list[Quad]:
        """Return the text boxes as quads in the picture's pixels."""
        result: Any = self._engine(picture, use_det=True, use_cls=False, use_rec=False)
        return [] if result is None or result.boxes is None else [np.asarray(quad, np.float32) for quad in result.boxes]

    def read(self, crops: list[Picture]) -> list[ReadLine]:
        """Read upright crops of one line each."""
        read = self._read([cut if _is_short(cut) else _padded(cut) for cut in crops])
        unclear = [place for place, cut in enumerate(crops) if _is_short(cut) and not _is_clear_number(read[place])]
        for place, again in zip(unclear, self._read([_padded(crops[place]) for place in unclear]), strict=True):
            read[place] = again
        return read

    def _read(self, crops: list[Picture]) -> list[ReadLine]:
        if not crops:
            return []
        result: Any = self._engine.recognize_txt(crops)
        return [
            ReadLine(str(text), float(score), _least(str(text), words))
            for text, score, words in zip(result.txts, result.scores, result.word_results, strict=True)
        ]


def _is_short(cut: Picture) -> bool:
    height, width = cut.shape[:2]
    return bool(width < SHORT * height)


def _is_clear_number(one: ReadLine) -> bool:
    return one.least >= CLEAR and any(map(str.isdigit, one.text)) and not any(map(str.isalpha, one.text))


def _padded(cut: Picture) -> Picture:
    """The crop with grey, which the network takes for nothing, on its right: at least as wide as high, since it is too
    sure of a line that fills the whole width."""
    height, width = cut.shape[:2]
    more = max(height, int(PADDED * height) - width)
    return cv2.copyMakeBorder(cut, 0, 0, 0, more, cv2.BORDER_CONSTANT, value=(127, 127, 127))


def _least(text: str, words: Any) -> float:
    """The certainty of the least sure letter or digit; a misread comma does no harm."""
    sure = list(getattr(words, "confs", ()))
    if len(sure) != len(text):
        return 1.0
    return round(float(min((value for sign, value in zip(text, sure, strict=True) if sign.isalnum()), default=1.0)), 3)


def sides(quad: Quad) -> tuple[int, int]:
    """Return the width and height of a quad in whole pixels, at least 1."""
    across = max(dist(quad[0], quad[1]), dist(quad[2], quad[3]))
    down = max(dist(quad[0], quad[3]), dist(quad[1], quad[2]))
    return max(1, int(across)), max(1, int(down))


def crop(picture: Picture, quad: Quad) -> Picture:
    """Cut a quad out of the picture and set it upright; a box much taller than wide is turned to lie."""
    width, height = sides(quad)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, target)
    cut = cv2.warpPerspective(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    return np.rot90(cut) if height >= 1.5 * width else cut
