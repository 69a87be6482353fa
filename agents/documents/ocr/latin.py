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
        if not crops:
            return []
        result: Any = self._engine.recognize_txt(crops)
        return [
            ReadLine(str(text), float(score), _least(str(text), words))
            for text, score, words in zip(result.txts, result.scores, result.word_results, strict=True)
        ]


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
